//! `a op b = c` and "x% of y is z", recomputed.

use std::sync::LazyLock;

use regex::{Captures, Match, Regex};

/// A calculation shown in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Equation {
    /// First byte of the result.
    pub start: usize,
    /// One past its last byte.
    pub end: usize,
    /// Whether the result is right, as it is rounded.
    pub holds: bool,
}

/// Digits with optional currency, sign of thousands, decimals and percent.
const NUMBER: &str = r"[$€£]?[ \t]?[0-9][0-9,]*(?:\.[0-9]+)?[ \t]?%?";

static EQUATION: LazyLock<Regex> = LazyLock::new(|| {
    let operator = r"(?:[+\-−–*×x/÷]|plus|minus|times|divided[ \t]by|multiplied[ \t]by)";
    let pattern = format!(
        r"(?i)(?P<left>{NUMBER}(?:[ \t]*{operator}[ \t]*{NUMBER})+)[ \t]*(?P<equals>=|≈|equals|is[ \t]equal[ \t]to|comes[ \t]to)[ \t]*(?P<about>about[ \t]|approximately[ \t]|roughly[ \t]|~[ \t]?)?(?P<right>{NUMBER})"
    );
    Regex::new(&pattern).expect("a constant pattern")
});

static SHARE: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = format!(
        r"(?i)(?P<percent>[0-9]+(?:\.[0-9]+)?)[ \t]?(?:%|percent)[ \t]of[ \t](?P<whole>{NUMBER})[ \t]+(?:is|=|equals|comes[ \t]to|would[ \t]be|gives)[ \t]+(?P<about>about[ \t]|approximately[ \t]|roughly[ \t]|~[ \t]?)?(?P<right>{NUMBER})"
    );
    Regex::new(&pattern).expect("a constant pattern")
});

/// The calculations of a text.
pub(crate) fn equations(text: &str) -> Vec<Equation> {
    let equates = text.contains(['=', '≈', '%'])
        || text.contains("equal")
        || text.contains("comes to")
        || text.contains("percent of");
    if !equates || text.bytes().filter(u8::is_ascii_digit).count() < 3 {
        return Vec::new();
    }
    let mut all: Vec<Equation> =
        EQUATION.captures_iter(text).filter_map(|found| equation(text, &found)).collect();
    all.extend(SHARE.captures_iter(text).filter_map(|found| share(text, &found)));
    all
}

fn equation(text: &str, found: &Captures<'_>) -> Option<Equation> {
    let (left, right) = (found.name("left")?, found.name("right")?);
    let loose = found.name("about").is_some() || found.name("equals").is_some_and(|m| m.as_str() == "≈");
    let (before, after) = (&text[..left.start() + leading(left.as_str())], &text[result(right).1..]);
    // Part of a longer expression, a code identifier, a date or a ratio of units is no whole equation.
    let cut = before.ends_with(|c: char| c.is_alphanumeric() || "+-*/×÷=(.^_".contains(c))
        || before.trim_end().ends_with(['+', '-', '*', '/', '×', '÷', '=', '(', ')', '^'])
        || after.trim_start().starts_with(['+', '*', '/', '×', '÷', '(', '^'])
        || after.starts_with(|c: char| c.is_alphanumeric());
    if cut {
        return None;
    }
    let value = evaluate(left.as_str())?;
    let (stated, slack) = stated(right.as_str())?;
    let (start, end) = result(right);
    Some(Equation { start, end, holds: holds(value, stated, slack, loose) })
}

fn share(text: &str, found: &Captures<'_>) -> Option<Equation> {
    let number = |name: &str| found.name(name).and_then(|m| stated(m.as_str()));
    let ((percent, _), (whole, _), (stated, slack)) =
        (number("percent")?, number("whole")?, number("right")?);
    let (start, end) = result(found.name("right")?);
    let scaled = ["million", "billion", "thousand"].iter().any(|s| text[end..].trim_start().starts_with(s));
    let holds = holds(whole * percent / 100.0, stated, slack, found.name("about").is_some());
    (!scaled).then_some(Equation { start, end, holds })
}

/// Where the result stands, white space aside.
fn result(right: Match<'_>) -> (usize, usize) {
    (right.start() + leading(right.as_str()), right.start() + right.as_str().trim_end().len())
}

/// Bytes of white space at the beginning.
fn leading(text: &str) -> usize {
    text.len() - text.trim_start().len()
}

/// Whether the stated result is the value, rounded as it is written; a wider margin for "about".
fn holds(value: f64, stated: f64, slack: f64, loose: bool) -> bool {
    let margin = if loose { value.abs() * 0.05 + slack } else { slack * 1.01 + value.abs() * 1e-9 };
    (value - stated).abs() <= margin
}

/// A number as written, and half a unit of its last digit.
fn stated(text: &str) -> Option<(f64, f64)> {
    let plain: String = text.chars().filter(|c| c.is_ascii_digit() || *c == '.').collect();
    let decimals = plain.split_once('.').map_or(0, |(_, d)| d.len());
    let value: f64 = plain.parse().ok()?;
    Some((value, 0.5 * 10f64.powi(-i32::try_from(decimals).ok()?)))
}

/// The value of `a op b op c …`, products first.
fn evaluate(text: &str) -> Option<f64> {
    let mut sum = 0.0;
    let mut product: Option<f64> = None;
    let mut operator = '+';
    let mut rest = text.trim_start();
    loop {
        let end = rest
            .find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | ',' | '$' | '€' | '£' | ' ' | '%')))
            .unwrap_or(rest.len());
        let (number, after) = rest.split_at(end);
        let (mut value, _) = stated(number)?;
        if number.contains('%') {
            value /= 100.0;
        }
        match (operator, product) {
            ('*', Some(p)) => product = Some(p * value),
            ('/', Some(p)) => product = Some(if value == 0.0 { return None } else { p / value }),
            ('-', p) => {
                sum += p.unwrap_or(0.0);
                product = Some(-value);
            }
            (_, p) => {
                sum += p.unwrap_or(0.0);
                product = Some(value);
            }
        }
        if after.is_empty() {
            return Some(sum + product.unwrap_or(0.0));
        }
        let (sign, length) = sign(after)?;
        operator = sign;
        rest = after[length..].trim_start();
    }
}

/// The operator at the beginning, and its bytes.
fn sign(text: &str) -> Option<(char, usize)> {
    let words = [("plus", '+'), ("minus", '-'), ("times", '*'), ("divided by", '/'), ("multiplied by", '*')];
    let lower = text.to_ascii_lowercase();
    if let Some((word, sign)) = words.iter().find(|(word, _)| lower.starts_with(word)) {
        return Some((*sign, word.len()));
    }
    let first = text.chars().next()?;
    let sign = match first {
        '+' => '+',
        '-' | '−' | '–' => '-',
        '*' | '×' | 'x' | 'X' => '*',
        '/' | '÷' => '/',
        _ => return None,
    };
    Some((sign, first.len_utf8()))
}
