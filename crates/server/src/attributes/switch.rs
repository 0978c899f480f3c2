//! What enabling and disabling share: whether values of an attribute may be set. Those that cards have stay.

use simlink_db::Tx;

use super::{ATTRIBUTE_ID, store};
use crate::error_codes::ErrorCode;
use crate::http::call::Call;
use crate::http::error::Refusal;
use crate::http::reply::Reply;

/// Switches the attribute in the path on or off.
pub(super) async fn switch(call: Call, enabled: bool) -> Result<Reply, Refusal> {
    let attribute_id = call.path_integer(&ATTRIBUTE_ID)?;
    let (account, actor, now_ms) =
        (call.caller().account, call.caller().user_id.clone(), call.app.clock.now_ms());
    let work = move |tx: &mut Tx<'_>| {
        let named = store::of_account(tx, account)?;
        let Some(attribute) = named.iter().find(|attribute| attribute.id == attribute_id) else {
            return Err(Refusal::from(ErrorCode::AttributeNotFound));
        };
        if attribute.enabled != enabled {
            store::switch(tx, account, attribute_id, enabled, &actor, now_ms)?;
        }
        Ok(())
    };
    call.app.write_alone(account, call.once(work, |()| Reply::json(&true))).await
}
