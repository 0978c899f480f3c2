//! An independent recount of the seeded cards: a naive model over the lines of the file, without product code.

use std::collections::{BTreeMap, HashMap};

use crate::support::seeds;

/// A line of the file by its columns; what is empty is not there.
pub type Line = BTreeMap<String, String>;

/// The cards of acme in the order of the file.
pub fn acme_cards() -> Vec<Line> {
    let text = seeds::cards();
    let mut cards: Vec<Line> = lines(&text).into_iter().filter(|card| card["account"] == "acme").collect();
    let plans: HashMap<String, i64> = lines(seeds::PLANS)
        .iter()
        .map(|plan| (plan["price_plan_id"].clone(), number(&plan["flow_total"])))
        .collect();
    let mut opened: HashMap<String, String> = HashMap::new();
    for card in &mut cards {
        if !card.contains_key("cid") {
            card.insert("cid".to_owned(), card["iccid"].clone());
        }
        if !card.contains_key("operator_status") {
            card.insert("operator_status".to_owned(), "-1".to_owned());
        }
        let used = card.get("flow_used").map(|text| hundredths(text));
        let total = card.get("price_plan_id").map(|plan| plans[plan] * 100);
        if let (Some(used), Some(total)) = (used, total) {
            card.insert("left_hundredths".to_owned(), (total - used).to_string());
        }
        if let Some(used) = used {
            card.insert("used_hundredths".to_owned(), used.to_string());
        }
        let flag = pool_flag(card, &mut opened);
        card.insert("pool_flag".to_owned(), flag.to_owned());
    }
    cards
}

/// The first order of the file with a card in a pool has opened it; cards of others have joined.
fn pool_flag(card: &Line, opened: &mut HashMap<String, String>) -> &'static str {
    let Some(pool) = card.get("pool_id") else { return "0" };
    let order = card.get("order_id");
    if let Some(order) = order {
        opened.entry(pool.clone()).or_insert(order.clone());
    }
    let opens = order.is_some() && opened.get(pool) == order;
    match (pool.as_str(), opens) {
        ("501", true) => "1",
        ("501", false) => "2",
        (_, true) => "11",
        (_, false) => "12",
    }
}

fn lines(text: &str) -> Vec<Line> {
    let mut lines = text.lines().map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
    let header = lines.next().expect("a header");
    let line = |values: Vec<String>| {
        header.iter().cloned().zip(values).filter(|(_, value)| !value.is_empty()).collect()
    };
    lines.map(line).collect()
}

fn number(text: &str) -> i64 {
    text.parse().expect("a number")
}

fn hundredths(text: &str) -> i64 {
    let (whole, cents) = text.split_once('.').expect("two decimals");
    number(whole) * 100 + number(cents)
}

/// Whether a card passes one filter of `GET /v1/sim-cards`, as the contract describes it.
pub fn passes(card: &Line, name: &str, value: &str) -> bool {
    let text = |column: &str| card.get(column).map(String::as_str);
    let any = |of: Option<&str>| of.is_some_and(|of| value.split(',').any(|one| one == of));
    let megabytes = |column: &str| text(column).map(number);
    match name {
        "main1" => {
            let iccid = text("iccid").expect("every card has one");
            text("cid") == Some(value)
                || iccid == value
                || (value.len() == 19 && iccid.get(..19) == Some(value))
        }
        "main2" | "order_id" => text("order_id") == Some(value),
        "main3" => text("imei") == Some(value),
        "order_ids" => any(text("order_id")),
        "price_plan_id" => any(text("price_plan_id")),
        "tag" => {
            text("tags").is_some_and(|tags| tags.split(';').any(|tag| value.split(',').any(|one| one == tag)))
        }
        "real_named" => text("real_named").unwrap_or("false") == value,
        "filter_downtime_period" => {
            value == "false" || (text("sim_status"), text("operator_status")) != (Some("14"), Some("5"))
        }
        "min_used_flow" => megabytes("used_hundredths").is_some_and(|used| used >= number(value) * 100),
        "max_used_flow" => megabytes("used_hundredths").is_some_and(|used| used <= number(value) * 100),
        "min_left_flow" => megabytes("left_hundredths").is_some_and(|left| left >= number(value) * 100),
        "max_left_flow" => megabytes("left_hundredths").is_some_and(|left| left <= number(value) * 100),
        column => text(column) == Some(value),
    }
}

/// The ICCIDs that a list must have: filtered, then sorted as the contract says. Ties and cards without the key go
/// by age, which is the order of the file.
pub fn list(cards: &[Line], filters: &[(&str, String)], sort: Option<(&str, bool)>) -> Vec<String> {
    let mut found: Vec<(usize, &Line)> = cards
        .iter()
        .enumerate()
        .filter(|(_, card)| filters.iter().all(|(name, value)| passes(card, name, value)))
        .collect();
    match sort {
        None => found.reverse(),
        Some((key, descending)) => {
            found.sort_by_key(|(age, card)| (value_of(card, key), *age));
            if descending {
                found.reverse();
            }
            // Those without the key are last in either direction.
            found.sort_by_key(|(_, card)| value_of(card, key).is_none());
        }
    }
    found.into_iter().map(|(_, card)| card["iccid"].clone()).collect()
}

/// What a card is sorted by: text by its bytes, figures by their size.
fn value_of(card: &Line, key: &str) -> Option<(i64, String)> {
    match key {
        "flow_used" => card.get("used_hundredths").map(|text| (number(text), String::new())),
        "flow_left" => card.get("left_hundredths").map(|text| (number(text), String::new())),
        // Both times are written alike, so that their texts sort as the moments do.
        column => card.get(column).map(|text| (0, text.clone())),
    }
}
