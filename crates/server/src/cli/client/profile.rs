//! Profiles: a server's address and an access key under a name, in a file that nobody else may read.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::{Arg, ArgMatches, Command};
use serde::{Deserialize, Serialize};

use super::arguments::Request;
use super::common;
use super::connection::Connection;

/// A server and a key.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// The server, `http(s)://host[:port]`.
    pub endpoint: String,
    /// The public part of the access key.
    pub access_key: String,
    /// Its secret part.
    pub secret_key: String,
    /// The certificates that an https server is trusted by, in PEM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trust: Option<PathBuf>,
    /// The language of error messages: `en-us` (the default) or `zh-cn`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    language: Option<String>,
}

impl Profile {
    /// The language of error messages.
    pub fn language(&self) -> &str {
        self.language.as_deref().unwrap_or("en-us")
    }
}

/// Where profiles are kept.
pub fn file_argument() -> Arg {
    Arg::new("profiles")
        .long("profiles")
        .env("SIMLINK_PROFILES")
        .value_name("FILE")
        .help("Where profiles are kept [default: .config/simlink/profiles.toml in the home directory]")
}

/// `simlink login`.
pub fn login_command() -> Command {
    common(Command::new("login").about("Keeps a server's address and an access key under a profile's name"))
        .after_help(
            "Example:\n  simlink login --endpoint https://sims.example.com --access-key AK... --trust ca.pem < secret\n  \
             simlink sims list --status in-use --tag cold-chain -o csv",
        )
        .arg(Arg::new("endpoint").long("endpoint").required(true).help("http(s)://host[:port]"))
        .arg(Arg::new("access-key").long("access-key").required(true).help("The key's public part"))
        .arg(
            Arg::new("secret-key")
                .long("secret-key")
                .env("SIMLINK_SECRET_KEY")
                .hide_env_values(true)
                .help("The key's secret part [default: the first line of standard input]"),
        )
        .arg(Arg::new("trust").long("trust").value_name("FILE").help("Certificates (PEM) that https is trusted by"))
        .arg(Arg::new("language").long("language").help("The language of error messages, en-us or zh-cn"))
}

/// Tries a key and keeps it.
///
/// # Errors
/// A server that cannot be reached or refuses the key, a file that cannot be written.
pub async fn login(matches: &ArgMatches) -> Result<ExitCode> {
    let text = |name: &str| matches.get_one::<String>(name).cloned();
    let secret_key = match text("secret-key") {
        Some(secret) => secret,
        None => std::io::stdin().lines().next().context("no secret key on standard input")??,
    };
    let profile = Profile {
        endpoint: text("endpoint").unwrap_or_default().trim_end_matches('/').to_owned(),
        access_key: text("access-key").unwrap_or_default(),
        secret_key: secret_key.trim().to_owned(),
        trust: text("trust").map(PathBuf::from),
        language: text("language"),
    };
    Connection::of(profile.clone())?.ask(&Request::get("/v1/tags")).await.context("the key was not taken")?;
    let (path, name) = (path(matches)?, name(matches));
    let mut profiles = load(&path)?;
    profiles.insert(name.clone(), profile);
    save(&path, &profiles)?;
    println!("Kept as profile {name} in {}", path.display());
    Ok(ExitCode::SUCCESS)
}

/// The profile that the flags name.
///
/// # Errors
/// There is none of this name, or the file cannot be read.
pub fn read(matches: &ArgMatches) -> Result<Profile> {
    let (path, name) = (path(matches)?, name(matches));
    match load(&path)?.remove(&name) {
        Some(profile) => Ok(profile),
        None => bail!("no profile {name} in {}: make one with `simlink login`", path.display()),
    }
}

fn name(matches: &ArgMatches) -> String {
    matches.get_one::<String>("profile").cloned().unwrap_or_default()
}

fn path(matches: &ArgMatches) -> Result<PathBuf> {
    if let Some(path) = matches.get_one::<String>("profiles") {
        return Ok(PathBuf::from(path));
    }
    let home = std::env::home_dir().context("no home directory: name the file with --profiles")?;
    Ok(home.join(".config/simlink/profiles.toml"))
}

fn load(path: &Path) -> Result<BTreeMap<String, Profile>> {
    match std::fs::read_to_string(path) {
        Ok(text) => {
            toml::from_str(&text).with_context(|| format!("{} is no file of profiles", path.display()))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(BTreeMap::new()),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

/// Writes the file anew beside the old one, for its owner alone.
fn save(path: &Path, profiles: &BTreeMap<String, Profile>) -> Result<()> {
    let failed = || format!("cannot write {}", path.display());
    if let Some(directory) = path.parent() {
        std::fs::create_dir_all(directory).with_context(failed)?;
    }
    let new = path.with_extension("new");
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&new).with_context(failed)?;
    file.write_all(toml::to_string(profiles)?.as_bytes()).with_context(failed)?;
    file.sync_all().with_context(failed)?;
    std::fs::rename(&new, path).with_context(failed)
}
