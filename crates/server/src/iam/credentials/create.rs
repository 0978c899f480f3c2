//! `POST /v3.0/OS-CREDENTIAL/credentials`: a new access key; its secret is shown here and never again.

use axum::http::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Credential, checked_description, no_such_user, user_named};
use crate::http::call::Call;
use crate::http::error::{ErrorStyle, Refusal};
use crate::http::operation::{Access, Operation, shape};
use crate::http::reply::Reply;
use crate::iam::records::AccessKey;
use crate::iam::store::{self, KeyCreation, NewAccessKey};
use crate::iam::wire;
use crate::randomness::Randomness;

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "CreatePermanentAccessKey",
    method: Method::POST,
    path: "/v3.0/OS-CREDENTIAL/credentials",
    summary: "Makes an access key; its secret is in this answer only.",
    group: "IAM",
    errors: ErrorStyle::Iam,
    access: Access::Write,
    allowance: None,
    parameters: &[],
    request: Some(shape::<NewCredentialBody>),
    response: (201, Some(shape::<CreatedBody>)),
    handler: |call| Box::pin(create(call)),
};

/// The body of a request for an access key.
#[derive(Debug, Deserialize, ToSchema)]
pub struct NewCredentialBody {
    #[serde(default, deserialize_with = "wire::object")]
    #[schema(required = true, nullable = false, value_type = NewCredential)]
    credential: Option<NewCredential>,
}

#[derive(Debug, Deserialize, ToSchema)]
struct NewCredential {
    /// The caller itself by default.
    user_id: Option<String>,
    description: Option<String>,
}

/// The new access key.
#[derive(Debug, Serialize, ToSchema)]
pub struct CreatedBody {
    credential: Created,
}

#[derive(Debug, Serialize, ToSchema)]
struct Created {
    #[serde(flatten)]
    credential: Credential,
    secret: String,
}

/// A new pair of access key (20 capitals and digits) and secret (40 letters and digits, 238 bits).
pub fn make_pair(randomness: &Randomness) -> (String, String) {
    const PUBLIC: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    const SECRET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    (randomness.text(PUBLIC, 20), randomness.text(SECRET, 40))
}

async fn create(call: Call) -> Result<Reply, Refusal> {
    let body: NewCredentialBody = wire::body(&call)?;
    let asked = wire::required(body.credential, "credential")?;
    let description = checked_description(asked.description)?.unwrap_or_default();
    let user = user_named(&call, asked.user_id.as_deref())?;
    let (access_key, secret) = make_pair(&call.app.randomness);
    let key = AccessKey {
        secret_sealed: call.app.vault.seal(&call.app.randomness, &access_key, &secret),
        id: access_key.into(),
        active: true,
        description,
        created_ms: call.app.clock.now_ms(),
    };
    let body = CreatedBody { credential: Created { credential: Credential::new(&user, &key), secret } };
    let actor = call.caller().user_id.clone();
    let work = move |tx: &mut simlink_db::Tx<'_>| {
        let new = NewAccessKey {
            account: user.account,
            user_id: &user.id,
            id: &key.id,
            secret_sealed: &key.secret_sealed,
            description: &key.description,
        };
        match store::create_access_key(tx, &new, key.created_ms, &actor)? {
            KeyCreation::Created => Ok(()),
            KeyCreation::UnknownUser => Err(no_such_user()),
            KeyCreation::TooMany => Err(Refusal::Iam(StatusCode::BAD_REQUEST, "akSkNumExceed")),
        }
    };
    let reply = move |()| Reply::json(&body).with_status(StatusCode::CREATED);
    call.app.write(call.once(work, reply)).await
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shows the form of a key and its secret.
    #[test]
    fn pairs_have_their_form() {
        let randomness = Randomness::seeded(1);
        let (access_key, secret) = make_pair(&randomness);
        assert!(access_key.len() == 20 && secret.len() == 40);
        assert!(
            access_key.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()),
            "{access_key}"
        );
        assert!(secret.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{secret}");
        assert_ne!(make_pair(&randomness), (access_key, secret));
    }
}
