//! What we have beside the contract.

/// Our own operations beside the contract's. A row that is not needed fails the test of parameters.
pub const EXTENSIONS: &[&str] = &[
    "CreateSession",
    "ShowSession",
    "DeleteSession",
    "ShowOverview",
    "CreateTempFile",
    "CreateWorkOrder",
    "CancelWorkOrder",
    "PauseWorkOrder",
    "ResumeWorkOrder",
    "RetryWorkOrder",
    "ShowWorkOrderProgress",
    "DiagnoseSimCard",
    "ListChanges",
    "ListAuditEntries",
    "CreateWebhook",
    "ListWebhooks",
    "ShowWebhook",
    "UpdateWebhook",
    "DeleteWebhook",
    "RotateWebhookSecret",
    "TestWebhook",
    "ReplayWebhook",
    "ResendWebhookEvent",
    "ListWebhookDeliveries",
];
