//! Files that appear whole or not at all.

use std::fs::{self, File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Whether a file must outlive a crash of the machine.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Durable {
    /// Synced, with its directory.
    Yes,
    /// Written anew at every start.
    No,
}

/// Writes a file through a temporary one in the same directory. The mode is exact: the umask has no say.
pub(crate) fn write(path: &Path, bytes: &[u8], mode: u32, durable: Durable) -> io::Result<()> {
    let dir = path.parent().unwrap_or(Path::new("."));
    // Created with mode 0600 and a name that cannot be foreseen; removed if anything below fails.
    let mut temporary = tempfile::Builder::new().prefix(".new-").tempfile_in(dir)?;
    temporary.write_all(bytes)?;
    temporary.as_file().set_permissions(Permissions::from_mode(mode))?;
    if durable == Durable::Yes {
        temporary.as_file().sync_all()?;
    }
    temporary.persist(path)?;
    if durable == Durable::Yes {
        File::open(dir)?.sync_all()?;
    }
    Ok(())
}

/// Makes a directory with exactly this mode, and its parents. One that exists is left as it is: a mounted volume is not ours to change.
pub(crate) fn make_dir(path: &Path, mode: u32) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(path)?;
    fs::set_permissions(path, Permissions::from_mode(mode))
}
