//! The shape of the tree: which slice may use which, how long files are, what they begin with.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Lines of a file at most.
const FILE_LINES_MAX: usize = 420;
/// Folders and files of the repository that people wrote.
const TREE: &[&str] = &[
    "bench",
    "console",
    "contract",
    "crates",
    "docs",
    "examples",
    "migrations",
    "scripts",
    "tests",
    ".ci",
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "Cargo.toml",
    "clippy.toml",
];

/// The folders of the server and which of the others each may use. Modules that are a file at the root (`app`,
/// `limits`, `clock`…) may be used by all. A row that is not needed fails the test: the table may only shrink.
const ARROWS: &[(&str, &[&str])] = &[
    ("attributes", &["changes", "files", "http", "sims", "temp_files"]),
    // Rules look at cards, plans, pools and cycles, and act by orders.
    ("automation", &["changes", "http", "orders", "plans", "pools", "sims", "usage", "work_orders"]),
    ("changes", &["http"]),
    ("cli", &["demo", "files", "http", "iam", "plans", "pools", "sims", "usage"]),
    ("demo", &["attributes", "files", "iam", "plans", "pools", "sims"]),
    // The business day is a rule of the plans' cycles.
    ("files", &["plans"]),
    (
        "http",
        &[
            "attributes",
            "changes",
            "iam",
            "idempotency",
            "multi_sims",
            "operator",
            "orders",
            "overview",
            "plans",
            "policies",
            "pools",
            "sandbox",
            "sims",
            "sms",
            "southbound",
            "tags",
            "temp_files",
            "usage",
            "work_orders",
        ],
    ),
    ("iam", &["changes", "http"]),
    ("idempotency", &["http", "iam"]),
    ("multi_sims", &["http", "policies", "sims", "work_orders"]),
    ("operator", &["http", "iam", "sims", "southbound"]),
    // What is bought: for whom, what it gives them, and how their flows follow.
    ("orders", &["automation", "changes", "http", "plans", "pools", "sims", "usage"]),
    ("overview", &["http", "plans", "usage"]),
    // The plans of one card are asked for by the card.
    ("plans", &["changes", "files", "http", "sims"]),
    ("policies", &["changes", "http"]),
    ("pools", &["changes", "files", "http", "iam", "plans"]),
    ("sandbox", &["http"]),
    // A card's operations become orders; its live queries go over its link; what changes it, rules look at.
    (
        "sims",
        &[
            "attributes",
            "automation",
            "changes",
            "files",
            "http",
            "iam",
            "orders",
            "plans",
            "pools",
            "southbound",
            "tags",
            "usage",
            "work_orders",
        ],
    ),
    // What a carrier tells concerns an order or a card; an order goes over a link.
    ("southbound", &["changes", "files", "http", "plans", "sims", "sms", "work_orders"]),
    ("sms", &["changes", "http", "sims", "southbound", "temp_files"]),
    ("tags", &["changes", "files", "http", "sims", "temp_files"]),
    ("temp_files", &["files", "http", "sims"]),
    // What carriers are asked each night.
    ("usage", &["automation", "changes", "files", "http", "plans", "sims", "southbound"]),
    ("work_orders", &["changes", "http", "iam", "sims", "southbound", "temp_files"]),
];

/// Uses of another slice's store that are allowed: from, store and why.
const STORES: &[(&str, &str, &str)] = &[
    ("app.rs", "iam", LOADS),
    ("app.rs", "plans", LOADS),
    ("app.rs", "policies", LOADS),
    ("app.rs", "tags", LOADS),
    ("cli/account.rs", "iam", "makes and freezes accounts before any server runs"),
    ("cli/doctor.rs", "iam", "compares what is stored"),
    ("cli/doctor.rs", "sims", "compares what is stored"),
    ("demo/fill.rs", "attributes", "makes the demo's names"),
    ("demo/fill.rs", "iam", "makes the demo's accounts"),
    ("operator/create_key.rs", "iam", OPERATES),
    ("operator/delete_key.rs", "iam", OPERATES),
    ("operator/update_account.rs", "iam", OPERATES),
    ("operator/update_user.rs", "iam", OPERATES),
    ("pools/import.rs", "iam", NAMES),
    ("pools/import.rs", "plans", NAMES),
    ("sims/import.rs", "attributes", "names the slots that a card fills"),
    ("sims/import.rs", "iam", NAMES),
    ("sims/import.rs", "plans", NAMES),
    ("sims/import.rs", "pools", "opens a pool by its first order"),
    ("sims/import.rs", "tags", "makes the tags that a card carries"),
    ("usage/lines.rs", "sims", NAMES),
    ("usage/pull.rs", "sims", "names the cards that carriers are asked about"),
    ("usage/shares.rs", "sims", "brings the flow of cards to what they used"),
];
const OPERATES: &str = "changes accounts and users of others, which nothing else may";
const LOADS: &str = "loads what is kept in memory, in one snapshot";
const NAMES: &str = "resolves what a line names";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the repository")
}

/// Files under `folder` with one of the endings (all without any), without what tools make.
fn files(folder: &Path, endings: &[&str]) -> Vec<PathBuf> {
    const MADE_BY_TOOLS: [&str; 6] = ["target", "node_modules", "__pycache__", ".venv", "results", "dist"];
    if folder.is_file() {
        return vec![folder.to_owned()];
    }
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.expect("an entry").path();
        let name = path.file_name().and_then(|name| name.to_str()).expect("a UTF-8 name");
        if path.is_dir() {
            if !MADE_BY_TOOLS.contains(&name) {
                found.extend(files(&path, endings));
            }
        } else if endings.is_empty() || endings.iter().any(|ending| name.ends_with(ending)) {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn read(path: &Path) -> Option<String> {
    String::from_utf8(std::fs::read(path).expect("a readable file")).ok()
}

/// The path as people write it.
fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

fn server_sources() -> Vec<(String, String)> {
    let src = root().join("crates/server/src");
    let of = |path: PathBuf| {
        let name = path.strip_prefix(&src).expect("below src").display().to_string();
        (name, read(&path).expect("sources are UTF-8"))
    };
    files(&src, &[".rs"]).into_iter().map(of).collect()
}

/// The code of a file without its tests and comments.
fn code(text: &str) -> String {
    let before_tests = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    before_tests.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// The modules of the crate that a file names, as paths of two steps: `crate::tags::store` gives `tags::store`, a
/// group such as `crate::{iam, tags}` each of its own.
fn used(code: &str) -> BTreeSet<(String, String)> {
    let word = |text: &str| -> String {
        text.chars().take_while(|letter| letter.is_ascii_alphanumeric() || *letter == '_').collect()
    };
    let mut found = BTreeSet::new();
    for rest in code.split("crate::").skip(1) {
        if let Some(group) = rest.strip_prefix('{') {
            let group = group.split_once('}').map_or(group, |(group, _)| group);
            for item in group.split(',') {
                found.insert((
                    word(item.trim()),
                    word(item.trim().split_once("::").map_or("", |(_, rest)| rest)),
                ));
            }
            continue;
        }
        let first = word(rest);
        let second = rest[first.len()..].strip_prefix("::").map(word).unwrap_or_default();
        found.insert((first, second));
    }
    // What a group brought in by its own name is used as `tags::store::…`.
    for module in found.clone().into_iter().filter(|(_, second)| second.is_empty()).map(|(first, _)| first) {
        for rest in code.split(&format!("{module}::store")).skip(1) {
            if !rest.starts_with(|letter: char| letter.is_ascii_alphanumeric()) {
                found.insert((module.clone(), "store".to_owned()));
            }
        }
    }
    found
}

fn folder_of(file: &str) -> Option<&str> {
    file.split_once('/').map(|(folder, _)| folder)
}

#[test]
fn arrows_between_rooms_are_those_allowed() {
    // Shows that each folder of the server uses only the folders that its row names, and that every row is needed.
    let sources = server_sources();
    let folders: BTreeSet<&str> = sources.iter().filter_map(|(file, _)| folder_of(file)).collect();
    let mut found: BTreeSet<(String, String)> = BTreeSet::new();
    for (file, text) in &sources {
        let Some(from) = folder_of(file) else { continue };
        for (to, _) in used(&code(text)) {
            if folders.contains(to.as_str()) && to != from {
                found.insert((from.to_owned(), to));
            }
        }
    }
    let allowed: BTreeSet<(String, String)> = ARROWS
        .iter()
        .flat_map(|(from, tos)| tos.iter().map(|to| ((*from).to_owned(), (*to).to_owned())))
        .collect();
    let new: Vec<_> = found.difference(&allowed).collect();
    let unneeded: Vec<_> = allowed.difference(&found).collect();
    assert!(new.is_empty() && unneeded.is_empty(), "not allowed: {new:#?}, not needed: {unneeded:#?}");
}

#[test]
fn stores_are_their_slices_own() {
    // Shows that nobody uses the statements of another slice but where the table says so, and that each row is needed.
    let mut found = BTreeSet::new();
    for (file, text) in server_sources() {
        let from = folder_of(&file).unwrap_or(&file).to_owned();
        for (to, what) in used(&code(&text)) {
            if what == "store" && to != from {
                found.insert((file.clone(), to));
            }
        }
    }
    let allowed: BTreeSet<_> =
        STORES.iter().map(|(from, to, _)| ((*from).to_owned(), (*to).to_owned())).collect();
    assert_eq!(found, allowed);
}

#[test]
fn files_are_short_and_open_with_a_sentence() {
    // Shows that every source file says on its first line what it is for, and that none grows beyond its bound.
    for path in files(&root().join("crates"), &[".rs"]) {
        let text = read(&path).expect("sources are UTF-8");
        let (name, first) = (shown(&path), text.lines().next().unwrap_or_default());
        assert!(first.starts_with("//! ") && first.len() > 20, "{name} opens with {first:?}");
        let lines = text.lines().count();
        assert!(lines <= FILE_LINES_MAX || LONG_FILES.contains(&name.as_str()), "{name} has {lines} lines");
    }
}

/// Files that are longer all the same; may only shrink.
const LONG_FILES: &[&str] = &[];

#[test]
fn lints_are_expected_not_allowed() {
    // Shows that no source file switches a lint off without saying why, or uses unsafe code.
    let (allow, unsafe_block) = (concat!("#[", "allow"), concat!("unsafe", " {"));
    for path in files(&root().join("crates"), &[".rs"]) {
        let text = read(&path).expect("sources are UTF-8");
        let name = shown(&path);
        assert!(!text.contains(allow) && !text.contains(&allow.replace('[', "![")), "{name} allows a lint");
        assert!(!text.contains(unsafe_block), "{name} is unsafe");
        for expect in text.split(concat!("#[", "expect")).skip(1) {
            let attribute = expect.split_once(")]").map_or(expect, |(attribute, _)| attribute);
            assert!(attribute.contains("reason"), "{name} expects a lint without a reason: {attribute}");
        }
    }
}

#[test]
fn migrations_say_what_and_why() {
    // Shows that migrations are numbered in four digits, each its own, and open with a line that says what they are for.
    let files = files(&root().join("migrations"), &[".sql"]);
    assert!(!files.is_empty());
    let mut numbers = BTreeSet::new();
    for path in &files {
        let name = path.file_name().and_then(|name| name.to_str()).expect("a name");
        let (number, _) = name.split_once('_').expect("a number");
        assert!(number.len() == 4 && number.bytes().all(|byte| byte.is_ascii_digit()), "{name}");
        assert!(numbers.insert(number.to_owned()), "{name} is the second of its number");
        let text = read(path).expect("UTF-8");
        let first = text.lines().next().unwrap_or_default();
        assert!(first.starts_with(&format!("-- {number} ")) && first.len() > 30, "{name}: {first}");
    }
}

#[test]
fn the_tree_speaks_of_the_product_alone() {
    // Shows that no file names a path of somebody's machine, keeps a note to do something later, or mixes line ends.
    let forbidden = [
        concat!("/ho", "me/"),
        concat!("/ro", "ot/"),
        concat!("/wo", "rk/"),
        concat!("/Us", "ers/"),
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("XX", "X:"),
        "\r\n",
    ];
    let mut looked_at = 0;
    for path in TREE.iter().flat_map(|name| files(&root().join(name), &[])) {
        let Some(text) = read(&path) else { continue };
        looked_at += 1;
        for text_of in forbidden {
            assert!(!text.contains(text_of), "{} contains {text_of:?}", shown(&path));
        }
    }
    assert!(looked_at > 100, "only {looked_at} files");
}
