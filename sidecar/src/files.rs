//! How many files, sockets first of all, the process may hold open.

use agentguard_proxy::Limits;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Raises the soft limit to the hard one, as far as the system allows, and says so when the proxy's own limits cannot be reached.
/// Containers are often started with a soft limit of 1,024, which is meant for programs that call `select`.
pub(crate) fn raise() {
    let limit = getrlimit(Resource::Nofile);
    let raised = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
    let files = if raised.is_ok() { limit.maximum } else { limit.current };
    let limits = Limits::default();
    // One towards the client and one onward.
    let wanted = 2 * (limits.connections + limits.tunnels) as u64;
    if let Some(files) = files.filter(|files| *files < wanted) {
        tracing::info!(
            files,
            wanted,
            "the process may hold fewer files open than the proxy has places for; raise the container's limit if it takes so many connections"
        );
    }
}
