//! Comparing bodies: ids masked where engines may number differently, members and their types listed.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

/// Members that hold an id which the server made.
const IDS: [&str; 3] = ["id", "sim_card_id", "sim_price_plan_id"];

/// The value with each id that the server made replaced by its number in the order of appearance.
pub fn without_ids(value: &Value) -> Value {
    fn walk(value: &mut Value, seen: &mut HashMap<i64, usize>) {
        match value {
            Value::Array(items) => items.iter_mut().for_each(|item| walk(item, seen)),
            Value::Object(members) => {
                for (name, member) in members {
                    if let (true, Some(id)) = (IDS.contains(&name.as_str()), member.as_i64()) {
                        let next = seen.len() + 1;
                        *member = format!("<id {}>", *seen.entry(id).or_insert(next)).into();
                    } else {
                        walk(member, seen);
                    }
                }
            }
            _ => {}
        }
    }
    let mut masked = value.clone();
    walk(&mut masked, &mut HashMap::new());
    masked
}

/// The members of an object with the JSON type of each.
pub fn members(value: &Value) -> BTreeMap<String, &'static str> {
    let object = value.as_object().expect("an object");
    object.iter().map(|(name, member)| (name.clone(), type_of(member))).collect()
}

/// The JSON type of a value, whole numbers told apart.
pub fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_i64() || number.is_u64() => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
