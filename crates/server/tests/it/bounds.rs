//! Every declared parameter at its bounds, beyond them and of the wrong type: the documented code in the documented
//! words, in Chinese and in English, and never a 5xx.

mod bodies;

use std::collections::BTreeMap;

use simlink::http::error::ErrorStyle;
use simlink::http::operation::Operation;
use simlink::http::parameter::{Kind, Parameter, Place};
use simlink::http::router::OPERATIONS;

use crate::coverage::{caller_of, ids, plain, walk};
use crate::support::{ACME_ADMIN, Answer, Ask, TestApp};

/// What a request with a certain value must come to.
#[derive(Debug, Clone, PartialEq)]
enum Expected {
    /// Anything but a parameter error: the value is fine, whether or not something is found.
    Fine,
    /// A parameter error that names the field and says this, in Chinese and in English.
    Bad(String, &'static str, String),
    /// This error of its own.
    Code(&'static str),
    /// Anything that is no server error.
    NoServerError,
}

/// A query (or, for a path parameter, the raw segment) and what it comes to.
type Case = (String, Expected);

fn bad(parameter: &Parameter, zh: &'static str, en: impl Into<String>) -> Expected {
    Expected::Bad(parameter.name.to_owned(), zh, en.into())
}

/// Texts of a form of their own: being short enough is not all.
const FORMED: &[&str] = &["start_time", "end_time", "after", "url", "since", "event_types", "account"];

/// The raw values to try for a parameter.
fn values(parameter: &Parameter) -> Vec<Case> {
    let whole = || bad(parameter, "必须是整数", "must be an integer");
    let formed = FORMED.contains(&parameter.name);
    let mut cases: Vec<Case> = match parameter.kind {
        Kind::Integer(min, max) => integers(parameter, min, max, &whole),
        Kind::Text(min, max) => texts(parameter, min, max),
        Kind::Choice(words) => {
            let wrong = || bad(parameter, "只能是", format!("must be one of {}", words.join(", ")));
            let mut cases: Vec<Case> =
                words.iter().map(|word| ((*word).to_owned(), Expected::Fine)).collect();
            let others = ["none", "", "%00", "ASC%20", "%E4%B8%AD"].map(|value| (value.to_owned(), wrong()));
            cases.extend(others);
            cases
        }
        Kind::Boolean => {
            let wrong = || bad(parameter, "必须是true或false", "must be true or false");
            let fine = ["true", "false", "TRUE", "False"].map(|value| (value.to_owned(), Expected::Fine));
            let others = ["1", "0", "", "yes", "null", "%00"].map(|value| (value.to_owned(), wrong()));
            fine.into_iter().chain(others).collect()
        }
        Kind::Integers(max) => {
            let many = |count: usize| vec!["7"; count].join(",");
            let too_many = bad(parameter, "个数不能超过", format!("must have at most {max} elements"));
            let mut cases = vec![
                (many(max), Expected::Fine),
                (many(max + 1), too_many),
                (String::new(), Expected::Fine),
                (",,".to_owned(), Expected::Fine),
                (i64::MAX.to_string(), Expected::Fine),
                (i64::MIN.to_string(), Expected::Fine),
            ];
            let others = ["x", "1,x", "1.5", "9223372036854775808", "%00", "[9]", "null"];
            cases.extend(others.map(|value| (value.to_owned(), whole())));
            cases
        }
        // Only bodies have them.
        Kind::Objects(..) => Vec::new(),
        Kind::Texts(max) => {
            let many = |count: usize| vec!["a"; count].join(",");
            let too_many = bad(parameter, "个数不能超过", format!("must have at most {max} elements"));
            vec![
                (many(max), Expected::Fine),
                (many(max + 1), too_many),
                (String::new(), Expected::Fine),
                ("%E4%B8%AD".to_owned(), Expected::Fine),
                ("%00".to_owned(), Expected::NoServerError),
            ]
        }
    };
    if formed {
        let fine = cases.iter_mut().filter(|(_, expected)| *expected == Expected::Fine);
        fine.for_each(|(_, expected)| *expected = Expected::NoServerError);
    }
    let malformed = Expected::Bad("query".to_owned(), "格式错误", "malformed".to_owned());
    match parameter.place {
        Place::Query | Place::Header | Place::Body => {
            cases.push(("%FF".to_owned(), malformed.clone()));
            cases.push(("%C3%28".to_owned(), malformed.clone()));
            // No query with a NUL is read at all, whatever it stands in.
            let with_nul = cases.iter_mut().filter(|(value, _)| value.contains("%00"));
            with_nul.for_each(|(_, expected)| *expected = malformed.clone());
        }
        Place::Path => {
            let malformed = Expected::Bad("path".to_owned(), "格式错误", "malformed".to_owned());
            cases.push(("%FF".to_owned(), malformed));
        }
    }
    for odd in ["%", "%zz", "%E2%80%AE%D7%90", "%F0%9F%92%A9", "'%20OR%20'1'='1", "%0D%0AX-A:%20b"] {
        cases.push((odd.to_owned(), Expected::NoServerError));
    }
    // As long as a request line can be; the listener refuses longer heads.
    cases.push(("9".repeat(60_000), Expected::NoServerError));
    cases.push(("%00".repeat(20_000), Expected::NoServerError));
    if parameter.place == Place::Path {
        cases.retain(|(value, _)| !value.is_empty() && !value.contains('/'));
    }
    cases
}

fn integers(parameter: &Parameter, min: i64, max: i64, whole: &dyn Fn() -> Expected) -> Vec<Case> {
    let range = || bad(parameter, "必须在", format!("must be between {min} and {max}"));
    let mut cases = vec![(min.to_string(), Expected::Fine), (max.to_string(), Expected::Fine)];
    for beyond in [i128::from(min) - 1, i128::from(max) + 1] {
        let expected = if i64::try_from(beyond).is_ok() { range() } else { whole() };
        cases.push((beyond.to_string(), expected));
    }
    for wrong in ["x", "", "1.5", "1e1", "0x10", "%2010", "10%20", "%00", "10%00", "true", "null", "１０"] {
        let raw = if wrong.is_ascii() { wrong.to_owned() } else { "%EF%BC%91".to_owned() };
        cases.push((raw, whole()));
    }
    cases.push(("99999999999999999999999999".to_owned(), whole()));
    cases
}

fn texts(parameter: &Parameter, min: usize, max: usize) -> Vec<Case> {
    let length = || bad(parameter, "长度必须在", format!("length must be between {min} and {max}"));
    let mut cases = vec![
        ("8".repeat(max), Expected::Fine),
        ("8".repeat(max + 1), length()),
        // Characters count, not bytes.
        ("%E4%B8%AD".repeat(max), Expected::Fine),
        ("%E4%B8%AD".repeat(max + 1), length()),
        (format!("{}%00", "8".repeat(min.max(1) - 1)), bad(parameter, "格式错误", "malformed")),
    ];
    cases.push(("8".repeat(min), Expected::Fine));
    if min > 0 {
        cases.push(("8".repeat(min - 1), length()));
    }
    cases
}

/// The request with a raw value for one parameter, everything else (`good`) as it should be.
fn ask(operation: &Operation, parameter: &Parameter, value: &str, good: Ask) -> Ask {
    let path: String = match parameter.place {
        Place::Path => operation.path.replace(&format!("{{{}}}", parameter.name), value),
        Place::Query | Place::Header | Place::Body => plain(operation.path),
    };
    // What else must stand beside it.
    let beside = match parameter.name {
        // 0 names the card by its ICCID.
        "sim_card_id" => "&iccid=8986100000000000001",
        "page" => "&per_page=1",
        "per_page" => "&page=1",
        "main_search_key" if operation.id == "ListSimCards" => "&main_search_type=1",
        _ => "",
    };
    let target = match parameter.place {
        Place::Path => format!("{path}?{}", beside.trim_start_matches('&')),
        Place::Query | Place::Header | Place::Body => format!("{path}?{}={value}{beside}", parameter.name),
    };
    good.with_target(target)
        .without_header("x-subject-token")
        .token_of(caller_of(operation))
        .with_header("x-subject-token", ACME_ADMIN.token)
}

fn check(operation: &Operation, what: &str, answer: &Answer, expected: &Expected, english: bool) {
    let shown = format!("{} {what}: {} {}", operation.id, answer.status, answer.body);
    assert!(!answer.status.is_server_error(), "{shown}");
    let is_parameter_error = answer.status == 400
        && ["GSL.00010004", "GSL.00020004"].iter().any(|code| answer.body.contains(code));
    match expected {
        Expected::NoServerError => {}
        Expected::Code(code) => assert_eq!(answer.refusal(), (400, (*code).to_owned()), "{shown}"),
        Expected::Fine => assert!(!is_parameter_error, "{shown}"),
        Expected::Bad(field, zh, en) => {
            let code = match operation.errors {
                ErrorStyle::Business => "GSL.00010004",
                ErrorStyle::TagsAndAttributes => "GSL.00020004",
                // Keystone's form is English and has the status for its code.
                ErrorStyle::Iam => "400",
            };
            assert_eq!(answer.refusal(), (400, code.to_owned()), "{shown}");
            let message = answer.error_message();
            if english || operation.errors == ErrorStyle::Iam {
                assert_eq!(message, format!("{field}: {en}"), "{shown}");
            } else {
                assert!(message.starts_with(&format!("{field}:{zh}")), "{shown}");
            }
        }
    }
}

#[tokio::test]
async fn every_parameter_keeps_its_bounds() {
    // Shows each parameter of each operation at and beyond its bounds, of the wrong type, empty, with NUL, with
    // escapes that are none, as long as a request line can be; on both engines and in both languages.
    for app in TestApp::on_every_engine().await {
        let mut tried: BTreeMap<&str, usize> = BTreeMap::new();
        let ids = ids(&app).await;
        // Sign-in has its own tests: each try costs a hash, and its one parameter is looked at there, too.
        for (operation, entry) in
            walk().filter(|(operation, _)| operation.id != "KeystoneCreateUserTokenByPassword")
        {
            let outside_body = [Place::Path, Place::Query];
            let parameters = operation.parameters.iter();
            let parameters = parameters.filter(|parameter| outside_body.contains(&parameter.place));
            for parameter in parameters {
                for (value, expected) in values(parameter) {
                    let short: String = value.chars().take(40).collect();
                    let what = format!("{:?} {}={short}", app.engine, parameter.name);
                    let ask = ask(operation, parameter, &value, (entry.good)(&ids));
                    let answer = app.send(ask.clone()).await;
                    check(operation, &what, &answer, &expected, false);
                    let answer = app.send(ask.with_header("x-language", "en-us")).await;
                    check(operation, &what, &answer, &expected, true);
                    *tried.entry(operation.id).or_default() += 1;
                }
            }
        }
        let total: usize = tried.values().sum();
        assert!(total > 1_000, "only {total} values were tried: {tried:?}");
    }
}

#[tokio::test]
async fn repeated_single_values_are_refused() {
    // Shows that a parameter with one value may not be given twice, in every operation.
    let app = TestApp::embedded().await;
    let ids = ids(&app).await;
    for (operation, entry) in walk().filter(|(operation, _)| operation.request.is_none()) {
        for parameter in operation.parameters.iter().filter(|parameter| parameter.place == Place::Query) {
            let value = match parameter.kind {
                Kind::Integer(_, max) => max.to_string(),
                Kind::Text(_, max) => "8".repeat(max),
                Kind::Choice(words) => words[0].to_owned(),
                Kind::Boolean => "true".to_owned(),
                Kind::Integers(_) | Kind::Texts(_) | Kind::Objects(..) => continue,
            };
            let twice = format!("{value}&{}={value}", parameter.name);
            let expected = bad(parameter, "不能重复", "must be given once");
            let ask = ask(operation, parameter, &twice, (entry.good)(&ids));
            let answer = app.send(ask.with_header("x-language", "en")).await;
            check(operation, parameter.name, &answer, &expected, true);
        }
    }
}

#[tokio::test]
async fn too_many_query_pairs_are_refused() {
    // Shows that a query of more pairs than are read is a parameter error, and one of as many is not.
    let app = TestApp::embedded().await;
    let max = simlink::limits::QUERY_PAIRS_MAX;
    let answer = app.get(&ACME_ADMIN, &format!("/v1/tags?{}", vec!["a=b"; max].join("&"))).await;
    assert_eq!(answer.status, 200);
    let answer = app.get(&ACME_ADMIN, &format!("/v1/tags?{}", vec!["a=b"; max + 1].join("&"))).await;
    assert_eq!(answer.refusal(), (400, "GSL.00020004".to_owned()));
    assert_eq!(answer.error_message(), format!("query:个数不能超过{max}"));
}

#[tokio::test]
async fn bodies_of_every_kind_are_no_server_error() {
    // Shows that bodies which are no JSON, deeply nested, of the wrong type or full of odd characters are refused as
    // parameter errors (or ignored where no body is read), never with a 5xx, on both engines.
    let deep = "[".repeat(100_000);
    let bodies = [
        "",
        " ",
        "null",
        "[]",
        "{",
        "\"x\"",
        "1e999",
        "{\"credential\": 7}",
        "[{\"user_id\": null}]",
        "{\"credential\": [null, \"a list is no object\"]}",
        "{\"auth\": []}",
        "{\"auth\": {\"identity\": {\"methods\": [\"password\"]}}}",
        "{\"iccid\": [1]}",
        "{\"iccid\": {}}",
        "{\"credential\": {\"description\": \"a\\u0000b\"}}",
        "{\"credential\": {\"user_id\": \"\\u0000\"}}",
        "{\"iccid\": \"\\u0000898610000000000000\"}",
        "{\"a\": 1, \"a\": 2}",
        "\u{feff}{}",
        &deep,
    ];
    for app in TestApp::on_every_engine().await {
        for operation in OPERATIONS {
            let path = plain(&operation.path.replace("{sim_card_id}", "0"));
            for body in bodies {
                let ask = Ask::new(operation.method.clone(), &path).token_of(caller_of(operation));
                // Revoking the token at hand is another test's business.
                let ask = ask.with_header("x-subject-token", "none").with_body(body);
                let answer = app.send(ask).await;
                let short: String = body.chars().take(40).collect();
                assert!(!answer.status.is_server_error(), "{} {short}: {}", operation.id, answer.body);
                if operation.request.is_some() {
                    // A body that can be read may name a user or key that there is none of.
                    let refused = matches!(answer.status.as_u16(), 400 | 404);
                    assert!(refused, "{} {short}: {} {}", operation.id, answer.status, answer.body);
                }
            }
        }
    }
}
