//! AWS Bedrock: its own conversation format (`Converse`, `ConverseStream`), and the models' own formats behind one endpoint
//! (`InvokeModel`, `InvokeModelWithResponseStream`).
//!
//! Both stream as `application/vnd.amazon.eventstream` ([`crate::framing::event_stream`]). Shapes are those of the service
//! description of `bedrock-runtime` that AWS's SDKs are generated from, and of its API reference
//! (<https://docs.aws.amazon.com/bedrock/latest/APIReference/API_Operations_Amazon_Bedrock_Runtime.html>).

mod converse;
mod invoke;
pub(crate) mod path;

pub(crate) use converse::Converse;
pub(crate) use invoke::Invoke;

use serde_json::json;

use crate::codec::Refusal;
use crate::{Notice, loose};

/// What Bedrock answers when access is denied: the one error of its that is a 403. Its SDKs tell errors by this header.
fn refuse(notice: &Notice) -> Refusal {
    Refusal {
        status: 403,
        content_type: "application/json",
        id_header: Some("x-amzn-requestid"),
        headers: &[("x-amzn-errortype", "AccessDeniedException")],
        body: loose::bytes(&json!({"message": notice.message})).into(),
    }
}
