//! What something was.

use std::fmt;

/// What a piece of text was taken for. A closed set: it is a metric label, but for the operator's own names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// A key whose form says whose it is: OpenAI, Anthropic, Google, AWS, GitHub, Slack, Stripe, ….
    ApiKey,
    /// A bearer or basic credential, a JSON Web Token.
    Token,
    /// A private key in PEM.
    PrivateKey,
    /// What follows `password=`, `"client_secret":` and the like, and the password in a URL.
    Password,
    /// An e-mail address.
    Email,
    /// A payment card's number, with a correct check digit.
    Card,
    /// An international bank account number (ISO 13616), with correct check digits.
    Iban,
    /// One of the operator's patterns, by its place in [`crate::Settings::own`].
    Own(usize),
}

impl Kind {
    /// All that have a name of their own.
    pub const NAMED: [Self; 7] =
        [Self::ApiKey, Self::Token, Self::PrivateKey, Self::Password, Self::Email, Self::Card, Self::Iban];

    /// Its name; `own` for every pattern of the operator's.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ApiKey => "api_key",
            Self::Token => "token",
            Self::PrivateKey => "private_key",
            Self::Password => "password",
            Self::Email => "email",
            Self::Card => "card",
            Self::Iban => "iban",
            Self::Own(_) => "own",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
