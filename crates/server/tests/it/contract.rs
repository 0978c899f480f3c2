//! What we answer and document against what `contract/` promises: parameters, members, types.

mod differences;
mod extensions;

use std::collections::{BTreeMap, BTreeSet};

use axum::http::Method;
use serde_json::{Map, Value};
use simlink::http::openapi;
use simlink::http::router::OPERATIONS;

use self::differences::{DIFFERENCES, MEMBER_DIFFERENCES};
use self::extensions::EXTENSIONS;
use crate::coverage::{ids, walk};
use crate::support::shape::{members, type_of};
use crate::support::{ACME_ADMIN, TestApp};

const ENDPOINTS: &str = include_str!("../../../../contract/endpoints.json");
const SCHEMAS: &str = include_str!("../../../../contract/schemas.json");

fn endpoints() -> Vec<Value> {
    serde_json::from_str(ENDPOINTS).expect("a JSON list")
}

/// The endpoint of the contract with this method and path.
fn endpoint(method: &str, path: &str) -> Value {
    let found =
        endpoints().into_iter().find(|endpoint| endpoint["method"] == method && endpoint["path"] == path);
    found.unwrap_or_else(|| panic!("the contract has no {method} {path}"))
}

/// Method and path of every operation that the contract speaks of.
fn promised() -> Vec<(&'static str, &'static str)> {
    let v1 = OPERATIONS.iter().filter(|operation| operation.path.starts_with("/v1/"));
    v1.filter(|operation| !EXTENSIONS.contains(&operation.id))
        .map(|operation| (operation.method.as_str(), operation.path))
        .collect()
}

/// A parameter's schema as facets such as `minimum=0`, without those that say nothing about what is accepted.
fn facets(schema: &Value, required: bool, place: &str) -> BTreeSet<String> {
    let mut facets = BTreeSet::from([format!("in={place}"), format!("required={required}")]);
    for (name, value) in schema.as_object().expect("a schema") {
        match (name.as_str(), value) {
            ("required" | "format", _) => {}
            // A list or a text of at least nothing is any.
            ("minItems" | "minLength", value) if *value == 0 => {}
            ("items", items) => {
                facets.insert(format!("items={}", items["type"]));
            }
            (name, value) => {
                facets.insert(format!("{name}={value}"));
            }
        }
    }
    facets
}

fn documented_parameters(document: &Value, method: &str, path: &str) -> BTreeMap<String, BTreeSet<String>> {
    let operation = &document["paths"][path][method.to_lowercase()];
    let parameters = operation["parameters"].as_array().expect("a list");
    // Headers are not the contract's business.
    let named = parameters.iter().filter(|parameter| parameter["in"] != "header").map(|parameter| {
        let required = parameter["required"].as_bool().expect("a flag");
        let place = parameter["in"].as_str().expect("a place");
        (
            parameter["name"].as_str().expect("a name").to_owned(),
            facets(&parameter["schema"], required, place),
        )
    });
    let mut named: BTreeMap<_, _> = named.collect();
    let body = &operation["requestBody"]["content"]["application/json"]["schema"];
    if body.is_object() {
        named.extend(documented_body(body, ""));
    }
    named
}

/// The members of a documented body; those of objects in a list as `list.member`.
fn documented_body(schema: &Value, within: &str) -> BTreeMap<String, BTreeSet<String>> {
    let required = schema["required"].as_array().expect("a list");
    let mut found = BTreeMap::new();
    for (name, member) in schema["properties"].as_object().expect("members") {
        let (path, mut member) = (format!("{within}{name}"), member.clone());
        member.as_object_mut().expect("a schema").remove("description");
        if member["items"]["type"] == "object" {
            found.extend(documented_body(&member["items"], &format!("{path}.")));
        }
        found.insert(path, facets(&member, required.contains(&Value::from(name.as_str())), "body"));
    }
    found
}

/// The members of a promised body, in the same form.
fn promised_body(members: &Map<String, Value>, within: &str) -> BTreeMap<String, BTreeSet<String>> {
    let schemas: Value = serde_json::from_str(SCHEMAS).expect("an object");
    let mut found = BTreeMap::new();
    for (name, schema) in members {
        let (path, mut schema) = (format!("{within}{name}"), schema.clone());
        if let Some(reference) = schema["items"]["$ref"].as_str().map(str::to_owned) {
            let elements = schemas[&reference].as_object().expect("members");
            found.extend(promised_body(elements, &format!("{path}.")));
            schema["items"] = serde_json::json!({"type": "object"});
        }
        let required = schema["required"].as_bool().expect("a flag");
        found.insert(path, facets(&schema, required, "body"));
    }
    found
}

fn promised_parameters(method: &str, path: &str) -> BTreeMap<String, BTreeSet<String>> {
    let endpoint = endpoint(method, path);
    let mut found = BTreeMap::new();
    for (member, place) in [("path_params", "path"), ("query", "query")] {
        for (name, schema) in endpoint[member].as_object().expect("an object") {
            let required = schema["required"].as_bool().expect("a flag");
            found.insert(name.clone(), facets(schema, required, place));
        }
    }
    found.extend(promised_body(endpoint["body"].as_object().expect("an object"), ""));
    found
}

#[test]
fn documented_parameters_are_the_contracts() {
    // Shows that every /v1 operation documents exactly the contract's parameters, with their places, types, bounds,
    // defaults and required flags, but for the rows of DIFFERENCES; that each row is still needed; and that whatever
    // places an order, and nothing else, has `dry_run` beside them.
    let document = openapi::document();
    for extension in EXTENSIONS {
        let operation = OPERATIONS.iter().find(|operation| operation.id == *extension).expect("an operation");
        let listed = endpoints().iter().any(|endpoint| {
            endpoint["path"] == operation.path && endpoint["method"] == operation.method.as_str()
        });
        assert!(!listed, "{extension} is in the contract");
    }
    let mut found = BTreeSet::new();
    for (method, path) in promised() {
        let (mut ours, theirs) =
            (documented_parameters(&document, method, path), promised_parameters(method, path));
        let response = &document["paths"][path][method.to_lowercase()]["responses"]["200"];
        let schema = resolved(&document, &response["content"]["application/json"]["schema"]);
        let places_an_order = method == "POST" && schema["properties"]["work_order_id"].is_object();
        assert_eq!(ours.remove("dry_run").is_some(), places_an_order, "{method} {path}");
        let names = |of: &BTreeMap<String, _>| of.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&ours), names(&theirs), "{method} {path}");
        for (name, facets) in &theirs {
            let list = |from: &BTreeSet<String>, without: &BTreeSet<String>| {
                from.difference(without).cloned().collect::<Vec<_>>().join(" ")
            };
            let (left_out, added) = (list(facets, &ours[name]), list(&ours[name], facets));
            if !(left_out.is_empty() && added.is_empty()) {
                found.insert((path.to_owned(), name.clone(), left_out, added));
            }
        }
    }
    let allowed = DIFFERENCES.iter();
    let allowed: BTreeSet<_> = allowed
        .map(|(path, name, left_out, added, _)| {
            ((*path).to_owned(), (*name).to_owned(), (*left_out).to_owned(), (*added).to_owned())
        })
        .collect();
    assert_eq!(found, allowed);
}

#[test]
fn every_endpoint_of_the_contract_is_looked_at() {
    // Shows that the tests of this file and the walks over OPERATIONS leave out none of the contract's 39 endpoints, 169
    // parameters and members.
    let promised: BTreeSet<_> = promised().into_iter().collect();
    let mut parameters = 0;
    for endpoint in endpoints() {
        let text = |member: &str| endpoint[member].as_str().expect("a text").to_owned();
        let (method, path) = (text("method"), text("path"));
        assert!(promised.contains(&(&*method, &*path)), "{method} {path}");
        for place in ["path_params", "query", "body"] {
            parameters += endpoint[place].as_object().expect("an object").len();
        }
    }
    assert_eq!((promised.len(), parameters), (39, 169));
}

/// Follows a `$ref` of the OpenAPI document. Of several answers the contract knows the first.
fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    let schema = schema["anyOf"].get(0).unwrap_or(schema);
    match schema["$ref"].as_str() {
        Some(reference) => {
            let name = reference.strip_prefix("#/components/schemas/").expect("a component");
            &document["components"]["schemas"][name]
        }
        None => schema,
    }
}

/// The type of a documented member, leaving aside that it may be null.
fn documented_type(document: &Value, schema: &Value) -> String {
    // What may be null and has a name of its own is one of two.
    let choices = schema["oneOf"].as_array();
    let named = choices.and_then(|choices| choices.iter().find(|choice| choice["type"] != "null"));
    let schema = resolved(document, named.unwrap_or(schema));
    match &schema["type"] {
        Value::String(name) => name.clone(),
        Value::Array(names) => {
            let mut names = names.iter().filter_map(Value::as_str).filter(|name| *name != "null");
            names.next().expect("a type beside null").to_owned()
        }
        other => panic!("a member without a type: {other} in {schema}"),
    }
}

fn documented_members(document: &Value, schema: &Value) -> BTreeMap<String, String> {
    let schema = resolved(document, schema);
    let properties = schema["properties"].as_object().unwrap_or_else(|| panic!("no members: {schema}"));
    properties.iter().map(|(name, schema)| (name.clone(), documented_type(document, schema))).collect()
}

fn promised_members(schema: &Map<String, Value>) -> BTreeMap<String, String> {
    schema
        .iter()
        .map(|(name, schema)| (name.clone(), schema["type"].as_str().expect("a type").to_owned()))
        .collect()
}

/// Names the deviations of a schema's members from the contract's.
fn deviations(
    schema: &str,
    ours: &BTreeMap<String, String>,
    theirs: &BTreeMap<String, String>,
) -> Vec<String> {
    let names = |of: &BTreeMap<String, String>| of.keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(names(ours), names(theirs), "members of {schema}");
    let differs = theirs.iter().filter(|(name, kind)| ours[*name] != **kind);
    differs.map(|(name, kind)| format!("{schema}.{name}: {kind} {}", ours[name])).collect()
}

#[test]
fn documented_answers_are_the_contracts() {
    // Shows that the success of every /v1 operation documents exactly the members of the contract's schema with their
    // types, down to the elements of lists.
    let document = openapi::document();
    let schemas: Value = serde_json::from_str(SCHEMAS).expect("an object");
    let mut found = Vec::new();
    for (method, path) in promised() {
        let success = &document["paths"][path][method.to_lowercase()]["responses"]["200"];
        let ours = &success["content"]["application/json"]["schema"];
        let endpoint = endpoint(method, path);
        let theirs = endpoint["responses"]["200"].as_object().expect("members");
        if let Some(bare) = theirs.get("-") {
            assert_eq!(ours["type"], bare["type"], "{method} {path}");
            continue;
        }
        let (ours_list, theirs_list) = match theirs.get("[数组元素]") {
            Some(list) => (Some(ours.clone()), Some(list.clone())),
            None => {
                found.extend(deviations(
                    path,
                    &documented_members(&document, ours),
                    &promised_members(theirs),
                ));
                let is_list = |value: &Value| value["type"] == "array";
                let name = theirs.iter().find(|(_, value)| is_list(value)).map(|(name, _)| name.clone());
                let own = name.as_ref().map(|name| resolved(&document, ours)["properties"][name].clone());
                (own, name.map(|name| theirs[&name].clone()))
            }
        };
        let (Some(ours), Some(theirs)) = (ours_list, theirs_list) else { continue };
        let name = theirs["items"]["$ref"].as_str().expect("a schema's name");
        // A bare array describes its elements in place.
        let described = ours["items"]["$ref"].as_str();
        let expected = format!("#/components/schemas/{name}");
        assert!(described.is_none_or(|described| described == expected), "{path}: {described:?}");
        let theirs = promised_members(schemas[name].as_object().expect("members"));
        found.extend(deviations(name, &documented_members(&document, &ours["items"]), &theirs));
    }
    let allowed = MEMBER_DIFFERENCES.iter();
    let allowed: Vec<String> = allowed
        .map(|(schema, member, theirs, ours, _)| format!("{schema}.{member}: {theirs} {ours}"))
        .collect();
    assert_eq!(found, allowed);
}

/// Whether a value may stand where the contract promises this type: what is absent is null, a double may be whole.
fn fits(value: &Value, promised: &str) -> bool {
    matches!(
        (promised, type_of(value)),
        (_, "null")
            | ("number", "integer" | "number")
            | ("integer", "integer")
            | ("string", "string")
            | ("boolean", "boolean")
            | ("array", "array")
            | ("object", "object")
    )
}

#[track_caller]
fn assert_has(what: &str, value: &Value, promised: &BTreeMap<String, String>) {
    let names: Vec<String> = members(value).into_keys().collect();
    assert_eq!(names, promised.keys().cloned().collect::<Vec<_>>(), "members of {what}");
    for (name, kind) in promised {
        assert!(fits(&value[name], kind), "{what}.{name} is {} instead of {kind}", value[name]);
    }
}

#[tokio::test]
async fn answers_have_exactly_the_contracts_members() {
    // Shows that actual answers over the whole seed have exactly the contract's members, each of its type or null; that
    // every member is filled somewhere; and that moments and doubles have their form.
    let schemas: Value = serde_json::from_str(SCHEMAS).expect("an object");
    for app in TestApp::on_every_engine().await {
        let ids = ids(&app).await;
        // Reads first: a write may delete what they show.
        let in_order = [Method::GET, Method::POST, Method::PUT, Method::DELETE];
        let operations =
            in_order.iter().flat_map(|method| walk().filter(move |(found, _)| found.method == *method));
        let promised_ones = operations
            .filter(|(operation, _)| promised().contains(&(operation.method.as_str(), operation.path)));
        for (operation, entry) in promised_ones {
            let (method, path) = (operation.method.as_str(), operation.path);
            let mut good = (entry.good)(&ids).token_of(&ACME_ADMIN);
            if method == "GET" && !path.contains('{') {
                good.target = format!("{path}?limit=500");
            }
            let answer = app.send(good).await.success();
            let endpoint = endpoint(method, path);
            let theirs = endpoint["responses"]["200"].as_object().expect("members");
            if theirs.contains_key("-") {
                assert_eq!(answer, true, "{method} {path}");
                continue;
            }
            let list = theirs.iter().find(|(_, value)| value["type"] == "array");
            let Some((list_name, list)) = list else {
                assert_has(path, &answer, &promised_members(theirs));
                continue;
            };
            let rows = match list_name.as_str() {
                "[数组元素]" => answer.as_array(),
                name => {
                    assert_has(path, &answer, &promised_members(theirs));
                    answer[name].as_array()
                }
            };
            let rows = rows.expect("a list");
            assert!(!rows.is_empty(), "{path}: the seed has nothing to look at");
            let schema = list["items"]["$ref"].as_str().expect("a schema's name");
            let promised = promised_members(schemas[schema].as_object().expect("members"));
            for row in rows {
                assert_has(schema, row, &promised);
                forms(schema, row);
            }
            let never = promised.keys().filter(|name| rows.iter().all(|row| row[*name].is_null()));
            let never: Vec<&String> = never.filter(|name| !UNFILLED.contains(&(schema, name))).collect();
            assert!(never.is_empty(), "{schema}: {never:?} are null in every row of the seed");
        }
    }
}

/// Members that nothing of this version fills.
const UNFILLED: &[(&str, &str)] = &[
    ("SimDeviceVO", "exceed_cut_net_quota"),
    ("SimDeviceVO", "speed_value"),
    ("NetworkSwitchPolicyVO", "connect_ip"),
    ("WorkOrderVo", "fail_reason"),
    ("WorkOrderVo", "response"),
    ("WorkOrderDetailVo", "description"),
    ("BackPoolVO", "status_time"),
];

/// The forms that types do not say: moments of the contract, at most two decimals.
fn forms(schema: &str, row: &Value) {
    for (name, value) in row.as_object().expect("an object") {
        if let Some(text) = value.as_str().filter(|_| name.ends_with("_time") || name.ends_with("_date")) {
            let pattern: String =
                text.chars().map(|letter| if letter.is_ascii_digit() { '0' } else { letter }).collect();
            assert_eq!(pattern, "0000-00-00T00:00:00.000+00:00", "{schema}.{name}: {text}");
        }
        let digits = if value.is_number() { value.to_string() } else { String::new() };
        let decimals = digits.split_once('.').map_or("", |(_, decimals)| decimals);
        assert!(decimals.len() <= 2, "{schema}.{name}: {value}");
    }
}

#[tokio::test]
async fn the_document_names_every_operation() {
    // Shows that the served document is the one made from the operations, with unique ids and every reference resolved.
    let app = TestApp::embedded().await;
    let served = app.send(crate::support::Ask::get("/openapi.json")).await.success();
    assert_eq!(served, openapi::document());
    let mut ids = BTreeSet::new();
    for operation in OPERATIONS {
        let described = &served["paths"][operation.path][operation.method.as_str().to_lowercase()];
        assert_eq!(described["operationId"], operation.id);
        assert!(ids.insert(operation.id), "{} twice", operation.id);
    }
    let text = served.to_string();
    for reference in text.split("\"#/components/schemas/").skip(1) {
        let name = reference.split('"').next().expect("a name");
        assert!(served["components"]["schemas"][name].is_object(), "{name} is not described");
    }
}
