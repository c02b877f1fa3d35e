//! The last good bundle and the keys that were trusted, on disk: what holds when the control plane is away at the next start.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use agentguard_api::Envelope;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::keys::TrustedKey;

/// Bytes of a file: a longer one is not ours.
const MOST: u64 = 8 << 20;

/// The files.
#[derive(Clone, Debug)]
pub(super) struct Shelf {
    dir: PathBuf,
}

/// The keys of the first bundle that came, and of those that followed.
#[derive(Serialize, Deserialize)]
struct Trusted {
    keys: Vec<String>,
}

impl Shelf {
    /// In a data directory, beside the spool.
    pub(super) fn new(data_dir: &Path) -> Self {
        Self { dir: data_dir.join("policy") }
    }

    fn bundle_path(&self) -> PathBuf {
        self.dir.join("bundle.json")
    }

    /// Where the keys are that were trusted on first use.
    pub(super) fn keys_path(&self) -> PathBuf {
        self.dir.join("keys.json")
    }

    /// The last good bundle.
    pub(super) fn bundle(&self) -> Option<Envelope> {
        read(&self.bundle_path())
    }

    /// Keeps one.
    pub(super) fn keep(&self, envelope: &Envelope) -> io::Result<()> {
        self.write(&self.bundle_path(), envelope)
    }

    /// The keys trusted on first use; `None`: none yet. A file that cannot be read is an empty list, which trusts nobody: whoever can
    /// damage it must not choose the next key.
    pub(super) fn keys(&self) -> Option<Vec<TrustedKey>> {
        let path = self.keys_path();
        if !path.exists() {
            return None;
        }
        let trusted: Option<Trusted> = read(&path);
        let keys =
            trusted.map(|trusted| trusted.keys.iter().map(|key| key.parse()).collect::<Result<_, _>>());
        Some(keys.and_then(Result::ok).unwrap_or_default())
    }

    /// Trusts these from now on.
    pub(super) fn trust(&self, keys: &[TrustedKey]) -> io::Result<()> {
        let keys = keys.iter().map(ToString::to_string).collect();
        self.write(&self.keys_path(), &Trusted { keys })
    }

    /// Whole or not at all, and its owner's only.
    fn write(&self, path: &Path, value: &impl Serialize) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.dir)?;
        let half = path.with_extension("tmp");
        let mut file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&half)?;
        file.write_all(&serde_json::to_vec(value)?)?;
        file.sync_all()?;
        fs::rename(&half, path)?;
        File::open(&self.dir)?.sync_all()
    }
}

fn read<T: DeserializeOwned>(path: &Path) -> Option<T> {
    let size = fs::metadata(path).ok()?.len();
    let outcome = if size > MOST {
        Err(format!("it has more than {MOST} bytes"))
    } else {
        let text = fs::read(path).map_err(|error| error.to_string());
        text.and_then(|text| serde_json::from_slice(&text).map_err(|error| error.to_string()))
    };
    outcome
        .inspect_err(
            |why| tracing::warn!(path = %path.display(), why, "a kept file of the policy cannot be used"),
        )
        .ok()
}
