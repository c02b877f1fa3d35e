//! The bearer token for the control plane. One that lies in a file is read again: a projected service account token is replaced
//! every few minutes.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use agentguard_telemetry::Secret;
use parking_lot::Mutex;
use tokio::task::spawn_blocking;
use tokio::time::Instant;

/// Bytes of a token file; a service account's token has one or two thousand.
const MAX: u64 = 64 << 10;

/// Where the token comes from.
#[derive(Clone, Debug)]
pub enum Token {
    /// It is this one, for as long as the process runs.
    Given(Secret),
    /// It is what this file holds now, without white space around it.
    File(PathBuf),
}

/// The token as it was last read. A handle: clones read it once for all.
#[derive(Clone, Debug)]
pub(super) struct Credential(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// `None`: the token never changes.
    file: Option<PathBuf>,
    /// A file is read again when it was read that long ago.
    every: Duration,
    known: Mutex<Known>,
}

#[derive(Debug)]
struct Known {
    token: Option<Secret>,
    read: Instant,
    /// Whether the file could not be read the last time: that is logged once.
    failing: bool,
}

impl Credential {
    /// Reads it for the first time.
    ///
    /// # Errors
    /// The file and what is wrong with it; nothing of what is in it.
    pub(super) fn new(token: Option<&Token>, every: Duration) -> Result<Self, (PathBuf, String)> {
        let (token, file) = match token {
            None => (None, None),
            Some(Token::Given(token)) => (Some(token.clone()).filter(|token| !token.is_empty()), None),
            Some(Token::File(path)) => {
                let token = read(path).map_err(|error| (path.clone(), error.to_string()))?;
                (Some(token), Some(path.clone()))
            }
        };
        let known = Known { token, read: Instant::now(), failing: false };
        Ok(Self(Arc::new(Inner { file, every, known: Mutex::new(known) })))
    }

    /// The token to send. A file's that has grown old is read again first, off the workers.
    pub(super) async fn current(&self) -> Option<Secret> {
        let due = {
            let mut known = self.0.known.lock();
            let due = self.0.file.is_some() && known.read.elapsed() >= self.0.every;
            if due {
                known.read = Instant::now(); // whoever else asks meanwhile takes the old one
            }
            due
        };
        if due {
            self.reread().await;
        }
        self.0.known.lock().token.clone()
    }

    /// The control plane refuses `used`. Whether the file holds another one by now, or had been read meanwhile.
    pub(super) async fn renewed(&self, used: Option<&Secret>) -> bool {
        if self.0.file.is_none() {
            return false;
        }
        self.reread().await;
        let known = self.0.known.lock();
        known.token.as_ref() != used
    }

    /// Reads the file; what cannot be read changes nothing: the token known may still be good.
    async fn reread(&self) {
        let Some(path) = self.0.file.clone() else { return };
        let Ok(found) = spawn_blocking(move || read(&path).map_err(|error| (path, error))).await else {
            return; // the runtime ends
        };
        let mut known = self.0.known.lock();
        known.read = Instant::now();
        match found {
            Ok(token) => {
                known.token = Some(token);
                known.failing = false;
            }
            Err((path, error)) => {
                if !std::mem::replace(&mut known.failing, true) {
                    tracing::warn!(path = %path.display(), %error, "the control plane's token cannot be read again; the one known is used on");
                }
            }
        }
    }
}

fn read(path: &Path) -> io::Result<Secret> {
    let refused = |why: &str| io::Error::new(io::ErrorKind::InvalidData, why.to_owned());
    let mut text = String::new();
    File::open(path)?
        .take(MAX + 1)
        .read_to_string(&mut text)
        .map_err(|error| io::Error::new(error.kind(), "it is not text"))?;
    let token = text.trim();
    if text.len() as u64 > MAX {
        return Err(refused("it has more than 64 KiB, which no token has"));
    }
    if token.is_empty() {
        return Err(refused("it is empty"));
    }
    if !token.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(refused("it holds more than one word of printable ASCII, which no token does"));
    }
    Ok(Secret::from(token.to_owned()))
}

#[cfg(test)]
mod tests;
