//! One row an operation: a good request, and the same naming another tenant's things in each place that names one.

use axum::http::Method;
use serde_json::{Value, json};

use crate::support::{ACME_ADMIN, ACME_VIEWER, Ask, Person, RIVAL_ADMIN};

/// What the walk has to know of an operation that its declaration does not say.
pub struct Entry {
    pub id: &'static str,
    /// A good request by acme's admin, without a credential.
    pub good: fn(&Ids) -> Ask,
    /// The same request naming something of rival's, and something that never existed, in each place that names one.
    pub foreign: &'static [Foreign],
}

/// Makes a request that names something of rival's, and the same with something that never existed.
type Foreign = fn(&Ids) -> (Ask, Ask);

/// Ids of both tenants' things.
#[derive(Default)]
pub struct Ids {
    pub acme_card: i64,
    pub rival_card: i64,
    pub acme_tag: i64,
    pub rival_tag: i64,
    pub acme_attribute: i64,
    pub rival_attribute: i64,
    pub rival_file: i64,
    /// A card of China Telecom in use, a stopped one, and an activatable one.
    pub in_use_card: i64,
    pub stopped_card: i64,
    pub fresh_card: i64,
    /// A three-network card, a network it can be moved to, and a policy it can be given.
    pub multi_card: i64,
    pub multi_target: u8,
    pub multi_policy: i64,
    /// An order in review, one that ended, and one of rival's.
    pub acme_order: i64,
    pub ended_order: i64,
    pub rival_order: i64,
    /// Bulk orders: one whose cards failed, one on its way, one that is held.
    pub failed_order: i64,
    pub running_order: i64,
    pub held_order: i64,
    /// A job that failed too often.
    pub parked_job: i64,
    /// A card that takes messages, and a list of another.
    pub sms_cid: String,
    pub sms_file: i64,
    /// Lists of acme's that name a card of rival's, and one that never existed.
    pub file_of_rivals: i64,
    pub file_of_nothing: i64,
}

impl Ids {
    /// The text of an answer without what the client named itself: rival's things and those that never existed.
    pub fn unnamed(&self, text: &str) -> String {
        let ids = [
            self.rival_card,
            self.rival_tag,
            self.rival_attribute,
            self.rival_file,
            self.rival_order,
            self.file_of_rivals,
            self.file_of_nothing,
            NOTHING,
        ];
        let named = ids
            .map(|id| id.to_string())
            .into_iter()
            .chain([RIVAL_ICCID, NO_ICCID, RIVAL_CID, NO_CID].map(str::to_owned));
        named.fold(text.to_owned(), |text, name| text.replace(&name, "<named>"))
    }
}

/// An id that nothing has, as long as those that things have.
pub const NOTHING: i64 = 9_503_599_627_370;
pub const ACME_ICCID: &str = "8986100000000000001";
pub const RIVAL_ICCID: &str = "8986200000000000001";
pub const NO_ICCID: &str = "8986999999999999999";
pub const RIVAL_CID: &str = "CANARY-rival-cid-000";
pub const NO_CID: &str = "CANARY-rival-cid-999";

pub fn credential(method: Method, key: &str) -> Ask {
    let ask = Ask::new(method.clone(), format!("/v3.0/OS-CREDENTIAL/credentials/{key}"));
    if method == Method::PUT { ask.with_json(&json!({"credential": {"description": "x"}})) } else { ask }
}

pub fn token(method: Method, subject: &str) -> Ask {
    Ask::new(method, "/v3/auth/tokens").with_header("x-subject-token", subject)
}

pub fn keys_of(method: Method, user_id: &str) -> Ask {
    let path = "/v3.0/OS-CREDENTIAL/credentials";
    if method == Method::GET {
        return Ask::get(format!("{path}?user_id={user_id}"));
    }
    Ask::post(path, &json!({"credential": {"user_id": user_id}}))
}

pub fn sign_in(person: &Person) -> Ask {
    let user = json!({"name": person.name, "domain": {"name": person.tenant}, "password": "wrong"});
    Ask::post(
        "/v3/auth/tokens",
        &json!({"auth": {"identity": {"methods": ["password"], "password": {"user": user}}}}),
    )
}

/// Every operation has its row here; one without a row, or a row without an operation, fails the walk.
pub const ENTRIES: &[Entry] = &[
    // Anybody may try: `iam.rs` shows what each try comes to.
    Entry { id: "KeystoneCreateUserTokenByPassword", good: |_| sign_in(&ACME_ADMIN), foreign: &[] },
    Entry {
        id: "CreateSession",
        good: |_| {
            let (domain, user) = (ACME_ADMIN.tenant, ACME_ADMIN.name);
            let body = json!({"domain": domain, "user": user, "password": "wrong"});
            Ask::post("/v1/session", &body).with_header("x-simlink-console", "1")
        },
        foreign: &[],
    },
    Entry { id: "ShowSession", good: |_| Ask::get("/v1/session"), foreign: &[] },
    Entry { id: "DeleteSession", good: |_| Ask::new(Method::DELETE, "/v1/session"), foreign: &[] },
    Entry { id: "ShowOverview", good: |_| Ask::get("/v1/overview"), foreign: &[] },
    Entry {
        id: "KeystoneValidateToken",
        good: |_| token(Method::GET, ACME_VIEWER.token),
        foreign: &[|_| (token(Method::GET, RIVAL_ADMIN.token), token(Method::GET, "none"))],
    },
    Entry {
        id: "KeystoneCheckToken",
        good: |_| token(Method::HEAD, ACME_VIEWER.token),
        foreign: &[|_| (token(Method::HEAD, RIVAL_ADMIN.token), token(Method::HEAD, "none"))],
    },
    Entry {
        id: "KeystoneRevokeToken",
        good: |_| token(Method::DELETE, ACME_VIEWER.token),
        foreign: &[|_| (token(Method::DELETE, RIVAL_ADMIN.token), token(Method::DELETE, "none"))],
    },
    Entry {
        id: "KeystoneListProjects",
        good: |_| Ask::get("/v3/projects"),
        foreign: &[|_| {
            let of = |domain: &str| Ask::get(format!("/v3/projects?domain_id={domain}"));
            (of(RIVAL_ADMIN.domain_id), of("none"))
        }],
    },
    Entry { id: "KeystoneListAuthDomains", good: |_| Ask::get("/v3/auth/domains"), foreign: &[] },
    Entry {
        id: "CreatePermanentAccessKey",
        good: |_| keys_of(Method::POST, ACME_ADMIN.user_id),
        foreign: &[|_| (keys_of(Method::POST, RIVAL_ADMIN.user_id), keys_of(Method::POST, "none"))],
    },
    Entry {
        id: "ListPermanentAccessKeys",
        good: |_| keys_of(Method::GET, ACME_ADMIN.user_id),
        foreign: &[|_| (keys_of(Method::GET, RIVAL_ADMIN.user_id), keys_of(Method::GET, "none"))],
    },
    Entry {
        id: "ShowPermanentAccessKey",
        good: |_| credential(Method::GET, ACME_VIEWER.ak),
        foreign: &[|_| (credential(Method::GET, RIVAL_ADMIN.ak), credential(Method::GET, "none"))],
    },
    Entry {
        id: "UpdatePermanentAccessKey",
        good: |_| credential(Method::PUT, ACME_VIEWER.ak),
        foreign: &[|_| (credential(Method::PUT, RIVAL_ADMIN.ak), credential(Method::PUT, "none"))],
    },
    Entry {
        id: "DeletePermanentAccessKey",
        good: |_| credential(Method::DELETE, ACME_VIEWER.ak),
        foreign: &[|_| (credential(Method::DELETE, RIVAL_ADMIN.ak), credential(Method::DELETE, "none"))],
    },
    Entry {
        id: "ListSimCards",
        good: |_| Ask::get("/v1/sim-cards"),
        foreign: &[
            |ids| (cards(&format!("tag_id={}", ids.rival_tag)), cards(&format!("tag_id={NOTHING}"))),
            |_| (cards("order_id=14001"), cards(&format!("order_id={NOTHING}"))),
            |_| (cards("order_ids=14001,14002"), cards(&format!("order_ids={NOTHING}"))),
            |_| {
                let by = |iccid: &str| cards(&format!("main_search_type=1&main_search_key={iccid}"));
                (by(RIVAL_ICCID), by(NO_ICCID))
            },
            |_| (cards("msisdn=14400200001"), cards("msisdn=none")),
        ],
    },
    Entry {
        id: "ShowSimCard",
        good: |ids| Ask::get(format!("/v1/sim-cards/{}", ids.acme_card)),
        foreign: &[
            |ids| (card(&ids.rival_card.to_string()), card(&NOTHING.to_string())),
            |_| (card(&format!("0?iccid={RIVAL_ICCID}")), card(&format!("0?iccid={NO_ICCID}"))),
            |_| {
                let by = |iccid: &str| card("0").with_json(&json!({"iccid": iccid}));
                (by(RIVAL_ICCID), by(NO_ICCID))
            },
        ],
    },
    Entry {
        id: "ListSimCardsMultiply",
        good: |_| Ask::get("/v1/sim-cards-multiply"),
        foreign: &[
            |ids| {
                (multi(&format!("sim_card_id={}", ids.rival_card)), multi(&format!("sim_card_id={NOTHING}")))
            },
            |_| (multi(&format!("iccid={RIVAL_ICCID}")), multi(&format!("iccid={NO_ICCID}"))),
            |_| (multi("cid=CANARY-rival-cid-000"), multi("cid=CANARY-rival-cid-999")),
        ],
    },
    Entry { id: "ListProPricePlans", good: |_| Ask::get("/v1/price-plans"), foreign: &[] },
    Entry {
        id: "ListSimPricePlans",
        good: |_| Ask::get(format!("/v1/sim-price-plans?sim_card_id=0&iccid={ACME_ICCID}")),
        foreign: &[
            |ids| {
                (plans(&format!("sim_card_id={}", ids.rival_card)), plans(&format!("sim_card_id={NOTHING}")))
            },
            |_| (plans(&format!("iccid={RIVAL_ICCID}")), plans(&format!("iccid={NO_ICCID}"))),
        ],
    },
    Entry {
        id: "ListTags",
        good: |_| Ask::get("/v1/tags"),
        foreign: &[|_| (Ask::get("/v1/tags?tag_name=rival"), Ask::get("/v1/tags?tag_name=none"))],
    },
    Entry {
        id: "CreateTag",
        good: |_| Ask::post("/v1/tags", &json!({"tag_name": "CANARY-acme-new"})),
        foreign: &[],
    },
    Entry {
        id: "DeleteTag",
        good: |ids| tag(ids.acme_tag),
        foreign: &[|ids| (tag(ids.rival_tag), tag(NOTHING))],
    },
    Entry {
        id: "BatchSetTags",
        good: |ids| {
            set_tags(json!({
                "sim_card_ids": [ids.acme_card], "iccids": [ACME_ICCID], "tag_ids": [ids.acme_tag],
            }))
        },
        foreign: &[
            |ids| {
                let of = |card: i64| set_tags(json!({"sim_card_ids": [card], "tag_ids": [ids.acme_tag]}));
                (of(ids.rival_card), of(NOTHING))
            },
            |ids| {
                let of = |card: i64| set_tags(json!({"sim_card_ids": [ids.acme_card, card]}));
                (of(ids.rival_card), of(NOTHING))
            },
            |_| {
                let of = |iccid: &str| set_tags(json!({"iccids": [ACME_ICCID, iccid]}));
                (of(RIVAL_ICCID), of(NO_ICCID))
            },
            |ids| {
                let tags = |id: i64| json!([ids.acme_tag, id]);
                let of = |id: i64| set_tags(json!({"sim_card_ids": [ids.acme_card], "tag_ids": tags(id)}));
                (of(ids.rival_tag), of(NOTHING))
            },
            |ids| {
                let of = |file: i64| set_tags(json!({"file_temp_id": file, "tag_ids": [ids.acme_tag]}));
                (of(ids.rival_file), of(NOTHING))
            },
            |ids| {
                let of = |file: i64| set_tags(json!({"file_temp_id": file, "tag_ids": [ids.acme_tag]}));
                (of(ids.file_of_rivals), of(ids.file_of_nothing))
            },
        ],
    },
    Entry {
        id: "CreateAttribute",
        good: |_| Ask::post("/v1/attributes", &json!({"cust_attr_name": "CANARY-acme-new"})),
        foreign: &[],
    },
    Entry {
        id: "UpdateAttribute",
        good: |ids| rename(ids.acme_attribute),
        foreign: &[|ids| (rename(ids.rival_attribute), rename(NOTHING))],
    },
    Entry {
        id: "EnableAttribute",
        good: |ids| switch(ids.acme_attribute, "enable"),
        foreign: &[|ids| (switch(ids.rival_attribute, "enable"), switch(NOTHING, "enable"))],
    },
    Entry {
        id: "DisableAttribute",
        good: |ids| switch(ids.acme_attribute, "disable"),
        foreign: &[|ids| (switch(ids.rival_attribute, "disable"), switch(NOTHING, "disable"))],
    },
    Entry {
        id: "BatchSetAttributes",
        good: |ids| {
            set_attributes(json!({"attributes": [
                {"sim_card_id": ids.acme_card, "iccid": ACME_ICCID, "customer_attribute2": "CANARY-acme-new"},
            ]}))
        },
        foreign: &[
            |ids| {
                let of =
                    |id: i64| json!({"attributes": [{"sim_card_id": ids.acme_card}, {"sim_card_id": id}]});
                (set_attributes(of(ids.rival_card)), set_attributes(of(NOTHING)))
            },
            |_| {
                let of = |iccid: &str| json!({"attributes": [{"sim_card_id": 0, "iccid": iccid}]});
                (set_attributes(of(RIVAL_ICCID)), set_attributes(of(NO_ICCID)))
            },
            |ids| {
                let of = |file: i64| set_attributes(json!({"file_temp_id": file}));
                (of(ids.rival_file), of(NOTHING))
            },
            |ids| {
                let of = |file: i64| set_attributes(json!({"file_temp_id": file}));
                (of(ids.file_of_rivals), of(ids.file_of_nothing))
            },
        ],
    },
    Entry {
        id: "AddNetworkSwitchPolicy",
        good: |_| {
            let policy = json!({"policy_name": "CANARY-acme-new", "version": 1, "weak_signal_switch": true});
            Ask::post("/v1/network-switch-policies", &policy)
        },
        foreign: &[],
    },
    Entry {
        id: "CreateTempFile",
        good: |_| Ask::upload(format!("iccid\n{ACME_ICCID}\n").as_bytes()),
        foreign: &[],
    },
    Entry { id: "ListAttributes", good: |_| Ask::get("/v1/attributes"), foreign: &[] },
    Entry {
        id: "ListNetworkSwitchPolicies",
        good: |_| Ask::get("/v1/network-switch-policies"),
        foreign: &[],
    },
];

pub fn tag(id: i64) -> Ask {
    Ask::new(Method::DELETE, format!("/v1/tags/{id}"))
}

pub fn set_tags(body: Value) -> Ask {
    Ask::post("/v1/sim-tags/batch-set", &body)
}

pub fn rename(attribute: i64) -> Ask {
    let name = json!({"cust_attr_name": "CANARY-acme-name"});
    Ask::new(Method::PUT, format!("/v1/attributes/{attribute}")).with_json(&name)
}

pub fn switch(attribute: i64, verb: &str) -> Ask {
    Ask::new(Method::POST, format!("/v1/attributes/{attribute}/{verb}"))
}

pub fn set_attributes(body: Value) -> Ask {
    Ask::post("/v1/sim-cards/attributes/batch-set", &body)
}

pub fn cards(query: &str) -> Ask {
    Ask::get(format!("/v1/sim-cards?{query}"))
}

pub fn card(path: &str) -> Ask {
    Ask::get(format!("/v1/sim-cards/{path}"))
}

pub fn multi(query: &str) -> Ask {
    Ask::get(format!("/v1/sim-cards-multiply?{query}"))
}

pub fn plans(query: &str) -> Ask {
    Ask::get(format!("/v1/sim-price-plans?{query}"))
}
