//! Where messages end.

use super::{PRELUDE, Prelude};

/// The scanner's state between two pieces of input.
#[derive(Debug, Default)]
pub(in crate::framing) struct Scanner {
    /// The current message's prelude, as far as it came.
    prelude: [u8; PRELUDE],
    came: usize,
    /// Length of the current message, once its prelude is there.
    total: usize,
    /// Bytes of it that are still to come.
    left: usize,
    /// A prelude was wrong: no end will be found any more.
    lost: bool,
}

impl Scanner {
    /// How many of these bytes belong to the current frame, when it ends among them.
    pub(in crate::framing) fn end(&mut self, bytes: &[u8]) -> Option<usize> {
        if self.lost {
            return None;
        }
        let mut at = 0;
        if self.came < PRELUDE {
            at = bytes.len().min(PRELUDE - self.came);
            self.prelude[self.came..self.came + at].copy_from_slice(&bytes[..at]);
            self.came += at;
            if self.came < PRELUDE {
                return None;
            }
            match Prelude::parse(&self.prelude) {
                Ok(prelude) => (self.total, self.left) = (prelude.total, prelude.total - PRELUDE),
                Err(_) => {
                    self.lost = true;
                    return None;
                }
            }
        }
        let rest = bytes.len() - at;
        if rest < self.left {
            self.left -= rest;
            return None;
        }
        at += self.left;
        (self.came, self.left, self.total) = (0, 0, 0);
        Some(at)
    }

    /// Whether the current frame will not be read, whatever comes: it is longer than `limit`, or nothing is known of it.
    pub(in crate::framing) fn is_hopeless(&self, limit: usize) -> bool {
        self.lost || self.total > limit
    }
}
