//! The file's capability, as a container's entrypoint has it: another user, `no_new_privs`, and nothing but NET_ADMIN in the bounding set.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

use crate::support::{Netns, PROGRAM, ROOT, is_root};

/// The program in a folder that everybody may read, with `cap_net_admin+ep` where asked for; says why there is none.
fn program(capped: bool) -> Option<TempDir> {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let file = folder.path().join("agentguard-netinit");
    fs::copy(PROGRAM, &file).unwrap();
    for needed in ["setcap", "setpriv"] {
        if Command::new(needed).arg("-h").output().is_err() {
            println!("skipped: {needed} is missing: apt-get install libcap2-bin util-linux");
            return None;
        }
    }
    if capped {
        let output = Command::new("setcap").arg("cap_net_admin+ep").arg(&file).output().unwrap();
        if !output.status.success() {
            println!("skipped: files in {} can't carry capabilities: {output:?}", folder.path().display());
            return None;
        }
    }
    Some(folder)
}

/// Starts the words as uid 65534 under `no_new_privs`. Like a container runtime, setpriv keeps the permitted capabilities across the change of user.
fn start(pod: &Netns, bounding: &str, words: &[&str]) -> Output {
    let user = [
        "--reuid",
        "65534",
        "--regid",
        "65534",
        "--clear-groups",
        "--no-new-privs",
        "--bounding-set",
        bounding,
    ];
    pod.within(ROOT, || Command::new("setpriv").args(user).args(words).output().unwrap())
}

fn path(folder: &Path) -> String {
    folder.join("agentguard-netinit").to_str().unwrap().to_owned()
}

#[test]
fn as_the_entrypoint_the_files_capability_is_enough() {
    if !is_root() {
        return;
    }
    let Some(folder) = program(true) else { return };
    let (pod, _world) = Netns::pair();
    let output = start(&pod, "-all,+net_admin", &[&path(folder.path())]);
    assert!(output.status.success(), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("IPv4 works"), "{output:?}");
}

#[test]
fn behind_a_shell_and_without_the_files_capability_it_is_not() {
    if !is_root() {
        return;
    }
    let (Some(capped), Some(plain)) = (program(true), program(false)) else { return };
    let (pod, _world) = Netns::pair();
    for words in [&["sh", "-c", &format!("exec {}", path(capped.path()))][..], &[&path(plain.path())]] {
        let output = start(&pod, "-all,+net_admin", words);
        assert_eq!(output.status.code(), Some(77), "{words:?}: {output:?}");
    }
    // Outside the bounding set, the kernel does not even start it; 126 is setpriv's code for that.
    let output = start(&pod, "-all", &[&path(capped.path())]);
    assert_eq!(output.status.code(), Some(126), "{output:?}");
    assert_eq!(pod.sh("nft list ruleset"), "");
}
