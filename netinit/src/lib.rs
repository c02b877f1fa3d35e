//! The init step of transparent mode: it puts the table `inet agentguard` into the pod's network namespace and checks that it works.
//!
//! The table sends the TCP connections that other processes open to the LLM ports to the proxy on loopback, over IPv4 and IPv6, and refuses
//! QUIC and DNS over TLS at once, so that clients fall back to what the proxy sees. It is written in one nf_tables transaction over netlink
//! (the kernel's `include/uapi/linux/netfilter/nf_tables.h`): no shell and no `nft` are needed, and running it again changes nothing.
//!
//! ```text
//! args ─ settings ─ table ─┬─ encode ─ kernel     apply, then verify
//!                          └─ text                --print
//! ```
//!
//! # Rights
//! The only right that it needs is `CAP_NET_ADMIN`. As a user other than root, it has it only when the file itself carries it:
//!
//! ```text
//! setcap cap_net_admin+ep agentguard-netinit
//! ```
//!
//! Three facts decide how a container may run it (`capabilities(7)`, `execve(2)`):
//! - It has to be the container's entrypoint. Under `no_new_privs` (`allowPrivilegeEscalation: false`) a capability of the file counts only when
//!   the process that runs it permits it too; a shell or another binary in between loses it.
//! - The container must add `NET_ADMIN`: with the capability outside the bounding set, the kernel refuses to run the file at all (`EPERM`).
//! - `COPY` of an image build may drop the file's capabilities; run `setcap` last, and check with `getcap`.
//!
//! # Exit codes
//! | code | meaning |
//! |---|---|
//! | 0 | the table is in place and the redirect works (or what `--no-verify`, `--print`, `--remove` ask for is done) |
//! | 1 | it could not be done or not be checked; stderr says why |
//! | 2 | the arguments are wrong; nothing was changed |
//! | 77 | `CAP_NET_ADMIN` is missing; nothing was changed |
//! | 95 | the table is in place, but the redirect does not work |
//!
//! It reads no file, writes none, and knows no secret. After a failed check the table stays: the pod must not start unguarded.

pub mod args;
pub mod encode;
pub mod exit;
pub mod kernel;
mod run;
pub mod settings;
pub mod span;
pub mod table;
mod text;
pub mod verify;

pub use run::{InitError, run};
