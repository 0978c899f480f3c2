//! Where what we document differs from the contract, and why.

/// Where a parameter deliberately differs: path, parameter, facets of the contract that we leave out, facets that we
/// add, and why. A row that is no longer needed fails the test.
pub const DIFFERENCES: &[(&str, &str, &str, &str, &str)] = &[
    ("/v1/price-plans", "carrier_type", "", "maximum=2147483647", "what its format says"),
    ("/v1/sim-cards", "order", "", "enum=[\"asc\",\"desc\"]", "the seed's text names them"),
    ("/v1/sim-cards", "order_ids", "", "maxItems=500", "everything has a limit"),
    (
        "/v1/sim-cards",
        "pool_flag",
        "",
        "maximum=2147483647 minimum=-2147483648",
        "what its format says: values that no card has find nothing",
    ),
    ("/v1/sim-cards", "price_plan_id", "", "maxItems=30", "the seed's text says so"),
    (
        "/v1/sim-cards",
        "sort",
        "",
        "enum=[\"cid\",\"flow_used\",\"flow_left\",\"act_date\",\"expire_time\"]",
        "the seed's text names them",
    ),
    (
        "/v1/sim-cards-multiply",
        "order_id",
        "maxLength=20 minLength=1",
        "minimum=0",
        "a length says nothing of an integer, and ids are not negative",
    ),
    ("/v1/network-switch-policies", "version", "", "maximum=2 minimum=1", "the seed's text names them"),
    ("/v1/sim-cards-multiply", "sim_card_id", "", "minimum=0", "ids are not negative"),
    ("/v1/sim-cards/attributes/batch-set", "attributes.sim_card_id", "", "minimum=0", "ids are not negative"),
    ("/v1/sim-cards/attributes/batch-set", "file_temp_id", "", "minimum=0", "ids are not negative"),
    (
        "/v1/sim-price-plans",
        "sim_card_id",
        "required=true",
        "required=false",
        "without it the account's plans are listed: the seed's example does that",
    ),
    ("/v1/sim-tags/batch-set", "file_temp_id", "", "minimum=0", "ids are not negative"),
    (
        "/v1/sim-cards-multiply/{sim_card_id}/switch-network",
        "carrier_type",
        "",
        "maximum=3 minimum=1",
        "the seed's text names them",
    ),
    ("/v1/sim-cards/{sim_card_id}/bind-device", "imei", "", "maxLength=32", "everything has a limit"),
    (
        "/v1/sim-cards/{sim_card_id}/cut-net",
        "action",
        "maxLength=10",
        "enum=[\"ADD\",\"DEL\"]",
        "the seed's text names them",
    ),
    ("/v1/sim-cards/{sim_card_id}/exceed-cut-net", "quota", "", "maxLength=9", "everything has a limit"),
    (
        "/v1/sim-cards/{sim_card_id}/network-switch-policy/set",
        "network_switch_policy_id",
        "",
        "minimum=0",
        "ids are not negative",
    ),
    (
        "/v1/sim-cards/{sim_card_id}/reset",
        "down_up_switch",
        "maximum=9 minimum=0",
        "maximum=2 minimum=2",
        "it says again what the path says",
    ),
    (
        "/v1/sim-cards/{sim_card_id}/speed-limit",
        "speed_value",
        "",
        "maximum=2147483647",
        "what its format says",
    ),
    (
        "/v1/sim-cards/{sim_card_id}/stop",
        "down_up_switch",
        "maximum=9 minimum=0",
        "maximum=1 minimum=1",
        "it says again what the path says",
    ),
    (
        "/v1/work-orders/{work_order_id}/details",
        "main_search_key",
        "",
        "maxLength=256",
        "everything has a limit",
    ),
];

/// Members whose type differs deliberately: schema, member, the contract's type, ours, and why.
pub const MEMBER_DIFFERENCES: &[(&str, &str, &str, &str, &str)] = &[];
