//! Keys with a form of their own. Each begins with letters that say whose it is, which is how they are found fast.
//!
//! The prefixes are those that the providers document or that their own secret scanning looks for. Patterns match the least that
//! identifies a key; the rest of it is followed in code ([`super::check`]).

use crate::kind::Kind;

/// How far a key goes on.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Rest {
    /// Over letters, digits, `_` and `-`; digits must occur, since words may be written with hyphens.
    Token,
    /// The same with `.` and `=`: parts of a JSON Web Token, of which there must be three.
    Jwt,
    /// The same as a token, with `/`, `.`, `+`, `=` and `~`.
    Bearer,
    /// To the line that ends it.
    Pem,
}

/// Pattern, what it is, how it goes on. In order of preference where two begin at one place.
pub(crate) const CREDENTIALS: &[(&str, Kind, Rest)] = &[
    // OpenAI (sk-, sk-proj-, sk-svcacct-), Anthropic (sk-ant-), OpenRouter (sk-or-), DeepSeek, Langfuse (sk-lf-) and others.
    (r"sk-[A-Za-z0-9_-]{20}", Kind::ApiKey, Rest::Token),
    (r"AIza[A-Za-z0-9_-]{35}", Kind::ApiKey, Rest::Token),
    (r"ya29\.[A-Za-z0-9_-]{20}", Kind::Token, Rest::Token),
    (r"GOCSPX-[A-Za-z0-9_-]{20}", Kind::ApiKey, Rest::Token),
    (r"A(?:KIA|SIA|BIA|CCA)[A-Z2-7]{16}", Kind::ApiKey, Rest::Token),
    (r"ABSK[A-Za-z0-9+/]{40}", Kind::ApiKey, Rest::Bearer),
    (r"gh[pousr]_[A-Za-z0-9]{36}", Kind::ApiKey, Rest::Token),
    (r"github_pat_[A-Za-z0-9_]{22}", Kind::ApiKey, Rest::Token),
    (r"glpat-[A-Za-z0-9_-]{20}", Kind::ApiKey, Rest::Token),
    (r"xox[abeprs]-[A-Za-z0-9-]{10}", Kind::ApiKey, Rest::Token),
    (r"xapp-[A-Za-z0-9-]{10}", Kind::ApiKey, Rest::Token),
    (r"(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{16}", Kind::ApiKey, Rest::Token),
    (r"whsec_[A-Za-z0-9]{24}", Kind::ApiKey, Rest::Bearer),
    (r"hf_[A-Za-z0-9]{30}", Kind::ApiKey, Rest::Token),
    (r"gsk_[A-Za-z0-9]{40}", Kind::ApiKey, Rest::Token),
    (r"xai-[A-Za-z0-9]{40}", Kind::ApiKey, Rest::Token),
    (r"pplx-[A-Za-z0-9]{40}", Kind::ApiKey, Rest::Token),
    (r"csk-[A-Za-z0-9]{40}", Kind::ApiKey, Rest::Token),
    (r"nvapi-[A-Za-z0-9_-]{40}", Kind::ApiKey, Rest::Token),
    (r"r8_[A-Za-z0-9]{37}", Kind::ApiKey, Rest::Token),
    (r"SG\.[A-Za-z0-9_-]{22}\.", Kind::ApiKey, Rest::Token),
    (r"npm_[A-Za-z0-9]{36}", Kind::ApiKey, Rest::Token),
    (r"pypi-AgE[A-Za-z0-9_-]{20}", Kind::ApiKey, Rest::Token),
    (r"do[opr]_v1_[a-f0-9]{40}", Kind::ApiKey, Rest::Token),
    (r"dapi[a-f0-9]{32}", Kind::ApiKey, Rest::Token),
    (r"ATATT3[A-Za-z0-9_-]{20}", Kind::ApiKey, Rest::Bearer),
    (r"hvs\.[A-Za-z0-9_-]{24}", Kind::ApiKey, Rest::Token),
    (r"agk_live_[A-Za-z0-9_-]{16}", Kind::ApiKey, Rest::Token),
    (r"eyJ[A-Za-z0-9_-]{10}", Kind::Token, Rest::Jwt),
    (r"-----BEGIN [A-Z0-9 ]{0,32}PRIVATE KEY", Kind::PrivateKey, Rest::Pem),
];
