//! Whether a directory can be written, or made. Leaves nothing behind.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::Path;

/// What there is to say about the data directory.
pub(super) fn check(folder: &Path) -> Result<String, String> {
    match fs::metadata(folder) {
        Ok(found) if !found.is_dir() => Err(format!("{} is not a directory", folder.display())),
        Ok(_) => writable(folder)
            .map(|()| format!("{} can be written", folder.display()))
            .map_err(|error| format!("{} cannot be written: {error}", folder.display())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let here = Path::new(".");
            let parent = folder.ancestors().skip(1).find(|parent| parent.exists()).unwrap_or(here);
            writable(parent).map(|()| format!("{} will be made", folder.display())).map_err(|error| {
                format!("{} cannot be made in {}: {error}", folder.display(), parent.display())
            })
        }
        Err(error) => Err(format!("{}: {error}", folder.display())),
    }
}

fn writable(folder: &Path) -> io::Result<()> {
    let probe = folder.join(format!(".agentguard-check-{}", std::process::id()));
    OpenOptions::new().write(true).create_new(true).open(&probe)?;
    fs::remove_file(probe)
}
