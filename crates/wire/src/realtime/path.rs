//! Which requests open a session.

use percent_encoding::percent_decode_str;

/// The model that a session is asked for (empty where the request names none); `None`: the request asks for no session.
/// Azure names a `deployment`.
#[must_use]
pub fn model(method: &str, path: &str) -> Option<String> {
    let path = path.split('#').next().unwrap_or_default();
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    if method != "GET" || !path.trim_end_matches('/').ends_with("/realtime") {
        return None;
    }
    let of = |name: &str| {
        let mut fields = query.split('&').filter_map(|field| field.split_once('='));
        let (_, value) = fields.find(|(key, _)| *key == name)?;
        Some(percent_decode_str(value).decode_utf8_lossy().into_owned())
    };
    Some(of("model").or_else(|| of("deployment")).unwrap_or_default())
}
