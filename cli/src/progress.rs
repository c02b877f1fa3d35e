//! The progress bar, on a terminal only.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar of so many steps on stderr; hidden unless `shown`.
pub(crate) fn bar(count: usize, shown: bool, color: bool) -> ProgressBar {
    let target = if shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let bar = ProgressBar::with_draw_target(Some(count as u64), target);
    let template =
        if color { "{bar:30.green/dim} {pos}/{len} {elapsed}" } else { "{bar:30} {pos}/{len} {elapsed}" };
    if let Ok(look) = ProgressStyle::with_template(template) {
        bar.set_style(look.progress_chars("━━─"));
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
