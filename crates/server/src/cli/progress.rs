//! Progress bars on long work; silent where standard error is no terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// A bar up to `total` units, drawn with `template`.
fn bar(total: u64, template: &str) -> ProgressBar {
    let bar = ProgressBar::new(total);
    // The template is a constant of this file: it parses.
    bar.set_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

/// A bar over the bytes of a file.
pub(super) fn bytes(what: &str, total: u64) -> ProgressBar {
    let bar = bar(total, "{msg} {wide_bar} {bytes}/{total_bytes} {eta}");
    bar.set_message(what.to_owned());
    bar
}

/// A bar over so many cards.
pub(super) fn cards(what: &str, total: u64) -> ProgressBar {
    let bar = bar(total, "{msg} {wide_bar} {human_pos}/{human_len} cards {eta}");
    bar.set_message(what.to_owned());
    bar
}

/// A count of cards whose total nobody knows yet.
pub(super) fn count(what: &str) -> ProgressBar {
    let bar = ProgressBar::no_length();
    bar.set_style(
        ProgressStyle::with_template("{spinner} {msg} {human_pos} cards")
            .unwrap_or_else(|_| ProgressStyle::default_spinner()),
    );
    bar.set_message(what.to_owned());
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
