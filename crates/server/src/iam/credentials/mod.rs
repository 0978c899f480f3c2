//! `/v3.0/OS-CREDENTIAL/credentials`: access keys, managed by those they belong to and by their account's admins.

pub mod create;
pub mod delete;
pub mod list;
pub mod show;
pub mod update;

use std::sync::Arc;

use serde::Serialize;
use utoipa::ToSchema;

use super::directory::KeyHolder;
use super::records::{AccessKey, User};
use super::wire::{self, could_not_find};
use crate::http::call::Call;
use crate::http::error::{BadParameter, Problem, Refusal};
use crate::http::parameter::Parameter;

const ACTIVE: &str = "active";
const INACTIVE: &str = "inactive";
/// Characters of a description.
const DESCRIPTION_CHARACTERS_MAX: usize = 255;

/// The access key in a path.
const ACCESS_KEY: Parameter = Parameter::text("access_key", 1, 64, "The access key.").in_path();
/// The user whose keys are meant.
const USER_ID: Parameter = Parameter::text("user_id", 0, 64, "The user; the caller itself by default.");

/// An access key without its secret.
#[derive(Debug, Serialize, ToSchema)]
struct Credential {
    access: String,
    user_id: String,
    status: &'static str,
    description: String,
    /// UTC with six fractional digits.
    create_time: String,
}

/// One access key.
#[derive(Debug, Serialize, ToSchema)]
pub struct CredentialBody {
    credential: Credential,
}

impl Credential {
    fn new(user: &User, key: &AccessKey) -> Self {
        Self {
            access: key.id.to_string(),
            user_id: user.id.to_string(),
            status: if key.active { ACTIVE } else { INACTIVE },
            description: key.description.clone(),
            create_time: wire::moment(key.created_ms),
        }
    }
}

/// The key that the path names, if the caller may manage it. One beyond its reach is the same as one that never
/// existed.
///
/// # Errors
/// 404 without such a key.
fn key_of_path(call: &Call) -> Result<KeyHolder, Refusal> {
    let holder = call.app.directory.key(call.path_text(&ACCESS_KEY)?);
    let holder = holder.filter(|holder| call.caller().may_manage(&holder.user));
    holder.ok_or_else(no_such_key)
}

fn no_such_key() -> Refusal {
    could_not_find("Could not find the credential.")
}

/// The user with this id, or the caller itself, if the caller may manage its keys.
///
/// # Errors
/// 404 for any other.
fn user_named(call: &Call, user_id: Option<&str>) -> Result<Arc<User>, Refusal> {
    let user = call.app.directory.user(user_id.unwrap_or(&call.caller().user_id));
    let user = user.map(|(_, user)| user).filter(|user| call.caller().may_manage(user));
    user.ok_or_else(no_such_user)
}

fn no_such_user() -> Refusal {
    could_not_find("Could not find the user.")
}

fn checked_description(description: Option<String>) -> Result<Option<String>, BadParameter> {
    let length = description.as_ref().map_or(0, |text| text.chars().count());
    if length > DESCRIPTION_CHARACTERS_MAX {
        let problem = Problem::Length(0, DESCRIPTION_CHARACTERS_MAX);
        return Err(BadParameter { field: "credential.description", problem });
    }
    // PostgreSQL stores no NUL.
    if description.as_ref().is_some_and(|text| text.contains('\0')) {
        return Err(BadParameter { field: "credential.description", problem: Problem::Malformed });
    }
    Ok(description)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shows the bounds of a description: characters, not bytes, and no NUL.
    #[test]
    fn descriptions_are_bounded() {
        let fits = |text: &str| checked_description(Some(text.to_owned())).is_ok();
        assert!(fits("") && fits(&"é".repeat(255)));
        assert!(!fits(&"a".repeat(256)) && !fits("a\0"));
        assert_eq!(checked_description(None), Ok(None));
    }
}
