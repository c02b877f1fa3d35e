//! What a client is told when its exchange is stopped.

use agentguard_judge::{NotChecked, State, Verdict};
use agentguard_policy::Action;
use agentguard_wire::Notice;
use uuid::Uuid;

use super::format::Format;
use super::ledger::{Ledger, Outcome};
use crate::http::reply::Reply;

/// The notice for a response with this verdict. Holds nothing of the conversation.
pub(crate) fn notice(id: Uuid, verdict: &Verdict) -> Notice {
    let message = match (verdict.state, verdict.reason) {
        (_, Some(NotChecked::TooLarge)) => {
            "AgentGuard refused this exchange: it is larger than can be checked."
        }
        (State::NotChecked, _) => "AgentGuard blocked this response: it could not be checked.",
        (State::Contradicted, _) => {
            "AgentGuard blocked this response: it contradicts the context that was provided."
        }
        _ => "AgentGuard blocked this response: it holds claims that the provided context does not support.",
    };
    Notice { id: id.to_string(), message: message.to_owned() }
}

/// Refuses an exchange for its verdict: settles the ledger and gives the answer, in the client's own dialect.
pub(crate) fn reply(verdict: Verdict, format: &Format, ledger: &mut Ledger) -> Reply {
    let notice = notice(ledger.id(), &verdict);
    let mut reply = match format.refuse(&notice) {
        Some(refusal) => Reply {
            status: refusal.status,
            content_type: refusal.content_type,
            headers: {
                let id = refusal.id_header.map(|name| (name, notice.id.clone()));
                let told = refusal.headers.iter().map(|(name, value)| (*name, (*value).to_owned()));
                id.into_iter().chain(told).collect()
            },
            body: refusal.body,
        },
        None => Reply::error(403, "agentguard_blocked", &notice.message),
    };
    reply.headers.extend(ledger.annotation(&verdict, Action::Block).headers());
    ledger.settle(Outcome { action: Action::Block, ..Outcome::seen(verdict) });
    reply
}

/// Refuses a request that was not even sent on.
pub(crate) fn turn_away(reason: NotChecked, format: &Format, ledger: &mut Ledger) -> Reply {
    let mut reply = reply(Verdict::not_checked(reason), format, ledger);
    if reason == NotChecked::TooLarge {
        reply.status = 413;
    }
    reply
}
