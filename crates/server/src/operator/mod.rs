//! What the operator of the platform does by API with accounts, their users and keys, with parked jobs and with
//! carriers. Work orders of any account are decided about in `work_orders`.

mod accounts;
pub mod create_account;
pub mod create_key;
pub mod create_user;
pub mod delete_key;
pub mod list_accounts;
pub mod list_carriers;
pub mod parked_jobs;
pub mod reconcile;
pub mod update_account;
pub mod update_user;
