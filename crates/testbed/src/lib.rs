//! Real servers for tests: [`Postgres`] and [`Redis`], each on a free port of the loopback with a folder of its own.
//!
//! Tests start them and nobody has to stop them: a server ends with its value, and with the process when the value is a
//! `static` or the process is killed. Where a server's program is missing, the test fails with the command that installs it.

#![allow(
    clippy::disallowed_methods,
    reason = "no async worker is blocked here: tests start servers on threads of their own"
)]

mod port;
mod postgres;
mod redis;
mod server;

pub use postgres::Postgres;
pub use redis::Redis;
