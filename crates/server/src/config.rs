//! Configuration: a TOML file, every key of which an environment variable `SIMLINK_…` may override.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Deserialize;
use simlink_carriers::LinkLimits;
use simlink_carriers::simulator::Knobs;

use crate::http::flow_control::Allowances;
use crate::http::listener::Limits;
use crate::limits;

/// What the server runs with. `docs/operating.md` explains each key.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where to listen.
    pub listen: SocketAddr,
    /// `sqlite://PATH` or `postgres://…`.
    pub database: String,
    /// Where files of the process live: the master key, an SQLite database without a path of its own.
    pub data_dir: PathBuf,
    /// The file of the master key; `master.key` in [`Config::data_dir`] by default, made on first start.
    pub master_key_file: Option<PathBuf>,
    /// TLS; plain HTTP without it.
    pub tls: Option<Tls>,
    /// Requests a second of one user unless the account has its own; `None` switches flow control off.
    #[serde(deserialize_with = "flow_control")]
    pub flow_control: Option<Allowances>,
    /// Whether a new token ends the user's earlier ones (seed 3.2 says so).
    pub single_token: bool,
    /// Whether pending migrations are applied at start.
    pub migrate: bool,
    /// Tags that an account may have.
    pub tags_per_account_max: usize,
    /// Threads for long scans of the fleet; 0 takes half of the cores.
    pub scan_threads: usize,
    /// How log lines look.
    pub log: Log,
    /// Timers and caps of the connections.
    pub connections: Limits,
    /// Where clients and gateways reach the server from outside; `http://` and the listening address by default.
    pub public_url: Option<String>,
    /// The ways to the carriers, by name.
    pub carriers: BTreeMap<String, CarrierConfig>,
    /// Types of work orders that an operator must approve, unless the account says otherwise.
    pub reviewed_types: Vec<u8>,
    /// Whether the clock and simulated carriers may be moved (`/ops/v1/sandbox/…`).
    pub sandbox: bool,
    /// Days for which the change log is kept.
    pub change_retention_days: u32,
    /// Whether this process carries out jobs; one that only answers requests does not.
    pub jobs: bool,
    /// Whether rules stop, resume and activate cards (`automation/`).
    pub automation: bool,
    /// Days that a card is kept after its plan ended before it is disassembled.
    pub retention_days: u32,
}

/// A way to a carrier: through a gateway, or to a simulated one.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CarrierConfig {
    /// The contract's numbers of the carriers it leads to; none named serves all that no other way leads to.
    pub serves: Vec<u16>,
    /// Rate, calls at once, time-out, breaker.
    pub limits: LinkLimits,
    /// The carrier's gateway.
    pub gateway: Option<GatewayConfig>,
    /// A simulated carrier with these faults; `{}` is a perfect one.
    pub simulator: Option<Knobs>,
    /// Whether it is asked each night what its cards used, and when it says that some used something.
    pub usage: bool,
    /// Where the simulated carrier writes what it did.
    pub journal: Option<PathBuf>,
}

/// A carrier's gateway.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GatewayConfig {
    /// `https://host[:port][/path]`; plain http on loopback addresses only.
    pub url: String,
    /// The name of the key that both sides sign with.
    pub key: String,
    /// The key itself.
    pub secret: String,
    /// The certificates to trust, in PEM.
    pub trust: Option<PathBuf>,
}

/// Without the secret.
impl fmt::Debug for GatewayConfig {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("GatewayConfig").field("url", &self.url).field("key", &self.key).finish()
    }
}

/// Certificate and key, in PEM.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// The chain, the server's own certificate first.
    pub certificate: PathBuf,
    /// The private key.
    pub private_key: PathBuf,
}

/// The form of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Log {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8780)),
            database: String::new(),
            data_dir: PathBuf::from("data"),
            master_key_file: None,
            tls: None,
            flow_control: Some(Allowances::default()),
            single_token: true,
            migrate: true,
            tags_per_account_max: limits::TAGS_PER_ACCOUNT_MAX,
            scan_threads: 0,
            log: Log::Json,
            connections: Limits::default(),
            public_url: None,
            carriers: BTreeMap::new(),
            reviewed_types: Vec::new(),
            sandbox: false,
            change_retention_days: 30,
            jobs: true,
            automation: true,
            retention_days: limits::RETENTION_DAYS,
        }
    }
}

/// `flow_control = false` switches it off, a table sets the figures.
fn flow_control<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Allowances>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Form {
        Switch(bool),
        Figures(Allowances),
    }
    Ok(match Form::deserialize(deserializer)? {
        Form::Switch(false) => None,
        Form::Switch(true) => Some(Allowances::default()),
        Form::Figures(figures) => Some(figures),
    })
}

impl Config {
    /// Reads `file` (if one is named), then the environment.
    ///
    /// # Errors
    /// A file that cannot be read, a key that does not exist, a value that does not fit: each named.
    pub fn load(file: Option<&Path>) -> Result<Self> {
        let mut table = match file {
            Some(file) => {
                let text = std::fs::read_to_string(file)
                    .with_context(|| format!("cannot read {}", file.display()))?;
                text.parse::<toml::Table>().with_context(|| format!("{} is not TOML", file.display()))?
            }
            None => toml::Table::new(),
        };
        for (name, value) in std::env::vars() {
            // SIMLINK_CONFIG names the file itself, SIMLINK_TEST_… belongs to the tests.
            if let Some(key) = name.strip_prefix("SIMLINK_")
                && key != "CONFIG"
                && !key.starts_with("TEST_")
            {
                set(&mut table, &key.to_lowercase(), &value);
            }
        }
        Self::from_table(table)
    }

    fn from_table(table: toml::Table) -> Result<Self> {
        let mut config: Self =
            toml::Value::Table(table).try_into().context("the configuration does not fit")?;
        if config.database.is_empty() {
            config.database = format!("sqlite://{}", config.data_dir.join("simlink.sqlite").display());
        }
        if config.scan_threads == 0 {
            config.scan_threads =
                std::thread::available_parallelism().map_or(1, |cores| cores.get() / 2).max(1);
        }
        Ok(config)
    }

    /// The defaults of a demo: a database in `data_dir`, log lines for people, flow control off.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn demo(data_dir: &Path, database: Option<String>) -> Result<Self> {
        let mut table = toml::Table::new();
        table.insert("data_dir".to_owned(), data_dir.display().to_string().into());
        table.insert("flow_control".to_owned(), false.into());
        table.insert("log".to_owned(), "text".into());
        table.insert("sandbox".to_owned(), true.into());
        table.insert("carriers".to_owned(), DEMO_CARRIERS.parse::<toml::Table>()?.into());
        if let Some(database) = database {
            table.insert("database".to_owned(), database.into());
        }
        Self::from_table(table)
    }

    /// The address that the server is reached by from outside.
    pub fn public_url(&self) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        self.public_url.clone().unwrap_or_else(|| format!("{scheme}://{}", self.listen))
    }

    /// Where the master key is kept.
    pub fn master_key_path(&self) -> PathBuf {
        self.master_key_file.clone().unwrap_or_else(|| self.data_dir.join("master.key"))
    }
}

/// The carriers of a demo: simulated ones that answer after a moment.
const DEMO_CARRIERS: &str = "\
[china-mobile]
serves = [1]
simulator = { latency_ms = 200, latency_jitter_ms = 200 }
limits = { calls_per_second = 0, burst = 100, concurrency = 32 }
[china-telecom]
serves = [2]
simulator = { latency_ms = 200, latency_jitter_ms = 200 }
limits = { calls_per_second = 0, burst = 100, concurrency = 32 }
[china-unicom]
serves = [3]
simulator = { latency_ms = 200, latency_jitter_ms = 200 }
limits = { calls_per_second = 0, burst = 100, concurrency = 32 }
[overseas]
simulator = { latency_ms = 400, latency_jitter_ms = 400 }
limits = { calls_per_second = 0, burst = 100, concurrency = 32 }
";

/// Sets `a__b` as the key `b` of the table `a`. A value that reads as TOML (a number, a boolean) is taken as such,
/// anything else as text.
fn set(table: &mut toml::Table, key: &str, value: &str) {
    if let Some((outer, inner)) = key.split_once("__") {
        let nested = table.entry(outer).or_insert_with(|| toml::Table::new().into());
        if let Some(nested) = nested.as_table_mut() {
            set(nested, inner, value);
        }
        return;
    }
    let parsed =
        format!("value = {value}").parse::<toml::Table>().ok().and_then(|mut parsed| parsed.remove("value"));
    let value = match parsed {
        Some(value @ (toml::Value::Integer(_) | toml::Value::Boolean(_))) => value,
        _ => toml::Value::String(value.to_owned()),
    };
    table.insert(key.to_owned(), value);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Config> {
        Config::from_table(text.parse()?)
    }

    /// Shows the defaults, the forms of flow control, nested keys from the environment, and that a misspelt key is
    /// named instead of ignored.
    #[test]
    fn reads_and_refuses() {
        let config = read("").expect("the defaults fit");
        assert_eq!(config.database, "sqlite://data/simlink.sqlite");
        assert_eq!(config.flow_control, Some(Allowances::default()));
        assert_eq!(read("flow_control = false").expect("fits").flow_control, None);
        let figures = read("[flow_control]\neverything = 50").expect("fits").flow_control.expect("on");
        assert_eq!((figures.everything, figures.list_sim_cards), (50, 1));

        let error = format!("{:#}", read("lissten = '127.0.0.1:1'").expect_err("unknown key"));
        assert!(error.contains("lissten"), "{error}");

        let mut table = toml::Table::new();
        set(&mut table, "listen", "127.0.0.1:9000");
        set(&mut table, "flow_control__everything", "7");
        set(&mut table, "single_token", "false");
        let config = Config::from_table(table).expect("fits");
        assert_eq!(config.listen.port(), 9000);
        assert_eq!(config.flow_control.expect("on").everything, 7);
        assert!(!config.single_token);
    }
}
