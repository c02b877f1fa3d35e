//! What is found by its form rather than by its first letters: credentials after a word that announces them, e-mail addresses,
//! cards, IBANs. One automaton over all of them.

use crate::redactor::Settings;

/// What a match of a pattern is checked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Test {
    /// `Bearer …`, `Basic …`.
    Scheme,
    /// `password=…`, `"client_secret": "…"`.
    Assigned,
    /// `://user:password@`.
    Url,
    /// `@` and a domain.
    Email,
    /// Digits in groups.
    Card,
    /// Country, check digits, groups.
    Iban,
}

const CREDENTIALS: &[(&str, Test)] = &[
    (r"(?:[Bb]earer|BEARER|[Bb]asic|BASIC)[ \t]{1,4}[A-Za-z0-9._~+/-]{16}", Test::Scheme),
    (
        concat!(
            r"(?i:password|passwd|passphrase|pwd|secret|api[_-]?key|access[_-]?key|auth[_-]?token|access[_-]?token|",
            r#"refresh[_-]?token|session[_-]?token|private[_-]?key)\\?["']?[ \t]{0,4}[:=][ \t]{0,4}\\?["']?"#,
            r#"[!-~&&[^\s"',;\\<>(){}\[\]$]]{8}"#
        ),
        Test::Assigned,
    ),
    (r#"://[!-~&&[^/:@"']]{1,64}:[!-~&&[^/@"']]{3,128}@"#, Test::Url),
];

/// The patterns that the settings ask for, in order of preference where two begin at one place.
pub(crate) fn patterns(settings: &Settings) -> Vec<(&'static str, Test)> {
    let mut patterns = Vec::new();
    if settings.credentials {
        patterns.extend_from_slice(CREDENTIALS);
    }
    if settings.emails {
        patterns.push((r"@(?:[A-Za-z0-9-]{1,63}\.){1,4}[A-Za-z]{2,24}", Test::Email));
    }
    if settings.ibans {
        patterns.push((r"[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?", Test::Iban));
    }
    if settings.cards {
        // The groups in which cards are written: digits in any other are not looked at twice.
        patterns.push((r"[0-9]{13,19}", Test::Card));
        patterns.push((r"[0-9]{4}[ -][0-9]{4}[ -][0-9]{4}[ -][0-9]{1,4}(?:[ -][0-9]{3})?", Test::Card));
        patterns.push((r"[0-9]{4}[ -][0-9]{6}[ -][0-9]{4,5}", Test::Card));
    }
    patterns
}
