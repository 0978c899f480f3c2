//! Makes the table of the console's files from its build in `console/dist`, where there is one.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let variable = |name| PathBuf::from(env::var_os(name).expect("cargo sets it"));
    let built = variable("CARGO_MANIFEST_DIR").join("../../console/dist");
    // The folder is there before the first build, so that this runs again only when something in it changes.
    println!("cargo::rerun-if-changed={}", built.display());
    println!("cargo::rerun-if-changed=build.rs");
    let mut files = Vec::new();
    collect(&built, &mut files);
    files.sort();
    let mut table = String::from("&[\n");
    for file in &files {
        let name =
            file.strip_prefix(&built).expect("a file of the build").to_string_lossy().replace('\\', "/");
        let path = file.canonicalize().expect("a file of the build");
        writeln!(table, "    ({name:?}, include_bytes!({path:?})),").expect("a text takes all");
    }
    table.push(']');
    fs::write(variable("OUT_DIR").join("console_files.rs"), table).expect("the output folder can be written");
}

/// The files below `folder`, without what is hidden.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if path.is_dir() {
            collect(&path, files);
        } else if !hidden {
            files.push(path);
        }
    }
}
