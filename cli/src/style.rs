//! How text is shown: colours only on a terminal that wants them, widths by the terminal.

use std::ffi::OsString;
use std::io::IsTerminal;

use crate::config::Environment;

/// How text is shown on one output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Whether colours are used.
    pub color: bool,
    /// Whether it is a terminal: only then lines may be drawn over.
    pub terminal: bool,
    /// Characters in a line; `usize::MAX` where nothing wraps.
    pub width: usize,
}

/// What a piece of text is, as far as its look goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Important.
    Strong,
    /// Less important.
    Faint,
    /// Good.
    Good,
    /// Bad.
    Bad,
    /// To be looked at.
    Warn,
    /// Words that are flagged.
    Marked,
}

impl Style {
    /// No colours, no width.
    pub const PLAIN: Self = Self { color: false, terminal: false, width: usize::MAX };

    /// The style of standard output. `NO_COLOR` (no-color.org) and `TERM=dumb` switch colours off, `CLICOLOR_FORCE` on.
    #[must_use]
    pub fn of_stdout(environment: &Environment) -> Self {
        Self::of(std::io::stdout().is_terminal(), environment)
    }

    fn of(terminal: bool, environment: &Environment) -> Self {
        let set = |name: &str| environment.get(&OsString::from(name)).is_some_and(|value| !value.is_empty());
        let dumb = environment.get(&OsString::from("TERM")).is_some_and(|term| term == "dumb");
        let forced = set("CLICOLOR_FORCE");
        let width = if terminal { usize::from(console::Term::stdout().size().1) } else { usize::MAX };
        Self { color: !set("NO_COLOR") && (forced || (terminal && !dumb)), terminal, width: width.max(40) }
    }

    /// The text, looking so.
    #[must_use]
    pub fn paint(&self, look: Look, text: &str) -> String {
        if !self.color || text.is_empty() {
            return text.to_owned();
        }
        let code = match look {
            Look::Strong => "1",
            Look::Faint => "2",
            Look::Good => "32",
            Look::Bad => "31",
            Look::Warn => "33",
            Look::Marked => "1;4;31",
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }
}

/// The text, cut to that many characters, with an ellipsis when something is missing.
#[must_use]
pub fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let mut out: String = text.chars().take(width.saturating_sub(1)).collect();
    out.truncate(out.trim_end().len());
    out.push('…');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn color(terminal: bool, variables: &[(&str, &str)]) -> bool {
        let environment = variables.iter().map(|(name, value)| (name.into(), value.into())).collect();
        Style::of(terminal, &environment).color
    }

    #[test]
    fn colours_are_for_terminals_that_want_them() {
        assert!(color(true, &[]) && !color(false, &[]));
        assert!(!color(true, &[("NO_COLOR", "1")]) && color(true, &[("NO_COLOR", "")]));
        assert!(!color(true, &[("TERM", "dumb")]));
        assert!(
            color(false, &[("CLICOLOR_FORCE", "1")])
                && !color(false, &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")])
        );
    }

    #[test]
    fn cutting_counts_characters_and_says_that_it_cut() {
        assert_eq!(cut("naïve", 5), "naïve");
        assert_eq!(cut("naïve idea", 7), "naïve…");
        assert_eq!(Style::PLAIN.paint(Look::Bad, "x"), "x");
    }
}
