//! The client's commands: words, operation, and the members that a table shows. One row is all that a command needs.

/// A command.
pub struct Spec {
    /// What is typed.
    pub words: &'static str,
    /// The operation's id.
    pub operation: &'static str,
    /// The members that a table or CSV shows; none named shows all that are no lists or objects.
    pub columns: &'static [&'static str],
}

const fn spec(words: &'static str, operation: &'static str, columns: &'static [&'static str]) -> Spec {
    Spec { words, operation, columns }
}

const CARD: &[&str] = &[
    "sim_card_id",
    "iccid",
    "cid",
    "sim_type",
    "sim_status",
    "operator_status",
    "flow_used",
    "flow_left",
    "expire_time",
    "tag_names",
];
const ORDER: &[&str] = &[
    "id",
    "work_order_type",
    "status",
    "total_count",
    "success_count",
    "fail_count",
    "process_count",
    "create_time",
    "req_detail",
];
const ANY_ORDER: &[&str] = &[
    "account",
    "id",
    "work_order_type",
    "status",
    "total_count",
    "success_count",
    "fail_count",
    "req_detail",
];

/// Every command of the client but `login` and `work-orders watch`.
pub const SPECS: &[Spec] = &[
    spec("sims list", "ListSimCards", CARD),
    spec("sims show", "ShowSimCard", &[]),
    spec("sims diagnose", "DiagnoseSimCard", &["severity", "code", "message"]),
    spec("sims real-named", "ShowRealNamed", &[]),
    spec("sims stop", "StopSimCard", &[]),
    spec("sims reset", "ResetSimCard", &[]),
    spec("sims enable", "EnableSimCard", &[]),
    spec("sims cut-net", "StartStopNet", &[]),
    spec("sims threshold", "SetExceedCutNet", &[]),
    spec("sims bind-device", "RegisterImei", &[]),
    spec("sims clear-real-name", "DeleteRealName", &[]),
    spec("sims speed-limit", "SetSpeedValue", &[]),
    spec("sims multi", "ListSimCardsMultiply", &[]),
    spec("sims switch-network", "SwitchNetwork", &[]),
    spec("sims set-policy", "SetNetworkSwitchPolicy", &[]),
    spec("work-orders list", "ListWorkOrders", ORDER),
    spec("work-orders create", "CreateWorkOrder", &[]),
    spec("work-orders details", "ListWorkOrderDetails", &["sim_card_id", "cid", "status", "description"]),
    spec("work-orders progress", "ShowWorkOrderProgress", &[]),
    spec("work-orders pause", "PauseWorkOrder", &[]),
    spec("work-orders resume", "ResumeWorkOrder", &[]),
    spec("work-orders cancel", "CancelWorkOrder", &[]),
    spec("work-orders retry", "RetryWorkOrder", &[]),
    spec("usage month", "ShowMonthUsages", &["sim_card_id", "iccid", "billing_cycle", "flow_used"]),
    spec("usage days", "ListSimCardFlowPerDay", &[]),
    spec("usage plans", "ListFlowBySimCards", &[]),
    spec("tags list", "ListTags", &["id", "tag_name", "status"]),
    spec("tags create", "CreateTag", &[]),
    spec("tags delete", "DeleteTag", &[]),
    spec("tags set", "BatchSetTags", &[]),
    spec("attributes list", "ListAttributes", &[]),
    spec("plans list", "ListProPricePlans", &[]),
    spec("plans of-sims", "ListSimPricePlans", &[]),
    spec("pools list", "ListSimPools", &[]),
    spec("pools members", "ListSimPoolMembers", &[]),
    spec("back-pools list", "ListBackPools", &[]),
    spec("back-pools members", "ListBackPoolMembers", &[]),
    spec("policies list", "ListNetworkSwitchPolicies", &[]),
    spec("sms send", "SendSms", &[]),
    spec("sms list", "ListSmsDetails", &[]),
    spec("ops accounts list", "ListAccounts", &["name", "domain_id", "frozen", "sim_card_count"]),
    spec("ops accounts create", "CreateAccount", &[]),
    spec("ops accounts update", "UpdateAccount", &[]),
    spec("ops users create", "CreateUser", &[]),
    spec("ops users update", "UpdateUser", &[]),
    spec("ops keys create", "CreateAnyAccessKey", &[]),
    spec("ops keys delete", "DeleteAnyAccessKey", &[]),
    spec("ops work-orders list", "ListAnyWorkOrders", ANY_ORDER),
    spec("ops work-orders create", "CreateAnyWorkOrder", &[]),
    spec("ops work-orders progress", "ShowAnyWorkOrderProgress", &[]),
    spec("ops work-orders approve", "ApproveWorkOrder", &[]),
    spec("ops work-orders reject", "RejectWorkOrder", &[]),
    spec("ops work-orders pause", "PauseAnyWorkOrder", &[]),
    spec("ops work-orders resume", "ResumeAnyWorkOrder", &[]),
    spec("ops work-orders cancel", "CancelAnyWorkOrder", &[]),
    spec("ops work-orders retry", "RetryAnyWorkOrder", &[]),
    spec("ops orders list", "ListPurchaseOrders", &[]),
    spec("ops orders create", "CreatePurchaseOrder", &[]),
    spec("ops orders renew", "RenewPurchaseOrder", &[]),
    spec("ops jobs list", "ListParkedJobs", &[]),
    spec("ops jobs resume", "ResumeParkedJob", &[]),
    spec("ops jobs discard", "DiscardParkedJob", &[]),
    spec(
        "ops carriers list",
        "ListCarriers",
        &["name", "simulated", "breaker", "failures", "calls_under_way"],
    ),
    spec("ops carriers reconcile", "ReconcileCarrier", &[]),
];

/// What a group of commands is about.
pub fn about(group: &str) -> &'static str {
    match group {
        "sims" => "SIM cards of a server",
        "work-orders" => "Work orders: what was asked for on cards",
        "usage" => "What cards used",
        "tags" => "Tags of cards",
        "attributes" => "Custom attributes of cards",
        "plans" => "Plans",
        "pools" => "Forward pools",
        "back-pools" => "Back pools",
        "policies" => "Network switch policies",
        "sms" => "Text messages",
        "ops" => "What the operator of a platform does",
        "accounts" => "Accounts",
        "users" => "Users of an account",
        "keys" => "Access keys of a user",
        "orders" => "Purchase orders",
        "jobs" => "Jobs that failed too often",
        "carriers" => "Links to carriers",
        _ => "",
    }
}

/// Flags that are called otherwise than the parameter: parameter and flag.
const FLAGS: &[(&str, &str)] = &[
    ("sim_status", "status"),
    ("tag_id", "tag"),
    ("billing_cycles", "cycle"),
    ("price_plan_id", "plan"),
    ("main_search_key", "id"),
];

/// Words for the numbers of a parameter.
const WORDS: &[(&str, &[(&str, &str)])] = &[
    (
        "sim_status",
        &[
            ("testable", "10"),
            ("inactive", "11"),
            ("activatable", "13"),
            ("stopped", "14"),
            ("in-use", "20"),
            ("disassembled", "30"),
        ],
    ),
    ("device_status", &[("registered", "1"), ("restarted", "2"), ("online", "3"), ("offline", "4")]),
    ("sim_type", &[("vsim", "1"), ("esim", "2"), ("physical", "3")]),
];

/// The flag of a parameter; `main_search_key` keeps its name where it is searched by type.
pub fn flag(parameter: &str, searched_by_type: bool) -> String {
    let named = FLAGS
        .iter()
        .find(|(name, _)| *name == parameter && !(searched_by_type && *name == "main_search_key"));
    named.map_or_else(|| parameter.replace('_', "-"), |(_, flag)| (*flag).to_owned())
}

/// The words that stand for numbers of a parameter.
pub fn words(parameter: &str) -> &'static [(&'static str, &'static str)] {
    WORDS.iter().find(|(name, _)| *name == parameter).map_or(&[], |(_, words)| words)
}
