//! `kill -9` at random points: what was kept arrives, nothing arrives twice, and the books balance for every instance.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

use agentguard_proxy::Recorder;
use agentguard_proxy::report::ReportConfig;
use uuid::Uuid;

use super::control::{Control, Fault};
use super::{Sidecar, event, eventually, quick};

const ROUNDS: u64 = 30;
const DIR: &str = "AGENTGUARD_TEST_SPOOL";
const CONTROL: &str = "AGENTGUARD_TEST_CONTROL";

#[tokio::test(flavor = "multi_thread")]
async fn killed_thirty_times_no_kept_verdict_is_lost_and_none_is_doubled() {
    let control = Control::start().await;
    let dir = tempfile::tempdir().unwrap();
    let mut kept: BTreeMap<Uuid, u64> = BTreeMap::new();
    for round in 0..ROUNDS {
        // Some kills fall between a commit and its answer, some into an outage.
        let faults = [Fault::StoredThen(500), Fault::Slow(Duration::from_millis(40)), Fault::Status(503)];
        control.data.lock().faults = faults.into_iter().cycle().take((round % 7) as usize).collect();
        let (path, url) = (dir.path().to_owned(), control.url());
        let after = Duration::from_millis(rand::random_range(0..150));
        let lines = tokio::task::spawn_blocking(move || run_and_kill(&path, &url, after)).await.unwrap();
        for line in lines {
            let Some((instance, seq)) = line.strip_prefix("kept ").and_then(|rest| rest.split_once(' '))
            else {
                continue;
            };
            // The line itself may be torn by the kill.
            if let (Ok(instance), Some(seq)) =
                (instance.parse(), seq.strip_suffix(" .").and_then(|seq| seq.parse().ok()))
            {
                kept.insert(instance, seq);
            }
        }
    }
    assert!(kept.len() as u64 > ROUNDS / 2, "hardly any child got far enough to be killed: {kept:?}");

    control.data.lock().faults.clear();
    let sidecar = Sidecar::start(dir.path(), &quick(&control));
    eventually("all earlier instances are done", || {
        let open =
            std::fs::read_dir(dir.path()).unwrap().filter(|entry| entry.as_ref().unwrap().path().is_dir());
        open.count() == 0
    })
    .await;
    sidecar.stop().await;

    control.assert_ledgers_add_up();
    let data = control.data.lock();
    for (instance, kept) in kept {
        let beat = &data.heartbeats[&instance];
        assert!(beat.produced >= kept, "{instance}: {kept} were kept, {beat:?}");
        assert_eq!(beat.in_flight, 0, "{instance}: {beat:?}");
        // A kill between the writes of the two lanes leaves a gap below what is on disk, which is counted; never in what was kept.
        let lost: u64 = beat.lost.values().sum();
        assert!(lost <= beat.produced - kept, "{instance}: {kept} were kept, {beat:?}");
        assert!(
            (1..=kept).all(|seq| data.stored[&instance].contains(&seq)),
            "{instance}: a kept verdict is missing"
        );
    }
    assert!(data.duplicates > 0, "no kill fell between a commit and its acknowledgement");
}

/// Starts a child that records and reports, kills it some time after its first verdict is kept, and returns its output.
fn run_and_kill(dir: &std::path::Path, control: &str, after: Duration) -> Vec<String> {
    let mut child = Command::new(std::env::current_exe().expect("this test"))
        .args(["--exact", "kill::child", "--ignored", "--nocapture"])
        .envs([(DIR, dir.as_os_str()), (CONTROL, control.as_ref())])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("a child");
    let mut output = BufReader::new(child.stdout.take().expect("piped"));
    let mut lines = Vec::new();
    let mut line = String::new();
    while output.read_line(&mut line).is_ok_and(|length| length > 0) {
        lines.push(std::mem::take(&mut line).trim_end().to_owned());
        if lines.last().is_some_and(|line| line.starts_with("kept ")) {
            break;
        }
    }
    std::thread::scope(|scope| {
        let rest = scope.spawn(move || output.lines().map_while(Result::ok).collect::<Vec<_>>());
        std::thread::park_timeout(after);
        child.kill().expect("killed");
        child.wait().expect("waited for");
        lines.extend(rest.join().expect("read"));
    });
    lines
}

/// The process that is killed: records as fast as it can, and says which verdicts are on disk.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "only started by the test above, which kills it"]
async fn child() {
    let (Ok(dir), Ok(control)) = (std::env::var(DIR), std::env::var(CONTROL)) else { return };
    let config = ReportConfig {
        heartbeat: Duration::from_millis(20),
        min_backoff: Duration::from_millis(1),
        max_backoff: Duration::from_millis(20),
        batch_events: 40,
        ..ReportConfig::to(control)
    };
    let sidecar = Sidecar::start(dir.as_ref(), &config);
    let mut recorded = 0_u64;
    // Not for ever, should the parent be gone.
    while recorded < 200_000 {
        for _ in 0..rand::random_range(1..60) {
            sidecar.spool.record(event(recorded.is_multiple_of(5), "m"));
            recorded += 1;
        }
        let accounts = sidecar.accounts.clone();
        let flushed = tokio::task::spawn_blocking(move || accounts.flush(Duration::from_secs(10))).await;
        assert!(flushed.is_ok_and(|flushed| flushed));
        println!("kept {} {recorded} .", sidecar.spool.instance());
    }
}
