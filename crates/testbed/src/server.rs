//! One server process, which cannot outlive the test process.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Runs the command until its input ends, then stops it: the test process holds the other end, however it ends itself.
const KEEPER: &str = r#"
signal=$1; shift
"$@" </dev/null &
server=$!
while read -r order; do kill -"$order" $server 2>/dev/null; done
kill -"$signal" $server 2>/dev/null
wait $server
"#;

/// A running server.
pub(crate) struct Server {
    keeper: Child,
}

impl Server {
    /// Starts `command`; `signal` is what ends it.
    pub(crate) fn start(command: &[String], signal: &str) -> Self {
        let keeper = Command::new("sh")
            .args(["-c", KEEPER, "sh", signal])
            .args(command)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("`sh` starts");
        Self { keeper }
    }

    /// Ends it as a crash would, and waits for that.
    pub(crate) fn kill(mut self) {
        use std::io::Write;
        if let Some(orders) = &mut self.keeper.stdin {
            // It may be gone already.
            let _ = writeln!(orders, "KILL");
        }
        drop(self);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}

/// The program in the `PATH` or one of the folders, or a panic that says what installs it.
pub(crate) fn program(name: &str, folders: &[PathBuf], package: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain([PathBuf::from("/usr/sbin"), PathBuf::from("/sbin")])
        .chain(folders.iter().cloned())
        .map(|folder| folder.join(name))
        .find(|program| program.is_file())
        .unwrap_or_else(|| panic!("`{name}` is missing; install it with: apt-get install {package}"))
}

/// Whether this process is root, and so must not run a database itself.
pub(crate) fn root(folder: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata(folder).is_ok_and(|m| m.uid() == 0)
}
