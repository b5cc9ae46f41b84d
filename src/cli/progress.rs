//! How far something is that takes long: a bar on standard error, on a terminal only.

use std::{io::IsTerminal as _, time::Duration};

use indicatif::{ProgressBar, ProgressStyle};

use crate::grpc::pb;

/// A bar for so many `what`.
pub(super) fn bar(length: usize, what: &str) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(length as u64);
    let template = format!("{{spinner}} {{bar:40}} {{human_pos}}/{{human_len}} {what}");
    if let Ok(style) = ProgressStyle::with_template(&template) {
        bar.set_style(style);
    }
    // When all is sent the server still has to take it in: something should move until then.
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

/// Moves a bar to where the server says that it is.
pub(super) fn follow(bar: &ProgressBar, pb::Progress { done, total }: pb::Progress) {
    bar.set_length(total);
    bar.set_position(done);
}
