//! The `simlink` command.

fn main() -> std::process::ExitCode {
    simlink::cli::run()
}
