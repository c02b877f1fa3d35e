//! Work on untrusted bytes: caught when it panics, and moved off the data path's threads when it is long.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tokio::task::JoinHandle;

/// Inputs up to this size are worked on in place: that takes less than the trip to another thread and back is worth.
const INLINE: usize = 64 << 10;

/// The work panicked. What it was working on is lost; what it was for is reported as `judge_error`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Panicked;

/// Runs `work`, elsewhere if its input of `size` bytes is long.
pub(crate) async fn run<T: Send + 'static>(
    size: usize,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Panicked> {
    if size <= INLINE {
        return caught(work);
    }
    tokio::task::spawn_blocking(work).await.map_err(|_| Panicked)
}

/// Starts `work` beside the caller: on another worker, or, if its input of `size` bytes is long, on a thread for long work.
pub(crate) fn spawn<T: Send + 'static>(
    size: usize,
    work: impl FnOnce() -> T + Send + 'static,
) -> JoinHandle<T> {
    if size <= INLINE { tokio::spawn(async { work() }) } else { tokio::task::spawn_blocking(work) }
}

/// Runs `work` here.
pub(crate) fn caught<T>(work: impl FnOnce() -> T) -> Result<T, Panicked> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| Panicked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_an_error_wherever_it_happens() {
        for size in [0, INLINE + 1] {
            assert_eq!(run(size, || 7).await, Ok(7));
            let broken: Result<u8, _> = run(size, || panic!("on purpose")).await;
            assert_eq!(broken, Err(Panicked));
        }
    }
}
