//! Each error code of the contract is met by a named test, or belongs to a capability that does not exist yet.

use std::collections::BTreeSet;
use std::path::Path;

use simlink::error_codes::ErrorCode;

/// How a code is reached.
enum Reached {
    /// By this test: its file below `tests/it` and its name.
    By(&'static str, &'static str),
    /// Not yet: it belongs to this.
    NotYet(&'static str),
}

use Reached::{By, NotYet};

const TABLE: &[(&str, Reached)] = &[
    ("GSL.00010001", By("coverage.rs", "nobody_passes_without_a_good_credential")),
    ("GSL.00010002", By("coverage.rs", "nobody_passes_without_a_good_credential")),
    ("GSL.00010003", By("gateway.rs", "failures_within_tell_nothing")),
    ("GSL.00010004", By("sims.rs", "missing_cards_and_names_are_refused")),
    ("GSL.00010005", By("work_orders/control.rs", "the_carrier_is_asked_who_is_registered")),
    ("GSL.00011001", By("sims.rs", "missing_cards_and_names_are_refused")),
    ("GSL.00011004", By("usage/refusals.rs", "cycles_are_checked")),
    (
        "GSL.00011005",
        NotYet("things with a name other than tags, attributes and policies, which have their own codes"),
    ),
    ("GSL.00011007", By("work_orders/permits.rs", "a_card_is_asked_about_once_at_a_time")),
    (
        "GSL.00011009",
        NotYet("files on the server that an operation names by their path; lists of cards are GSL.00012016"),
    ),
    ("GSL.00011010", By("usage/refusals.rs", "lists_of_cards_are_checked")),
    ("GSL.00011011", By("usage/refusals.rs", "lists_of_cards_are_checked")),
    ("GSL.00011012", By("orders/renewals.rs", "the_cards_of_an_order_are_renewed")),
    ("GSL.00011015", By("work_orders/control.rs", "three_network_cards_are_moved_and_given_policies")),
    ("GSL.00011016", By("work_orders/permits.rs", "states_and_kinds_that_permit_no_operation")),
    ("GSL.00011019", NotYet("exports")),
    ("GSL.00011063", By("work_orders/control.rs", "three_network_cards_are_moved_and_given_policies")),
    ("GSL.00012002", By("orders/plans.rs", "purchases_are_refused_as_a_whole")),
    ("GSL.00012003", NotYet("plans chosen by a request: renewal and change of plan")),
    ("GSL.00012016", By("temp_files.rs", "lists_live_for_a_day")),
    ("GSL.00012031", By("attributes.rs", "batches_are_refused_whole")),
    ("GSL.00013011", By("orders/renewals.rs", "the_cards_of_an_order_are_renewed")),
    ("GSL.00013012", By("orders/renewals.rs", "the_cards_of_an_order_are_renewed")),
    ("GSL.00014003", By("pools.rs", "statuses_filter_and_cycles_are_checked")),
    ("GSL.00015028", By("work_orders/control.rs", "three_network_cards_are_moved_and_given_policies")),
    ("GSL.00015032", By("policies.rs", "policies_are_refused")),
    ("GSL.00015033", By("policies.rs", "policies_are_refused")),
    ("GSL.00015034", By("policies.rs", "policies_are_refused")),
    ("GSL.00015035", By("policies.rs", "policies_are_refused")),
    ("GSL.00015039", By("policies.rs", "policies_are_refused")),
    ("GSL.00016005", NotYet("orders whose type a request names by number")),
    ("GSL.00016009", By("work_orders/timing.rs", "what_stands_in_the_way_of_a_second_order")),
    ("GSL.00016010", By("work_orders/timing.rs", "what_stands_in_the_way_of_a_second_order")),
    ("GSL.00016012", By("work_orders/permits.rs", "states_and_kinds_that_permit_no_operation")),
    ("GSL.00016014", By("work_orders/permits.rs", "states_and_kinds_that_permit_no_operation")),
    ("GSL.00016015", By("work_orders/permits.rs", "a_card_is_activated_once")),
    ("GSL.00016016", By("work_orders/timing.rs", "what_stands_in_the_way_of_a_second_order")),
    ("GSL.00016019", By("work_orders/permits.rs", "states_and_kinds_that_permit_no_operation")),
    ("GSL.00016020", By("work_orders/permits.rs", "states_and_kinds_that_permit_no_operation")),
    ("GSL.00016051", By("tags.rs", "batches_are_refused_whole")),
    ("GSL.00016052", By("tags.rs", "batches_are_refused_whole")),
    ("GSL.00016053", By("tags.rs", "batches_are_refused_whole")),
    ("GSL.00016054", By("tags.rs", "batches_are_refused_whole")),
    ("GSL.00020003", By("gateway.rs", "failures_within_tell_nothing")),
    ("GSL.00020004", By("tags.rs", "tags_are_made")),
    ("GSL.00022001", By("tags.rs", "tags_are_made")),
    ("GSL.00022002", By("tags.rs", "tags_are_made")),
    ("GSL.00022003", By("tags.rs", "tags_have_their_number")),
    ("GSL.00022004", By("tags.rs", "deleted_tags_leave_their_cards")),
    ("GSL.00027001", By("attributes.rs", "attributes_take_the_lowest_free_slot")),
    ("GSL.00027002", By("attributes.rs", "attributes_take_the_lowest_free_slot")),
    ("GSL.00027003", By("attributes.rs", "attributes_take_the_lowest_free_slot")),
    ("GSL.00027004", By("attributes.rs", "attributes_take_the_lowest_free_slot")),
    ("GSL.00027005", By("attributes.rs", "attributes_are_renamed")),
];

/// The sources below a folder of the crate.
fn sources(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    entries
        .flat_map(|path| {
            if path.is_dir() {
                return sources(&path);
            }
            let is_source = path.extension().is_some_and(|ending| ending == "rs");
            if is_source { vec![std::fs::read_to_string(&path).expect("UTF-8")] } else { Vec::new() }
        })
        .collect()
}

/// The code of a test of a file, without comments; nothing where there is no such test.
fn body(source: &str, test: &str) -> Option<String> {
    let (before, rest) = source.split_once(&format!("fn {test}() {{\n"))?;
    let attribute = before.lines().rev().find(|line| line.starts_with("#["))?;
    let last = before.lines().last().unwrap_or_default();
    let is_test = attribute.contains("test") && matches!(last, "async " | "");
    let (body, _) = rest.split_once("\n}\n")?;
    let code = body.lines().filter(|line| !line.trim_start().starts_with("//"));
    is_test.then(|| code.collect::<Vec<_>>().join("\n"))
}

#[test]
fn every_code_is_met_by_a_test_or_belongs_to_what_does_not_exist() {
    // Shows that each of the 51 codes of the contract and the three beside them names a test that is there and speaks of
    // the code, or a capability that is not; and that the product really never answers the latter.
    let crate_root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let product = sources(&crate_root.join("src"));
    let codes: BTreeSet<&str> = TABLE.iter().map(|(code, _)| *code).collect();
    let known = ErrorCode::ALL.iter().map(|code| code.text().code);
    let of_contract: BTreeSet<&str> = known.filter(|code| code.starts_with("GSL.")).collect();
    assert_eq!((TABLE.len(), &codes), (54, &of_contract));
    for (code, reached) in TABLE {
        match reached {
            By(file, test) => {
                let path = crate_root.join("tests/it").join(file);
                let source = std::fs::read_to_string(path).unwrap_or_else(|_| panic!("{code}: no {file}"));
                let body = body(&source, test).unwrap_or_else(|| panic!("{code}: no test {test} in {file}"));
                assert!(body.contains(code), "{code}: {file} {test} does not speak of it");
            }
            NotYet(reason) => {
                assert!(reason.len() > 5, "{code}: why?");
                let variant = ErrorCode::ALL.iter().find(|known| known.text().code == *code);
                let named = format!("ErrorCode::{:?}", variant.expect("a known code"));
                let answered = product.iter().any(|source| {
                    source
                        .split(&named)
                        .skip(1)
                        .any(|rest| !rest.starts_with(|next: char| next.is_alphanumeric()))
                });
                assert!(!answered, "{code}: the product answers it; which test shows it?");
            }
        }
    }
}

#[test]
fn every_code_of_our_own_is_met_by_a_test() {
    // Shows that the tests speak of each code that the contract does not have.
    let tests = sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it"));
    let ours = ErrorCode::ALL.iter().map(|code| code.text().code).filter(|code| !code.starts_with("GSL."));
    let mut looked_at = 0;
    for code in ours {
        assert!(
            tests.iter().any(|source| source.contains(&format!("\"{code}\""))),
            "no test speaks of {code}"
        );
        looked_at += 1;
    }
    assert!(looked_at >= 4, "only {looked_at} codes");
}
