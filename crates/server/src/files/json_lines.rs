//! JSON lines: one object a line, its members named like the columns, taken into the same fields.

use std::ops::Range;

use serde_json::{Map, Value};

use super::row::Fault;
use super::values;

/// Takes an object apart: the text of each column's member is appended to `text`, and its range put into `spans`.
/// Lists (tags) are joined by semicolons; null is absent.
pub fn split(
    line: &str,
    columns: &'static [&'static str],
    text: &mut String,
    spans: &mut Vec<Range<usize>>,
) -> Result<(), Fault> {
    let object: Map<String, Value> = serde_json::from_str(line)
        .map_err(|error| Fault::of_line(format!("is not a JSON object: {error}")))?;
    text.clear();
    spans.clear();
    spans.resize(columns.len(), 0..0);
    for (name, value) in &object {
        let Some(column) = columns.iter().position(|known| known == name) else {
            return Err(Fault::of_line(format!(
                "has an unknown member {}; known are {}",
                values::quoted(name),
                columns.join(", ")
            )));
        };
        let start = text.len();
        append(value, text).map_err(|reason| Fault::at(columns[column], reason))?;
        spans[column] = start..text.len();
    }
    Ok(())
}

fn append(value: &Value, text: &mut String) -> Result<(), &'static str> {
    match value {
        Value::Null => {}
        Value::Bool(boolean) => text.push_str(if *boolean { "true" } else { "false" }),
        Value::Number(number) => text.push_str(&number.to_string()),
        Value::String(string) => text.push_str(string),
        Value::Array(list) => {
            for (index, item) in list.iter().enumerate() {
                let Value::String(item) = item else {
                    return Err("is a list of something else than strings");
                };
                if index > 0 {
                    text.push(';');
                }
                text.push_str(item);
            }
        }
        Value::Object(_) => return Err("is an object where a value is expected"),
    }
    Ok(())
}
