//! Key directories that cannot be written.

use std::process::Command;

use super::*;
use crate::testing::said;

/// Set for the copy of this test program that runs where the volume is mounted: what is to go wrong.
const INSIDE: &str = "AGENTGUARD_TRUST_VOLUME";

/// Runs one test of this program in a mount namespace where `$DIR` is a volume made by a shell command; `None` if the system permits none.
fn inside(test: &str, prepare: &str) -> Option<String> {
    let dir = TempDir::new().unwrap();
    let script = format!(
        "mount -t tmpfs -o size=8k tmpfs \"$DIR\" && {prepare} && exec \"$0\" --exact {test} --nocapture"
    );
    let output = Command::new("unshare")
        .args(["-rm", "sh", "-c", &script])
        .arg(std::env::current_exe().unwrap())
        .env("DIR", dir.path())
        .env(INSIDE, dir.path())
        .output()
        .ok()?;
    let said = said(&output);
    if !said.contains("running 1 test") {
        println!("skipped: no mount namespace here ({})", said.trim());
        return None;
    }
    assert!(output.status.success(), "{said}");
    Some(said)
}

/// The error of an attempt to make an authority on the prepared volume.
fn attempt(dir: &str) -> String {
    let keys = Path::new(dir).join("keys");
    let error =
        Authority::open(&keys, &hosts(["api.openai.com"]), Terms::default(), Apps::MayRun).unwrap_err();
    assert!(matches!(error, AuthorityError::Write { .. }), "{error}");
    let text = error.to_string();
    assert!(text.contains(keys.to_str().unwrap()), "{text}");
    assert_eq!(fs::read_dir(&keys).map_or(0, Iterator::count), 0, "nothing half-written is left");
    text
}

#[test]
fn a_read_only_volume_is_an_error_that_names_the_path() {
    if let Ok(dir) = std::env::var(INSIDE) {
        assert!(attempt(&dir).contains("Read-only file system"));
        return;
    }
    inside(
        "authority::tests::volume::a_read_only_volume_is_an_error_that_names_the_path",
        "mount -o remount,ro \"$DIR\"",
    );
}

#[test]
fn a_full_volume_is_an_error_that_names_the_path() {
    if let Ok(dir) = std::env::var(INSIDE) {
        assert!(attempt(&dir).contains("No space left on device"));
        return;
    }
    inside(
        "authority::tests::volume::a_full_volume_is_an_error_that_names_the_path",
        "{ mkdir \"$DIR/keys\"; head -c 9000 /dev/zero > \"$DIR/filler\" 2>/dev/null; true; }",
    );
}

#[test]
fn a_directory_below_a_file_is_an_error_that_names_the_path() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    let keys = file.join("keys");
    let error =
        Authority::open(&keys, &hosts(["api.openai.com"]), Terms::default(), Apps::MayRun).unwrap_err();
    assert!(error.to_string().contains(keys.to_str().unwrap()), "{error}");
}
