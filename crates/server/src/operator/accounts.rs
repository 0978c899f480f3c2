//! Accounts, users and keys as the operator names and sees them.

use std::sync::Arc;

use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::error_codes::ErrorCode;
use crate::http::call::Call;
use crate::http::error::Refusal;
use crate::http::flow_control::Allowances;
use crate::http::parameter::Parameter;
use crate::iam::{Account, Role, User};
use crate::units::Moment;

/// The account in the path.
pub const ACCOUNT: Parameter = Parameter::text("account", 1, 64, "The account's domain name.").in_path();
/// The user in the path.
pub const USER: Parameter = Parameter::text("user", 1, 64, "The user's name.").in_path();
/// Roles of users.
pub const ROLES: &[&str] = &["admin", "viewer", "operator"];
/// The password of a user.
pub const PASSWORD: Parameter =
    Parameter::text("password", 8, 128, "The user's password; without it one is generated.").in_body();
/// Names of accounts and users.
pub const NAME_CHARS: (usize, usize) = (1, 64);

/// The account that the path names.
///
/// # Errors
/// `SIMLINK.0060` without such an account.
pub fn account(call: &Call) -> Result<Arc<Account>, Refusal> {
    let name = call.path_text(&ACCOUNT)?;
    call.app.directory.account_by_name(name).ok_or_else(|| ErrorCode::AccountNotFound.into())
}

/// The account and the user that the path names.
///
/// # Errors
/// `SIMLINK.0060` and `SIMLINK.0062` without such an account or user.
pub fn user(call: &Call) -> Result<(Arc<Account>, Arc<User>), Refusal> {
    let name = call.path_text(&USER)?;
    let account = account(call)?;
    let user = call.app.directory.user_by_name(account.id, name);
    Ok((account, user.ok_or(ErrorCode::UserNotFound)?))
}

/// A role of [`ROLES`].
pub fn role(name: Option<&str>) -> Option<Role> {
    name.and_then(Role::named)
}

/// What a write whose name may be taken comes to.
pub fn taken(error: simlink_db::DbError) -> Refusal {
    if error.is_unique_violation() { ErrorCode::NameTaken.into() } else { error.into() }
}

/// An account.
#[derive(Debug, Serialize, ToSchema)]
pub struct AccountView {
    name: String,
    domain_id: String,
    frozen: bool,
    projects: Vec<String>,
    sim_card_count: u64,
    /// Requests a second of each user, where they are not the configuration's.
    requests_per_second: Option<u32>,
    list_sim_cards_per_second: Option<u32>,
    list_sim_price_plans_per_second: Option<u32>,
    /// Types of orders that an operator must approve, where they are not the configuration's.
    reviewed_types: Option<Vec<u8>>,
    users: Vec<UserView>,
}

/// A user.
#[derive(Debug, Serialize, ToSchema)]
pub struct UserView {
    name: String,
    user_id: String,
    role: &'static str,
    enabled: bool,
    keys: Vec<KeyView>,
}

/// An access key, without its secret.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeyView {
    access: String,
    active: bool,
    description: String,
    create_time: Moment,
}

/// The account as it is shown.
pub fn view(app: &App, account: &Account) -> AccountView {
    let allowances: Option<Allowances> = account.allowances;
    let mut users = app.directory.users_of(account.id);
    users.sort_by(|one, other| one.name.cmp(&other.name));
    AccountView {
        name: account.name.to_string(),
        domain_id: account.domain_id.to_string(),
        frozen: account.frozen,
        projects: account.projects.iter().map(|project| project.name.to_string()).collect(),
        sim_card_count: app.fleet.read(account.id).count(),
        requests_per_second: allowances.map(|allowances| allowances.everything),
        list_sim_cards_per_second: allowances.map(|allowances| allowances.list_sim_cards),
        list_sim_price_plans_per_second: allowances.map(|allowances| allowances.list_sim_price_plans),
        reviewed_types: account.reviewed_types.clone(),
        users: users.iter().map(|user| user_view(user)).collect(),
    }
}

fn user_view(user: &User) -> UserView {
    let keys = user.keys.iter().map(|key| KeyView {
        access: key.id.to_string(),
        active: key.active,
        description: key.description.clone(),
        create_time: Moment(key.created_ms),
    });
    UserView {
        name: user.name.to_string(),
        user_id: user.id.to_string(),
        role: user.role.name(),
        enabled: user.enabled,
        keys: keys.collect(),
    }
}
