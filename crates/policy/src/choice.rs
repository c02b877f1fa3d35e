//! Closed sets of names: one list serves the parser, its error messages, headers and metrics.

/// A value that a policy spells with one of a few words.
pub(crate) trait Choice: Copy + 'static {
    /// Every value, in the order in which error messages list them.
    const ALL: &'static [Self];
    /// The word.
    fn word(self) -> &'static str;
}

/// Gives an enum its words: `as_str`, `Display` and [`Choice`].
macro_rules! words {
    ($type:ident { $($variant:ident => $word:literal),+ $(,)? }) => {
        impl $type {
            /// The word used in policies, headers, metrics and verdicts.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl crate::choice::Choice for $type {
            const ALL: &'static [Self] = &[$(Self::$variant),+];
            fn word(self) -> &'static str {
                self.as_str()
            }
        }
    };
}
pub(crate) use words;
