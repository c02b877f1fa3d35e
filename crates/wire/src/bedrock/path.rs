//! Bedrock's paths: `/model/{id}/{operation}`. The id is one segment where the client encodes it as AWS's SDKs do; the
//! slashes of an ARN are also accepted as they are.

#[cfg(test)]
mod tests;

use percent_encoding::percent_decode_str;

use crate::{Dialect, Endpoint};

/// Ids of models that answer with pictures, videos, sound, vectors or ranks: `InvokeModel` calls them on the same path.
const NO_TEXT: [&str; 10] =
    ["embed", "rerank", "stability.", "image", "canvas", "reel", "sonic", "marengo", "luma.", "stable-"];

/// The endpoint of a path without its query.
pub(crate) fn endpoint(path: &str) -> Option<Endpoint> {
    let (resource, operation) = path.rsplit_once('/')?;
    let (dialect, stream) = match operation {
        "converse" => (Dialect::BedrockConverse, false),
        "converse-stream" => (Dialect::BedrockConverse, true),
        "invoke" => (Dialect::BedrockInvoke, false),
        "invoke-with-response-stream" => (Dialect::BedrockInvoke, true),
        _ => return None,
    };
    let (_, id) = resource.rsplit_once("/model/")?;
    let id = percent_decode_str(id).decode_utf8().ok()?;
    // Only an ARN holds a slash; anything else with one is a path of somebody else's.
    let named = !id.is_empty() && (id.starts_with("arn:") || !id.contains('/'));
    let speaks = dialect == Dialect::BedrockConverse || !NO_TEXT.iter().any(|word| id.contains(word));
    (named && speaks).then(|| Endpoint { dialect, model: Some(id.into_owned()), stream: Some(stream) })
}
