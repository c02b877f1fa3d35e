//! `a op b = c` and "x% of y is z", recomputed.

use std::sync::LazyLock;

use regex::Regex;

use crate::signals::{Analysis, Finding, Rule};

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

/// Adds a finding for every equation that does not hold.
pub(super) fn find(analysis: &Analysis<'_>, out: &mut Vec<Finding>) {
    let text = analysis.text;
    let equates = text.contains(['=', '≈', '%'])
        || text.contains("equal")
        || text.contains("comes to")
        || text.contains("percent of");
    if !equates || text.bytes().filter(u8::is_ascii_digit).count() < 3 {
        return;
    }
    for found in EQUATION.captures_iter(text) {
        let (Some(left), Some(right)) = (found.name("left"), found.name("right")) else { continue };
        let loose = found.name("about").is_some() || found.name("equals").is_some_and(|m| m.as_str() == "≈");
        // Part of a longer expression, a code identifier, a date or a ratio of units is no whole equation.
        let start = left.start() + leading(left.as_str());
        let end = right.start() + right.as_str().trim_end().len();
        let cut = text[..start].ends_with(|c: char| c.is_alphanumeric() || "+-*/×÷=(.^_".contains(c))
            || text[..start].trim_end().ends_with(['+', '-', '*', '/', '×', '÷', '=', '(', ')', '^'])
            || text[end..].trim_start().starts_with(['+', '*', '/', '×', '÷', '(', '^'])
            || text[end..].starts_with(|c: char| c.is_alphanumeric());
        if cut {
            continue;
        }
        if let (Some(value), Some((stated, slack))) = (evaluate(left.as_str()), stated(right.as_str()))
            && !holds(value, stated, slack, loose)
        {
            out.push(finding(
                right.start() + leading(right.as_str()),
                right.start() + right.as_str().trim_end().len(),
            ));
        }
    }
    for found in SHARE.captures_iter(text) {
        let number = |name: &str| found.name(name).and_then(|m| stated(m.as_str()));
        if let (Some((percent, _)), Some((whole, _)), Some((stated, slack)), Some(right)) =
            (number("percent"), number("whole"), number("right"), found.name("right"))
            && !text[right.end()..].trim_start().starts_with("million")
            && !holds(whole * percent / 100.0, stated, slack, found.name("about").is_some())
        {
            out.push(finding(
                right.start() + leading(right.as_str()),
                right.start() + right.as_str().trim_end().len(),
            ));
        }
    }
}

/// Bytes of white space at the beginning.
fn leading(text: &str) -> usize {
    text.len() - text.trim_start().len()
}

fn finding(start: usize, end: usize) -> Finding {
    Finding { start, end, rule: Rule::Arithmetic, evidence: None }
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
