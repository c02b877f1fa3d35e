//! Where verdicts go.

use agentguard_api::VerdictEvent;

/// Takes the one event that every exchange with an LLM endpoint ends in.
///
/// Called on the data path, once per exchange, after the last byte went out: it must not block for long and must not
/// fail. `instance` and `seq` of the event are nil and 0; the implementor fills them in.
pub trait Recorder: Send + Sync + 'static {
    /// Takes the event.
    fn record(&self, event: VerdictEvent);
}
