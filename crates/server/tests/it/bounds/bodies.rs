//! Every declared member of a JSON body at its bounds, beyond them, missing, null and of other types, down to the members
//! of objects in lists; everything else of the request is good.

use serde_json::{Value, json};
use simlink::http::operation::Operation;
use simlink::http::parameter::{Kind, Parameter, Place};

use super::{Expected, bad, check};
use crate::coverage::{caller_of, ids, walk};
use crate::support::TestApp;

/// Members whose length or number has an error of its own: operation, member, code.
const OWN_CODES: &[(&str, &str, &str)] = &[
    ("CreateTag", "tag_name", "GSL.00022001"),
    ("CreateAttribute", "cust_attr_name", "GSL.00027001"),
    ("UpdateAttribute", "cust_attr_name", "GSL.00027001"),
    ("BatchSetTags", "sim_card_ids", "GSL.00016051"),
    ("BatchSetTags", "iccids", "GSL.00016051"),
    ("BatchSetTags", "tag_ids", "GSL.00016052"),
    ("CreateWorkOrder", "sim_card_ids", "GSL.00011010"),
    ("CreateWorkOrder", "iccids", "GSL.00011010"),
    ("CreateAnyWorkOrder", "sim_card_ids", "GSL.00011010"),
    ("CreateAnyWorkOrder", "iccids", "GSL.00011010"),
    ("ListFlowBySimCards", "sim_card_ids", "GSL.00011010"),
    ("ListFlowBySimCards", "iccid", "GSL.00011010"),
    ("ShowMonthUsages", "sim_card_ids", "GSL.00011010"),
    ("ShowMonthUsages", "iccids", "GSL.00011010"),
    ("ListSimCardFlowPerDay", "sim_card_ids", "GSL.00011010"),
    ("ListSimCardFlowPerDay", "iccids", "GSL.00011010"),
];

/// Members that must be there although they need not be given: another could stand in for them, which the good request
/// does not have.
const ONE_OF_SEVERAL: &[(&str, &str)] = &[
    ("BatchSetAttributes", "attributes"),
    ("CreateWorkOrder", "sim_card_ids"),
    ("CreateAnyWorkOrder", "sim_card_ids"),
    ("ListFlowBySimCards", "sim_card_ids"),
    ("ShowMonthUsages", "sim_card_ids"),
    ("ListSimCardFlowPerDay", "sim_card_ids"),
    ("ListSimCardFlowPerDay", "month"),
    // Taking the threshold away needs none.
    ("SetExceedCutNet", "quota"),
];

/// Members that stand for another which the good request has, beside which they are refused, and members with a form
/// or range of their own.
const PARTICULAR: &[(&str, &str)] = &[
    ("ListFlowBySimCards", "iccid"),
    ("ListSimCardFlowPerDay", "iccids"),
    ("ListSimCardFlowPerDay", "date"),
    ("ListSimCardFlowPerDay", "month"),
    ("ShowMonthUsages", "billing_cycles"),
    ("CreateWorkOrder", "filter"),
    ("UpdateAccount", "reviewed_types"),
    // The good request buys for a pool, beside which no cards are named.
    ("CreatePurchaseOrder", "sim_card_ids"),
    ("CreatePurchaseOrder", "iccids"),
    ("CreateAnyWorkOrder", "filter"),
];

/// Members without which another is asked for.
const INSTEAD: &[(&str, &str)] = &[("CreatePurchaseOrder", "sim_pool_id")];

/// Texts that must be a number.
const NUMBERS_AS_TEXTS: &[(&str, &str)] = &[("SetExceedCutNet", "quota")];

/// A value for a member (`None` leaves it out), and what it comes to.
type Case = (Option<Value>, Expected);

/// A case for each of these values.
fn each(values: impl IntoIterator<Item = Value>, expected: &Expected) -> Vec<Case> {
    values.into_iter().map(|value| (Some(value), expected.clone())).collect()
}

/// The values to try for a member.
fn cases(operation: &Operation, member: &Parameter) -> Vec<Case> {
    let must_be_there = member.required || ONE_OF_SEVERAL.contains(&(operation.id, member.name));
    let absent =
        if must_be_there { bad(member, "不能为null", "must not be null") } else { Expected::Fine };
    let mut cases = vec![(None, absent.clone()), (Some(Value::Null), absent)];
    cases.extend(match member.kind {
        Kind::Integer(min, max) => integers(member, min, max),
        Kind::Text(min, max) => texts(operation, member, min, max),
        Kind::Choice(words) => {
            let wrong = bad(member, "只能是", format!("must be one of {}", words.join(", ")));
            let fine = each(words.iter().map(|word| json!(word)), &Expected::Fine);
            fine.into_iter().chain(each([json!("none"), json!(""), json!(7)], &wrong)).collect()
        }
        Kind::Boolean => {
            let wrong = bad(member, "必须是true或false", "must be true or false");
            let fine = each([json!(true), json!(false), json!("TRUE"), json!("false")], &Expected::Fine);
            fine.into_iter()
                .chain(each([json!(1), json!(""), json!("yes"), json!([true]), json!({})], &wrong))
                .collect()
        }
        Kind::Integers(max) => {
            let whole = bad(member, "必须是整数", "must be an integer");
            let elements = ["x", "", "1.5", "9223372036854775808"].map(|text| json!([text]));
            let others = [
                json!([1.5]),
                json!([true]),
                json!([null]),
                json!([[7]]),
                json!([9_223_372_036_854_775_808_u64]),
            ];
            let mut cases = lists(operation, member, max, &json!(7));
            cases.extend(each(elements.into_iter().chain(others), &whole));
            cases.extend(each([json!(["7"]), json!([i64::MIN, i64::MAX])], &Expected::Fine));
            cases
        }
        Kind::Texts(max) => {
            let malformed = bad(member, "格式错误", "malformed");
            let mut cases = lists(operation, member, max, &json!("a"));
            cases.extend(each([json!([true]), json!([null]), json!([["a"]]), json!([{}])], &malformed));
            cases.extend(each([json!([7]), json!(["\0"]), json!(["中"])], &Expected::Fine));
            cases
        }
        Kind::Objects(min, max, _) => {
            let malformed = bad(member, "格式错误", "malformed");
            let count = bad(member, "个数必须在", format!("must have between {min} and {max} elements"));
            let mut cases = each([min - 1, max + 1].map(|count| json!(vec![json!({}); count])), &count);
            let others = [json!(7), json!("x"), json!({}), json!([7]), json!([[]]), json!([null])];
            cases.extend(each(others, &malformed));
            cases
        }
    });
    if must_be_there && !member.required {
        // An empty list is none.
        let empty = cases
            .iter_mut()
            .filter(|(value, expected)| *value == Some(json!([])) && *expected == Expected::Fine);
        empty.for_each(|(_, expected)| *expected = bad(member, "不能为null", "must not be null"));
    }
    let instead = INSTEAD.contains(&(operation.id, member.name));
    if instead || PARTICULAR.contains(&(operation.id, member.name)) {
        let given = cases
            .iter_mut()
            .filter(|(value, _)| instead || value.as_ref().is_some_and(|value| !value.is_null()));
        let fine = given.filter(|(_, expected)| *expected == Expected::Fine);
        fine.for_each(|(_, expected)| *expected = Expected::NoServerError);
    }
    cases
}

/// What a length or number beyond its bounds comes to.
fn beyond(operation: &Operation, member: &Parameter, otherwise: Expected) -> Expected {
    let own = OWN_CODES.iter().find(|(id, name, _)| (*id, *name) == (operation.id, member.name));
    own.map_or(otherwise, |(_, _, code)| Expected::Code(code))
}

fn integers(member: &Parameter, min: i64, max: i64) -> Vec<Case> {
    let whole = bad(member, "必须是整数", "must be an integer");
    let range = bad(member, "必须在", format!("must be between {min} and {max}"));
    let mut cases =
        each([json!(min), json!(max), json!(min.to_string()), json!(format!(" {max} "))], &Expected::Fine);
    for beyond in [i128::from(min) - 1, i128::from(max) + 1] {
        let expected = if i64::try_from(beyond).is_ok() { &range } else { &whole };
        cases.extend(each([json!(beyond.to_string())], expected));
    }
    let wrong =
        [json!("x"), json!(""), json!(1.5), json!("1.5"), json!("1e1"), json!(true), json!([1]), json!({})];
    cases.extend(each(wrong, &whole));
    cases.extend(each([json!(9_223_372_036_854_775_808_u64), json!(1e30), json!("１")], &whole));
    cases
}

fn texts(operation: &Operation, member: &Parameter, min: usize, max: usize) -> Vec<Case> {
    let malformed = bad(member, "格式错误", "malformed");
    let length = beyond(
        operation,
        member,
        bad(member, "长度必须在", format!("length must be between {min} and {max}")),
    );
    // Characters count, not bytes.
    let number = NUMBERS_AS_TEXTS.contains(&(operation.id, member.name));
    let whole = bad(member, "必须是整数", "must be an integer");
    let letters = if number { &whole } else { &Expected::Fine };
    let mut cases = each([json!("8".repeat(max))], &Expected::Fine);
    cases.extend(each([json!("中".repeat(max)), json!("8".repeat(min))], letters));
    cases.extend(each(
        [json!("8".repeat(max + 1)), json!("中".repeat(max + 1)), json!("8".repeat(1_000_000))],
        &length,
    ));
    if min > 0 {
        cases.extend(each([json!("8".repeat(min - 1))], &length));
    }
    let with_nul = json!(format!("{}\0", "8".repeat(min.max(1) - 1)));
    cases.extend(each([with_nul, json!(true), json!(["a"]), json!({})], &malformed));
    if (min..=max).contains(&1) {
        cases.extend(each([json!(7)], &Expected::Fine));
    }
    let odd = ["\u{202e}\u{5d0}", "💩", "' OR '1'='1", "\r\nX-A: b"].map(|text| json!(text));
    cases.extend(each(odd, &Expected::NoServerError));
    cases
}

fn lists(operation: &Operation, member: &Parameter, max: usize, element: &Value) -> Vec<Case> {
    let malformed = bad(member, "格式错误", "malformed");
    let many = bad(member, "个数不能超过", format!("must have at most {max} elements"));
    let mut cases = each([json!([]), json!(vec![element.clone(); max])], &Expected::Fine);
    cases.extend(each([json!(vec![element.clone(); max + 1])], &beyond(operation, member, many)));
    cases.extend(each([json!(7), json!("x"), json!({}), json!(true)], &malformed));
    cases
}

/// The body with another value for one of the members below `path`.
fn with(body: &Value, path: &str, member: &str, value: Option<Value>) -> Value {
    let mut body = body.clone();
    let object = body.pointer_mut(path).and_then(Value::as_object_mut).expect("an object of the good body");
    match value {
        Some(value) => object.insert(member.to_owned(), value),
        None => object.remove(member),
    };
    body
}

#[tokio::test]
async fn every_member_keeps_its_bounds() {
    // Shows each declared member of each body at and beyond its bounds, missing, null and of every other type, in both
    // languages and on both engines: the documented code in the documented words, never a 5xx; and that every exception
    // is of a member that there is.
    for app in TestApp::on_every_engine().await {
        let ids = ids(&app).await;
        let (mut tried, mut own) = (0, 0);
        // Moving the clock by a year ends the tokens of all; `sandbox.rs` looks at its bounds.
        for (operation, entry) in walk().filter(|(operation, _)| operation.id != "MoveSandboxClock") {
            let declared = operation.parameters.iter().filter(|parameter| parameter.place == Place::Body);
            let mut members: Vec<(String, &Parameter)> = Vec::new();
            for member in declared {
                members.push((String::new(), member));
                if let Kind::Objects(_, _, inner) = member.kind {
                    members.extend(inner.iter().map(|inner| (format!("/{}/0", member.name), inner)));
                }
            }
            for (path, member) in members {
                for (value, expected) in cases(operation, member) {
                    let good = (entry.good)(&ids);
                    let body = serde_json::from_slice(&good.body).expect("a JSON body");
                    let short: String = format!("{value:?}").chars().take(60).collect();
                    let what = format!("{:?} {path} {}={short}", app.engine, member.name);
                    let body = with(&body, &path, member.name, value);
                    let ask = good.with_body(body.to_string()).token_of(caller_of(operation));
                    check(operation, &what, &app.send(ask.clone()).await, &expected, false);
                    let english = app.send(ask.with_header("x-language", "en-us")).await;
                    check(operation, &what, &english, &expected, true);
                    tried += 1;
                    own += usize::from(matches!(expected, Expected::Code(_)));
                }
            }
        }
        assert!(tried > 300, "only {tried} values were tried");
        assert!(own >= OWN_CODES.len(), "only {own} of {OWN_CODES:?}");
    }
}
