//! From an operation's declared parameters to a command's flags, and from what was given back to a request.

use anyhow::{Context, Result, bail};
use axum::http::Method;
use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::{Map, Value, json};

use super::answer::Form;
use super::connection::Connection;
use super::specs::{self, Spec};
use super::{common, operation};
use crate::http::parameter::{Kind, Parameter, Place};

/// The cards that a command is about, by id or ICCID.
const CARDS: &str = "CARD";
/// Body members that name cards.
const IDS: &str = "sim_card_ids";
const ICCIDS: [&str; 2] = ["iccids", "iccid"];
/// The one card in a path.
const CARD_IN_PATH: &str = "sim_card_id";
/// The shortest ICCID; ids are shorter.
const ICCID_CHARS: usize = 18;

/// A request as it is sent.
pub struct Request {
    pub method: Method,
    path: String,
    query: Vec<(String, String)>,
    body: Map<String, Value>,
}

impl Request {
    /// A request without a body.
    pub fn get(path: &str) -> Self {
        Self { method: Method::GET, path: path.to_owned(), query: Vec::new(), body: Map::new() }
    }

    /// Sets a parameter of the query.
    pub fn set_query(&mut self, name: &str, value: &str) {
        self.query.retain(|(known, _)| known != name);
        self.query.push((name.to_owned(), value.to_owned()));
    }

    /// The path with its query.
    pub fn target(&self) -> String {
        let pairs: Vec<String> =
            self.query.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        if pairs.is_empty() { self.path.clone() } else { format!("{}?{}", self.path, pairs.join("&")) }
    }

    /// The body: none for a read.
    pub fn body(&self) -> String {
        if self.method == Method::GET { String::new() } else { Value::Object(self.body.clone()).to_string() }
    }
}

/// A value as it stands in a query or path.
fn encoded(value: &str) -> String {
    percent_encoding::utf8_percent_encode(value, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// Whether the operation names cards in its body by ids or ICCIDs: the command then takes them as they come.
fn names_cards(parameters: &[Parameter]) -> bool {
    let named = |name: &str| {
        parameters.iter().any(|parameter| parameter.name == name && parameter.place == Place::Body)
    };
    named(IDS) && ICCIDS.into_iter().any(named)
}

fn searched_by_type(parameters: &[Parameter]) -> bool {
    parameters.iter().any(|parameter| parameter.name == "main_search_type")
}

/// The command of a spec.
pub fn command(spec: &Spec) -> Command {
    let operation = operation(spec);
    let parameters = operation.parameters;
    let name = spec.words.rsplit(' ').next().unwrap_or(spec.words).to_owned();
    let mut command = common(Command::new(name).about(operation.summary)).arg(Form::argument());
    for parameter in parameters {
        let by_cards = names_cards(parameters) && (parameter.name == IDS || ICCIDS.contains(&parameter.name));
        let iccid_of_path =
            parameter.name == "iccid" && parameters.iter().any(|other| other.name == CARD_IN_PATH);
        let unspoken = parameter.place == Place::Header || matches!(parameter.kind, Kind::Objects(..));
        if by_cards || iccid_of_path || unspoken {
            continue;
        }
        command = command.arg(argument(parameter, searched_by_type(parameters)));
    }
    if names_cards(parameters) {
        let cards = Arg::new(CARDS).num_args(0..).help("Cards by id or ICCID");
        command = command.arg(cards);
    }
    if parameters.iter().any(|parameter| parameter.name == "offset") {
        let all = Arg::new("all").long("all").action(ArgAction::SetTrue).conflicts_with("offset");
        command = command.arg(all.help("Every page"));
    }
    if parameters.iter().any(|parameter| parameter.name == "dry_run") {
        let wait = Arg::new("wait").long("wait").action(ArgAction::SetTrue).conflicts_with("dry_run");
        command = command.arg(wait.help("Follows the order to its end"));
    }
    command
}

fn argument(parameter: &Parameter, searched_by_type: bool) -> Arg {
    let arg = Arg::new(parameter.name);
    let mut about = parameter.about.to_owned();
    let words = specs::words(parameter.name);
    if !words.is_empty() {
        let list: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        about = format!("{about} [{}]", list.join(", "));
    }
    if parameter.place == Place::Path {
        return arg.required(true).value_name(parameter.name.to_uppercase()).help(about);
    }
    let arg =
        arg.long(specs::flag(parameter.name, searched_by_type)).help(about).required(parameter.required);
    match parameter.kind {
        Kind::Boolean => arg.num_args(0..=1).default_missing_value("true").value_parser(["true", "false"]),
        Kind::Integers(_) | Kind::Texts(_) => arg.action(ArgAction::Append).value_delimiter(','),
        Kind::Choice(choices) => arg.value_parser(choices.to_vec()),
        _ => arg.allow_hyphen_values(true),
    }
}

/// The request that was asked for.
///
/// # Errors
/// A tag of a name that there is none of, or what the server says when it is asked for it.
pub async fn request(connection: &Connection, spec: &Spec, matches: &ArgMatches) -> Result<Request> {
    let operation = operation(spec);
    let mut request = Request {
        method: operation.method.clone(),
        path: operation.path.to_owned(),
        query: Vec::new(),
        body: Map::new(),
    };
    for parameter in operation.parameters {
        let Ok(Some(given)) = matches.try_get_many::<String>(parameter.name) else { continue };
        let mut values = Vec::new();
        for value in given {
            values.push(number(connection, parameter.name, value).await?);
        }
        match parameter.place {
            Place::Path => put_in_path(&mut request, parameter, &values[0]),
            Place::Header => {}
            Place::Query => {
                for value in values {
                    request.query.push((parameter.name.to_owned(), value));
                }
            }
            Place::Body => {
                let list = matches!(parameter.kind, Kind::Integers(_) | Kind::Texts(_));
                let value = if list { json!(values) } else { json!(values[0]) };
                request.body.insert(parameter.name.to_owned(), value);
            }
        }
    }
    if names_cards(operation.parameters) {
        put_cards(&mut request, operation.parameters, matches)?;
    }
    Ok(request)
}

/// A word of the parameter as its number: of its own words, or a tag by its name.
async fn number(connection: &Connection, parameter: &str, value: &str) -> Result<String> {
    if let Some((_, number)) = specs::words(parameter).iter().find(|(word, _)| *word == value) {
        return Ok((*number).to_owned());
    }
    let is_number = value.bytes().all(|byte| byte.is_ascii_digit());
    if !matches!(parameter, "tag_id" | "tag_ids") || is_number {
        return Ok(value.to_owned());
    }
    let mut tags = Request::get("/v1/tags");
    tags.set_query("tag_name", value);
    tags.set_query("limit", "500");
    let found = connection.ask(&tags).await?;
    let named = found["tags"].as_array().into_iter().flatten().find(|tag| tag["tag_name"] == value);
    let id = named.and_then(|tag| tag["id"].as_i64()).with_context(|| format!("no tag is called {value}"))?;
    Ok(id.to_string())
}

/// A card in the path may be named by its ICCID: then its id is 0.
fn put_in_path(request: &mut Request, parameter: &Parameter, value: &str) {
    let (mut value, is_iccid) = (value, parameter.name == CARD_IN_PATH && value.len() >= ICCID_CHARS);
    if is_iccid {
        match request.method {
            Method::GET => request.set_query("iccid", value),
            _ => drop(request.body.insert("iccid".to_owned(), json!(value))),
        }
        value = "0";
    }
    request.path = request.path.replace(&format!("{{{}}}", parameter.name), &encoded(value));
}

fn put_cards(request: &mut Request, parameters: &[Parameter], matches: &ArgMatches) -> Result<()> {
    let cards: Vec<&String> = matches.get_many::<String>(CARDS).into_iter().flatten().collect();
    let (iccids, ids): (Vec<&String>, Vec<&String>) =
        cards.into_iter().partition(|card| card.len() >= ICCID_CHARS);
    match (ids.is_empty(), iccids.is_empty()) {
        (true, true) => {}
        (false, true) => drop(request.body.insert(IDS.to_owned(), json!(ids))),
        (true, false) => {
            let declared = |name: &&str| parameters.iter().any(|parameter| parameter.name == *name);
            let name = ICCIDS.into_iter().find(|name| declared(name)).unwrap_or(ICCIDS[0]);
            request.body.insert(name.to_owned(), json!(iccids));
        }
        (false, false) => bail!("name the cards by their ids or by their ICCIDs, not by both"),
    }
    Ok(())
}
