//! What a server answers, as a table, JSON or CSV.

use std::io::Write;

use anyhow::Result;
use clap::{Arg, ArgMatches};
use serde_json::{Map, Value};

/// How an answer is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Table,
    Json,
    Csv,
}

impl Form {
    /// The flag that chooses it.
    pub fn argument() -> Arg {
        Arg::new("output")
            .short('o')
            .long("output")
            .value_parser(["table", "json", "csv"])
            .default_value("table")
            .help("How the answer is printed")
    }

    /// What the flag chose.
    pub fn of(matches: &ArgMatches) -> Self {
        match matches.get_one::<String>("output").map(String::as_str) {
            Some("json") => Self::Json,
            Some("csv") => Self::Csv,
            _ => Self::Table,
        }
    }

    /// Prints an answer with these columns; none named are all that are no lists or objects.
    ///
    /// # Errors
    /// When nobody takes it.
    pub fn print(self, answer: &Value, columns: &[&str]) -> Result<()> {
        let mut out = std::io::stdout().lock();
        match (self, answer) {
            (Self::Json, answer) => writeln!(out, "{answer:#}")?,
            (_, Value::Null) => {}
            (form, answer) => {
                let rows = rows(answer);
                let columns = columns_of(&rows, columns);
                let lines: Vec<Vec<String>> = rows
                    .iter()
                    .map(|row| columns.iter().map(|column| cell(row.get(column.as_str()))).collect())
                    .collect();
                out.write_all(form.text(&columns, &lines).as_bytes())?;
            }
        }
        Ok(())
    }

    fn text(self, columns: &[String], lines: &[Vec<String>]) -> String {
        let all = std::iter::once(columns).chain(lines.iter().map(Vec::as_slice));
        if self == Self::Csv {
            return all
                .map(|line| line.iter().map(|cell| quoted(cell)).collect::<Vec<_>>().join(",") + "\n")
                .collect();
        }
        let width = |column: usize| {
            let cells = all.clone().map(|line| line[column].chars().count());
            cells.max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns.len()).map(width).collect();
        let line = |line: &[String]| {
            let cells: Vec<String> =
                line.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
            cells.join("  ").trim_end().to_owned() + "\n"
        };
        all.map(line).collect()
    }
}

/// The rows of a list, to be taken out or added to.
pub fn rows_mut(answer: &mut Value) -> Option<&mut Vec<Value>> {
    match answer {
        Value::Array(rows) => Some(rows),
        Value::Object(members) => members.values_mut().find_map(Value::as_array_mut),
        _ => None,
    }
}

/// The lines that an answer makes: those of its list, or itself; a row with a list of its own makes a line of each.
fn rows(answer: &Value) -> Vec<Map<String, Value>> {
    let list = match answer {
        Value::Array(rows) => Some(rows),
        Value::Object(members) => members.values().find_map(Value::as_array),
        _ => None,
    };
    let objects = match list {
        Some(list) => list.iter().filter_map(Value::as_object).collect(),
        None => answer.as_object().into_iter().collect::<Vec<_>>(),
    };
    objects.into_iter().flat_map(unfolded).collect()
}

fn unfolded(row: &Map<String, Value>) -> Vec<Map<String, Value>> {
    let inner = row.values().filter_map(Value::as_array).find(|list| list.iter().any(Value::is_object));
    let Some(inner) = inner else { return vec![row.clone()] };
    let merged = |element: &Map<String, Value>| {
        let mut line = row.clone();
        line.extend(element.iter().map(|(name, value)| (name.clone(), value.clone())));
        line
    };
    inner.iter().filter_map(Value::as_object).map(merged).collect()
}

fn columns_of(rows: &[Map<String, Value>], wanted: &[&str]) -> Vec<String> {
    if !wanted.is_empty() {
        return wanted.iter().map(|column| (*column).to_owned()).collect();
    }
    let plain =
        |(name, value): (&String, &Value)| (!value.is_object() && !value.is_array()).then(|| name.clone());
    rows.first().map(|row| row.iter().filter_map(plain).collect()).unwrap_or_default()
}

fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
    }
}

/// A cell of CSV; what a spreadsheet would take for a formula is made a text.
fn quoted(cell: &str) -> String {
    let formula =
        cell.starts_with(['=', '@']) || (cell.starts_with(['+', '-']) && cell.parse::<f64>().is_err());
    let cell = if formula { format!("'{cell}") } else { cell.to_owned() };
    if cell.contains([',', '"', '\n', '\r']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn text(form: Form, answer: &Value, columns: &[&str]) -> String {
        let rows = rows(answer);
        let columns = columns_of(&rows, columns);
        let lines: Vec<Vec<String>> = rows
            .iter()
            .map(|row| columns.iter().map(|column| cell(row.get(column.as_str()))).collect())
            .collect();
        form.text(&columns, &lines)
    }

    /// Shows a list as a table and as CSV, a single answer, and a row that has rows of its own.
    #[test]
    fn answers_are_lines() {
        let list =
            json!({"count": 2, "tags": [{"id": 1, "tag_name": "a,\"b\""}, {"id": 22, "tag_name": null}]});
        assert_eq!(text(Form::Table, &list, &["id", "tag_name"]), "id  tag_name\n1   a,\"b\"\n22\n");
        assert_eq!(text(Form::Csv, &list, &["id", "tag_name"]), "id,tag_name\n1,\"a,\"\"b\"\"\"\n22,\n");
        assert_eq!(text(Form::Csv, &json!({"work_order_id": 7}), &[]), "work_order_id\n7\n");
        let nested =
            json!({"usages": [{"id": 1, "flows": [{"cycle": "a", "mb": 1.5}, {"cycle": "b", "mb": 2}]}]});
        assert_eq!(text(Form::Csv, &nested, &["id", "cycle", "mb"]), "id,cycle,mb\n1,a,1.5\n1,b,2\n");
    }

    /// Shows that no cell of CSV is a formula to a spreadsheet, and that numbers stay numbers.
    #[test]
    fn cells_are_no_formulas() {
        for (given, written) in
            [("=1+1", "'=1+1"), ("-1", "-1"), ("+x", "'+x"), ("@a", "'@a"), ("plain", "plain")]
        {
            assert_eq!(quoted(given), written);
        }
    }
}
