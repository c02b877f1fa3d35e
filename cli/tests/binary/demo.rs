//! `agentguard demo --exit --fast`: every conversation through the real proxy, and its verdict in the control plane.

use crate::running::binary;

#[test]
fn the_demo_shows_a_verdict_for_every_conversation_and_its_exit_code_is_the_agreement() {
    let folder = tempfile::tempdir().unwrap();
    let listen = ["--control-listen", "127.0.0.1:0", "--base-url-listen", "127.0.0.1:0"];
    let output = binary()
        .args(["demo", "--exit", "--fast", "--data-dir", folder.path().to_str().unwrap()])
        .args(listen)
        .output()
        .unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    let count = agentguard::demo::conversation::all().unwrap().len();
    let agree = told.lines().filter(|line| line.starts_with('✓')).count();
    let differ = told.lines().filter(|line| line.starts_with('✗')).count();
    assert_eq!(agree + differ, count, "{told}");
    assert!(told.contains(&format!("{agree} of {count} agree")), "{told}");
    assert_eq!(output.status.code(), Some(if differ == 0 { 0 } else { 3 }), "{told}");
    assert!(
        !told.contains("no verdict reached") && !told.contains("reached the client all the same"),
        "{told}"
    );
    for fate in ["annotated", "redacted", "cut", "refused", "passed"] {
        assert!(told.contains(fate), "{fate} is not among the fates: {told}");
    }
    assert!(!told.contains('\u{1b}') && !told.contains('\r'), "no terminal, no escape codes");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "nothing to complain about");
}
