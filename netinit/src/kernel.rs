//! Hands a transaction to the kernel over a netlink socket (`netlink(7)`) and reads its answers.

mod answer;

use std::io::{self, ErrorKind};

use netlink_sys::{Socket, SocketAddr, protocols::NETLINK_NETFILTER};
use thiserror::Error;

use crate::encode::{Batch, FIRST_SEQUENCE};
use answer::{Answer, answers};

/// The kernel modules that the table needs, as `modprobe` knows them.
const MODULES: &str = "nf_tables, nft_chain_nat, nft_redir, nft_fib_inet, nft_reject_inet, nf_nat, nf_conntrack (kernel 5.2 or newer)";

/// Why the kernel did not apply a transaction. It has then changed nothing.
#[derive(Debug, Error)]
pub enum KernelError {
    /// The right is missing.
    #[error(
        "no permission to change packet rules: the capability NET_ADMIN (CAP_NET_ADMIN) is missing. Add NET_ADMIN to the container, and as a user other than root \
         make this file, with `setcap cap_net_admin+ep`, its entrypoint"
    )]
    Denied,
    /// There is no netfilter to talk to.
    #[error("the kernel has no nf_tables ({0}); load on the node: {MODULES}")]
    Absent(io::Error),
    /// A message was refused.
    #[error("the kernel refused {step}: {source}{detail}; it needs: {MODULES}")]
    Refused {
        /// What the message does.
        step: String,
        /// The kernel's error number.
        source: io::Error,
        /// The kernel's own words, after `": "`, when it has some.
        detail: String,
    },
    /// The socket failed.
    #[error("talking to the kernel over netlink failed: {0}")]
    Socket(#[from] io::Error),
    /// Not all messages were answered.
    #[error("the kernel did not answer {0} of the transaction's messages")]
    Silent(usize),
}

/// Applies the transaction: all of it or nothing. Doesn't wait: the kernel works on a transaction while it is being sent.
///
/// # Errors
/// When the kernel did not apply it.
pub fn apply(batch: &Batch) -> Result<(), KernelError> {
    let mut socket = Socket::new(NETLINK_NETFILTER).map_err(|error| match error.kind() {
        ErrorKind::PermissionDenied => KernelError::Denied,
        _ => KernelError::Absent(error),
    })?;
    socket.bind_auto()?;
    socket.set_non_blocking(true)?;
    // A refusal then carries the kernel's reason and not the refused message; neither option is needed to be understood.
    let _ = socket.set_cap_ack(true);
    let _ = socket.set_ext_ack(true);
    let sent = socket.send_to(batch.bytes(), &SocketAddr::new(0, 0), 0)?;
    if sent != batch.bytes().len() {
        return Err(io::Error::new(ErrorKind::WriteZero, "the transaction was not sent whole").into());
    }
    let mut received = Vec::new();
    loop {
        match socket.recv_from_full() {
            Ok((datagram, from)) if from.port_number() == 0 => received.extend(answers(&datagram)),
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => break,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
    judge(batch, &received)
}

fn judge(batch: &Batch, received: &[Answer]) -> Result<(), KernelError> {
    let step = |sequence: u32| {
        sequence.checked_sub(FIRST_SEQUENCE).and_then(|index| batch.steps.get(index as usize))
    };
    if let Some(refusal) = received.iter().find(|answer| answer.code != 0 && step(answer.sequence).is_some())
    {
        let source = io::Error::from_raw_os_error(refusal.code.saturating_neg());
        return Err(match source.kind() {
            ErrorKind::PermissionDenied => KernelError::Denied,
            // Without nf_tables, the kernel refuses the begin of the transaction.
            ErrorKind::Unsupported if refusal.sequence == FIRST_SEQUENCE => KernelError::Absent(source),
            _ => KernelError::Refused {
                step: step(refusal.sequence).cloned().unwrap_or_default(),
                source,
                detail: refusal.detail.as_ref().map(|text| format!(": {text}")).unwrap_or_default(),
            },
        });
    }
    // Not every kernel answers the begin and the end of a transaction.
    let within = FIRST_SEQUENCE + 1..FIRST_SEQUENCE + batch.steps.len() as u32 - 1;
    match within.filter(|sequence| !received.iter().any(|answer| answer.sequence == *sequence)).count() {
        0 => Ok(()),
        missing => Err(KernelError::Silent(missing)),
    }
}

#[cfg(test)]
mod tests;
