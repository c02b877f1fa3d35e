//! Holds one conversation through the proxy with a real HTTP client, and notes what the client got.

use std::net::SocketAddr;
use std::time::Instant;

use agentguard_wire::Answer;
use uuid::Uuid;

use super::conversation::Conversation;
use super::request;
use crate::score::recorded;

/// What the client got.
#[derive(Clone, Debug)]
pub(super) struct Exchange {
    /// W3C trace id that the request carried; the verdict carries it, too.
    pub(super) trace: String,
    /// HTTP status.
    pub(super) status: u16,
    /// What was read from the body, if it could be.
    pub(super) answer: Option<Answer>,
    /// When the last byte came.
    pub(super) ended: Instant,
}

impl Exchange {
    /// Text and tool calls as one string, for looking for words in it.
    pub(super) fn heard(&self) -> String {
        let choices = self.answer.iter().flat_map(|answer| &answer.choices);
        let mut heard = String::new();
        for choice in choices {
            heard.push_str(&choice.text);
            for call in &choice.tool_calls {
                heard.push_str(&format!("\n{}({})", call.name, call.arguments));
            }
        }
        heard
    }
}

/// Why the client got nothing.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReplayError {
    /// No answer at all.
    #[error("the proxy did not answer: {0}")]
    Http(#[from] reqwest::Error),
}

/// Asks the question of a conversation at the proxy's base URL.
///
/// # Errors
/// [`ReplayError`].
pub(super) async fn replay(
    client: &reqwest::Client,
    base_url: SocketAddr,
    conversation: &Conversation,
) -> Result<Exchange, ReplayError> {
    let (path, body) = request::build(conversation);
    let provider = conversation.case.via.provider;
    let trace = Uuid::now_v7().simple().to_string();
    let mut post = client
        .post(format!("http://{base_url}/{}{path}", provider.as_str()))
        .header("traceparent", format!("00-{trace}-{}-01", &trace[16..]))
        .json(&body);
    for (name, value) in request::credentials(provider) {
        post = post.header(*name, *value);
    }
    let response = post.send().await?;
    let status = response.status().as_u16();
    let body = response.bytes().await?;
    let ended = Instant::now();
    let answer = recorded::read(conversation.dialect(), body.to_vec()).ok().map(|(answer, _)| answer);
    Ok(Exchange { trace, status, answer, ended })
}
