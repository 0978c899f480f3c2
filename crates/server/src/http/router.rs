//! The table of contents: every operation of the server and the pages beside them.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::routing::{MethodFilter, MethodRouter};

use super::gateway::{self, RawPath};
use super::operation::Operation;
use super::{console, pages};
use crate::app::App;
use crate::{
    attributes, audit, changes, iam, multi_sims, operator, orders, overview, plans, policies, pools, sandbox,
    sims, sms, southbound, tags, temp_files, usage, webhooks, work_orders,
};

/// Every operation, grouped by the noun it is about. Its file is named after it.
pub static OPERATIONS: &[&Operation] = &[
    &iam::create_token::OPERATION,
    &iam::show_token::OPERATION,
    &iam::check_token::OPERATION,
    &iam::delete_token::OPERATION,
    &iam::session::create::OPERATION,
    &iam::session::show::OPERATION,
    &iam::session::delete::OPERATION,
    &iam::list_projects::OPERATION,
    &iam::list_domains::OPERATION,
    &iam::credentials::create::OPERATION,
    &iam::credentials::list::OPERATION,
    &iam::credentials::show::OPERATION,
    &iam::credentials::update::OPERATION,
    &iam::credentials::delete::OPERATION,
    &overview::show::OPERATION,
    &sims::list::OPERATION,
    &sims::show::OPERATION,
    &sims::diagnosis::OPERATION,
    &sims::real_named::OPERATION,
    &sims::control::stop::OPERATION,
    &sims::control::reset::OPERATION,
    &sims::control::enable::OPERATION,
    &sims::control::cut_net::OPERATION,
    &sims::control::exceed_cut_net::OPERATION,
    &sims::control::bind_device::OPERATION,
    &sims::control::clear_real_name::OPERATION,
    &sims::control::speed_limit::OPERATION,
    &multi_sims::list::OPERATION,
    &multi_sims::switch_network::OPERATION,
    &multi_sims::set_policy::OPERATION,
    &work_orders::create::OPERATION,
    &work_orders::list::OPERATION,
    &work_orders::list_details::OPERATION,
    &work_orders::cancel::OPERATION,
    &work_orders::pause::OPERATION,
    &work_orders::resume::OPERATION,
    &work_orders::retry::OPERATION,
    &work_orders::progress::OPERATION,
    &sms::send::OPERATION,
    &sms::list_details::OPERATION,
    &plans::list::OPERATION,
    &plans::list_of_sim::OPERATION,
    &plans::usage::OPERATION,
    &usage::monthly::OPERATION,
    &usage::daily::OPERATION,
    &usage::upload::OPERATION,
    &pools::forward_pools::OPERATION,
    &pools::forward_members::OPERATION,
    &pools::back_pools::OPERATION,
    &pools::back_members::OPERATION,
    &tags::list::OPERATION,
    &tags::create::OPERATION,
    &tags::delete::OPERATION,
    &tags::batch_set::OPERATION,
    &attributes::list::OPERATION,
    &attributes::create::OPERATION,
    &attributes::rename::OPERATION,
    &attributes::enable::OPERATION,
    &attributes::disable::OPERATION,
    &attributes::batch_set::OPERATION,
    &policies::list::OPERATION,
    &policies::create::OPERATION,
    &temp_files::create::OPERATION,
    &orders::list::OPERATION,
    &orders::create::OPERATION,
    &orders::renew::OPERATION,
    &changes::list::OPERATION,
    &changes::list::OPERATION_OF_ALL,
    &audit::list::OPERATION,
    &audit::list::OPERATION_OF_ALL,
    &audit::export::OPERATION,
    &audit::verify::OPERATION,
    &webhooks::create::OPERATION,
    &webhooks::list::OPERATION,
    &webhooks::show::OPERATION,
    &webhooks::update::OPERATION,
    &webhooks::delete::OPERATION,
    &webhooks::rotate_secret::OPERATION,
    &webhooks::test_event::OPERATION,
    &webhooks::replay::OPERATION,
    &webhooks::resend::OPERATION,
    &webhooks::list_deliveries::OPERATION,
    &work_orders::approve::OPERATION,
    &work_orders::reject::OPERATION,
    &work_orders::cancel::OF_ANY,
    &work_orders::create_any::OPERATION,
    &work_orders::list::OF_ANY,
    &work_orders::pause::OF_ANY,
    &work_orders::resume::OF_ANY,
    &work_orders::retry::OF_ANY,
    &work_orders::progress::OF_ANY,
    &operator::list_accounts::OPERATION,
    &operator::create_account::OPERATION,
    &operator::update_account::OPERATION,
    &operator::create_user::OPERATION,
    &operator::update_user::OPERATION,
    &operator::create_key::OPERATION,
    &operator::delete_key::OPERATION,
    &operator::parked_jobs::LIST,
    &operator::parked_jobs::RESUME,
    &operator::parked_jobs::DISCARD,
    &operator::list_carriers::OPERATION,
    &operator::reconcile::OPERATION,
    &sandbox::show_clock::OPERATION,
    &sandbox::move_clock::OPERATION,
    &sandbox::settle::OPERATION,
    &sandbox::list_carriers::OPERATION,
    &sandbox::set_carrier::OPERATION,
    &southbound::callback::OPERATION,
];

/// The router over [`OPERATIONS`] and the operator's pages (`/healthz` and its like).
pub fn router(app: &Arc<App>) -> Router {
    let mut by_path: BTreeMap<&str, MethodRouter> = BTreeMap::new();
    for &operation in OPERATIONS {
        let methods = by_path.remove(operation.path).unwrap_or_default();
        let app = app.clone();
        let handler = move |path: RawPath, request: Request| gateway::handle(app, operation, path, request);
        let filter =
            MethodFilter::try_from(operation.method.clone()).expect("the table has standard methods only");
        by_path.insert(operation.path, methods.on(filter, handler));
    }
    let mut router = pages::routes(app).merge(console::routes(app));
    for (path, methods) in by_path {
        router = router.route(path, methods);
    }
    let (for_path, for_method) = (app.clone(), app.clone());
    router
        .fallback(async move |request: Request| gateway::unknown(&for_path, &request, false))
        .method_not_allowed_fallback(async move |request: Request| {
            gateway::unknown(&for_method, &request, true)
        })
}
