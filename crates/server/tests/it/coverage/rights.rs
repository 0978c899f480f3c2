//! The matrix of rights, made from the table of operations: every operation, by everybody, in every place that names an
//! object. What is another's answers byte for byte like what never existed, and nothing is written.

use serde_json::{Value, json};
use simlink::http::operation::{Access, Operation};
use simlink::http::parameter::{Kind, Parameter, Place};

use crate::coverage::entries::{ACME_ICCID, Ids, NO_CID, NO_ICCID, NOTHING, RIVAL_CID, RIVAL_ICCID};
use crate::coverage::{ids, walk};
use crate::idempotency::rows;
use crate::support::{ACME_ADMIN, ACME_VIEWER, Ask, OPERATOR, Person, RIVAL_ADMIN, TestApp};

/// Something of acme's own, something of rival's, and what never existed.
type Three = [Value; 3];

/// What a parameter of this name names; nothing where it names no object of an account.
fn object(name: &str, ids: &Ids, policies: [i64; 2]) -> Option<Three> {
    let three = match name {
        "sim_card_id" | "sim_card_ids" => [ids.acme_card, ids.rival_card, NOTHING].map(Value::from),
        "iccid" | "iccids" => [ACME_ICCID, RIVAL_ICCID, NO_ICCID].map(Value::from),
        "cid" | "cids" => [&*ids.sms_cid, RIVAL_CID, NO_CID].map(Value::from),
        "msisdn" => ["14400100001", "14400200001", "14400999999"].map(Value::from),
        "order_id" | "order_ids" => [7001, 14_001, NOTHING].map(Value::from),
        "tag_id" | "tag_ids" => [ids.acme_tag, ids.rival_tag, NOTHING].map(Value::from),
        "attribute_id" => [ids.acme_attribute, ids.rival_attribute, NOTHING].map(Value::from),
        "file_temp_id" => [ids.sms_file, ids.rival_file, NOTHING].map(Value::from),
        "work_order_id" => [ids.ended_order, ids.rival_order, NOTHING].map(Value::from),
        "sim_pool_id" => [501, 601, NOTHING].map(Value::from),
        "back_pool_id" => [502, 601, NOTHING].map(Value::from),
        "webhook_id" => [ids.acme_webhook, ids.rival_webhook, NOTHING].map(Value::from),
        // No event of anybody's: those of others have ids that nobody can know.
        "event_id" => [&*ids.acme_event, "c1e8d4a51000-0", "c1ff-0"].map(Value::from),
        "network_switch_policy_id" => [policies[0], policies[1], NOTHING].map(Value::from),
        "access_key" => [ACME_VIEWER.ak, RIVAL_ADMIN.ak, "NONE"].map(Value::from),
        "user_id" => [ACME_VIEWER.user_id, RIVAL_ADMIN.user_id, "none"].map(Value::from),
        "domain_id" => [ACME_ADMIN.domain_id, RIVAL_ADMIN.domain_id, "none"].map(Value::from),
        "parent_id" => [ACME_ADMIN.domain_id, RIVAL_ADMIN.domain_id, "none"].map(Value::from),
        "X-Subject-Token" => [ACME_VIEWER.token, RIVAL_ADMIN.token, "none"].map(Value::from),
        _ => return None,
    };
    Some(three)
}

/// Parameters that end like an object's name and name none of an account's.
const NO_OBJECTS: &[(&str, &str)] = &[
    ("price_plan_id", "plans are the platform's, the same for all"),
    ("template_id", "is kept with the message and never looked up"),
];

/// Whether the name of a parameter says that it names something.
fn names_something(parameter: &Parameter) -> bool {
    let name = parameter.name;
    parameter.place == Place::Path
        || ["_id", "_ids", "iccid", "iccids", "cid", "cids"].iter().any(|end| name.ends_with(end))
}

/// Names of cards of which a request has one, or one list: beside another it would not be looked at.
const NAMES_OF_CARDS: &[&str] =
    &["sim_card_ids", "iccids", "iccid", "cid", "cids", "order_id", "file_temp_id", "attributes"];

/// A place that names something: the parameter, and the list of objects that it is a member of.
struct Named {
    parameter: &'static Parameter,
    within: Option<&'static str>,
}

fn places(operation: &Operation) -> Vec<Named> {
    let mut places = Vec::new();
    for parameter in operation.parameters {
        places.push(Named { parameter, within: None });
        if let Kind::Objects(_, _, members) = parameter.kind {
            let within = Some(parameter.name);
            places.extend(members.iter().map(|parameter| Named { parameter, within }));
        }
    }
    places
}

/// The good request with other values in this place.
fn naming(operation: &Operation, place: &Named, good: Ask, values: &[&Value]) -> Ask {
    let (name, list) =
        (place.parameter.name, matches!(place.parameter.kind, Kind::Integers(_) | Kind::Texts(_)));
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let texts = values.iter().map(|value| text(value)).collect::<Vec<_>>().join(",");
    // A card's id in the path wins over all other names of the card.
    let by_path = |ask: Ask, of: &str, value: &str| {
        let (path, query) = ask.target.split_once('?').unwrap_or((&ask.target, ""));
        let template = operation.path.split('/').zip(path.split('/'));
        let path: Vec<&str> = template
            .map(|(expected, given)| if expected == format!("{{{of}}}") { value } else { given })
            .collect();
        let target = format!("{}?{query}", path.join("/"));
        ask.with_target(target)
    };
    let good = if NAMES_OF_CARDS.contains(&name) && name != "order_id" {
        by_path(good, "sim_card_id", "0")
    } else {
        good
    };
    match place.parameter.place {
        Place::Path => by_path(good, name, &texts),
        Place::Header => good.without_header(&name.to_lowercase()).with_header(&name.to_lowercase(), &texts),
        Place::Query => {
            let (path, query) = good.target.split_once('?').unwrap_or((&good.target, ""));
            let others =
                query.split('&').filter(|pair| !pair.is_empty() && pair.split('=').next() != Some(name));
            let pairs: Vec<&str> = others.collect();
            let target = format!("{path}?{}&{name}={texts}", pairs.join("&"));
            good.with_target(target)
        }
        Place::Body => {
            let mut body: Value = serde_json::from_slice(&good.body).unwrap_or_else(|_| json!({}));
            let members = body.as_object_mut().expect("a JSON object");
            if NAMES_OF_CARDS.contains(&name) {
                members.retain(|member, _| !NAMES_OF_CARDS.contains(&&**member));
            }
            let value = if list { json!(values) } else { values[values.len() - 1].clone() };
            match place.within {
                None => members.insert(name.to_owned(), value),
                Some(within) => {
                    let mut element = json!({"sim_card_id": 0});
                    element[name] = value;
                    members.insert(within.to_owned(), json!([element]))
                }
            };
            good.without_header("content-type").with_json(&body)
        }
    }
}

/// Who asks; `None` is nobody.
const EVERYBODY: [Option<&Person>; 4] = [None, Some(&ACME_VIEWER), Some(&ACME_ADMIN), Some(&OPERATOR)];

#[test]
fn every_parameter_that_names_something_is_in_the_matrix() {
    // Shows that each parameter of each operation of tenants (the operator sees every account) whose place or name says
    // that it names something has its row, or is listed with the reason why it names nothing of an account; and that
    // the list has nothing else.
    let mut listed = std::collections::BTreeSet::new();
    let of_tenants = |access| matches!(access, Access::Read | Access::Write);
    for (operation, _) in walk().filter(|(operation, _)| of_tenants(operation.access)) {
        for place in places(operation) {
            let name = place.parameter.name;
            if !names_something(place.parameter) || object(name, &Ids::default(), [0, 0]).is_some() {
                continue;
            }
            assert!(NO_OBJECTS.iter().any(|(known, _)| *known == name), "{}: {name}", operation.id);
            listed.insert(name);
        }
    }
    assert_eq!(listed.len(), NO_OBJECTS.len(), "{listed:?}");
}

#[tokio::test]
async fn whatever_names_anothers_names_nothing() {
    // Shows on both engines for every operation, everybody and every place that names something, alone and in a list
    // beside something of the caller's own: what is rival's and what never existed answer byte for byte the same, nobody
    // at all is told to authenticate, and no row is written.
    for app in TestApp::on_every_engine().await {
        let ids = ids(&app).await;
        let policies = policies(&app).await;
        app.app.follower.catch_up().await;
        let before = rows(&app).await;
        let (mut compared, mut refused) = (0, 0);
        for (operation, entry) in walk().filter(|(operation, _)| operation.access != Access::Public) {
            for place in places(operation) {
                let Some([own, foreign, missing]) = object(place.parameter.name, &ids, policies) else {
                    continue;
                };
                let lists = matches!(place.parameter.kind, Kind::Integers(_) | Kind::Texts(_));
                let beside: &[Option<&Value>] = if lists { &[None, Some(&own)] } else { &[None] };
                for (beside, person) in
                    beside.iter().flat_map(|beside| EVERYBODY.map(|person| (beside, person)))
                {
                    // The operator sees every account's things where its own operations name them.
                    if operation.access == Access::Operate && person == Some(&OPERATOR) {
                        continue;
                    }
                    let mut told = Vec::new();
                    for value in [&foreign, &missing] {
                        let values: Vec<&Value> = beside.iter().copied().chain([value]).collect();
                        let mut ask = naming(operation, &place, (entry.good)(&ids), &values);
                        if let Some(person) = person {
                            ask = ask.token_of(person);
                        }
                        let answer = app.send(ask).await;
                        let plain = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                        assert!(!answer.status.is_server_error(), "{}: {}", operation.id, answer.body);
                        if person.is_none() {
                            assert_eq!(answer.status, 401, "{}", operation.id);
                        }
                        refused += usize::from(answer.status.is_client_error());
                        told.push(answer.masked().replace(&plain, "<named>"));
                    }
                    let who = person.map_or("nobody", |person| person.name);
                    assert_eq!(told[0], told[1], "{} {} by {who}", operation.id, place.parameter.name);
                    compared += 1;
                }
            }
        }
        app.app.follower.catch_up().await;
        assert_eq!(rows(&app).await, before, "nothing may have been written");
        assert!(compared >= 250 && refused >= 400, "only {compared} pairs, {refused} refused");
    }
}

/// A policy of acme's and one of rival's.
async fn policies(app: &TestApp) -> [i64; 2] {
    let mut made = Vec::new();
    for person in [&ACME_ADMIN, &RIVAL_ADMIN] {
        let name = format!("CANARY-{}-own", person.tenant);
        let policy = json!({"policy_name": name, "version": 2, "switch_order": "1,2,3"});
        app.post_json(person, "/v1/network-switch-policies", &policy).await.success();
        let found = app.get(person, "/v1/network-switch-policies?limit=500").await.success();
        let rows = found["network_switch_policy_list"].as_array().expect("a list").clone();
        let own = rows.iter().find(|row| row["policy_name"] == *name).expect("the policy");
        made.push(own["id"].as_i64().expect("an id"));
    }
    [made[0], made[1]]
}
