//! The control plane is away, and comes back as it was, or as another one.

use std::time::{Duration, Instant};

use agentguard_proxy::Recorder;
use agentguard_proxy::report::ReportConfig;
use agentguard_proxy::spool::SpoolConfig;

use super::control::{Control, Data, Fault};
use super::{Sidecar, event, eventually, quick};

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_under_load_loses_nothing() {
    let mut control = Control::start().await;
    let dir = tempfile::tempdir().unwrap();
    let sidecar = Sidecar::start(dir.path(), &quick(&control));
    let instance = sidecar.spool.instance();
    let mut recorded = 0;
    for phase in 0..6 {
        match phase % 2 {
            1 => control.stop().await,
            _ if phase > 0 => control.start_again().await,
            _ => {}
        }
        let until = Instant::now() + Duration::from_millis(400);
        while Instant::now() < until {
            for _ in 0..20 {
                sidecar.spool.record(event(recorded % 10 == 0, "m"));
                recorded += 1;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    control.start_again().await;
    eventually("everything arrives", || control.stored(instance) == recorded).await;
    assert_eq!(sidecar.stop().await, 0);
    control.assert_ledgers_add_up();
    assert_eq!(control.data.lock().heartbeats[&instance].produced, recorded as u64);
    assert_eq!(control.data.lock().heartbeats[&instance].judged, recorded as u64);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_heartbeat_is_the_last_to_arrive() {
    let control = Control::start().await;
    {
        let mut data = control.data.lock();
        data.faults.push_back(Fault::Slow(Duration::from_millis(300)));
        data.late = Some(Duration::from_millis(900));
    }
    let dir = tempfile::tempdir().unwrap();
    let sidecar = Sidecar::start(dir.path(), &quick(&control));
    let instance = sidecar.spool.instance();
    sidecar.spool.record(event(true, "m"));
    eventually("a heartbeat is on its way", || control.data.lock().late.is_none()).await;
    assert_eq!(sidecar.stop().await, 0);
    // Longer than the late one takes.
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(control.data.lock().heartbeats[&instance].in_flight, 0);
    control.assert_ledgers_add_up();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_longer_than_the_spool_costs_passing_verdicts_and_the_books_balance() {
    let mut control = Control::start().await;
    let dir = tempfile::tempdir().unwrap();
    let sidecar = Sidecar::with(
        dir.path(),
        &quick(&control),
        &SpoolConfig { cap_bytes: 256 << 10, ..SpoolConfig::default() },
    );
    let instance = sidecar.spool.instance();
    let mut recorded = 0;
    for _ in 0..3 {
        // What was stored without an answer must not be evicted and counted as lost besides.
        control.data.lock().faults.extend([Fault::StoredThen(500), Fault::StoredThen(500)]);
        for phase in 0..2 {
            for _ in 0..40 {
                for _ in 0..20 {
                    recorded += 1;
                    sidecar.spool.record(event(recorded % 20 == 0, "m"));
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            if phase == 0 {
                control.stop().await;
            }
        }
        control.start_again().await;
    }
    assert_eq!(sidecar.stop().await, 0);
    control.assert_ledgers_add_up();
    let data = control.data.lock();
    assert_eq!(data.heartbeats[&instance].produced, recorded);
    assert!(!data.lost[&instance].is_empty(), "the cap was never reached");
    let missing: Vec<_> =
        (1..=recorded).filter(|seq| seq % 20 == 0 && !data.stored[&instance].contains(seq)).collect();
    assert!(missing.is_empty(), "flagged ones: {missing:?}, lost: {:?}", data.lost[&instance]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_control_plane_that_comes_back_empty_is_served_on() {
    let mut control = Control::start().await;
    let dir = tempfile::tempdir().unwrap();
    let sidecar = Sidecar::start(dir.path(), &quick(&control));
    let instance = sidecar.spool.instance();
    for _ in 0..200 {
        sidecar.spool.record(event(false, "m"));
    }
    eventually("the first arrive", || control.stored(instance) == 200 && sidecar.accounts.in_flight() == 0)
        .await;
    control.stop().await;
    for _ in 0..100 {
        sidecar.spool.record(event(false, "m"));
    }
    *control.data.lock() = Data::default();
    control.start_again().await;
    // Its `acked_seq` stays 0, for it never had the first 200.
    eventually("the others arrive", || control.stored(instance) == 100 && sidecar.accounts.in_flight() == 0)
        .await;
    assert_eq!(control.data.lock().duplicates, 0, "and only once");
    assert_eq!(sidecar.stop().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn losses_are_told_again_to_a_control_plane_that_may_not_know_them() {
    let mut control = Control::start().await;
    control.data.lock().poison = Some("poison");
    let dir = tempfile::tempdir().unwrap();
    let sidecar = Sidecar::start(dir.path(), &quick(&control));
    let instance = sidecar.spool.instance();
    for model in ["m", "poison", "m"] {
        sidecar.spool.record(event(false, model));
    }
    let knows =
        |control: &Control| control.data.lock().lost.get(&instance).is_some_and(|lost| lost.contains(&2));
    eventually("the loss is reported", || knows(&control)).await;
    control.stop().await;
    *control.data.lock() = Data::default();
    control.start_again().await;
    eventually("the loss is reported again", || knows(&control)).await;
    sidecar.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_while_the_control_plane_is_away_ends_in_time_and_the_next_start_delivers() {
    let mut control = Control::start().await;
    control.stop().await;
    let dir = tempfile::tempdir().unwrap();
    let config = ReportConfig { drain: Duration::from_millis(300), ..quick(&control) };
    let sidecar = Sidecar::start(dir.path(), &config);
    let instance = sidecar.spool.instance();
    for _ in 0..50 {
        sidecar.spool.record(event(false, "m"));
    }
    let started = Instant::now();
    assert_eq!(sidecar.stop().await, 50);
    assert!(started.elapsed() < Duration::from_secs(4), "{:?}", started.elapsed());

    control.start_again().await;
    let sidecar = Sidecar::start(dir.path(), &config);
    eventually("the earlier instance's arrive", || control.stored(instance) == 50).await;
    eventually("it says its last word", || {
        control.data.lock().heartbeats.get(&instance).is_some_and(|beat| beat.in_flight == 0)
    })
    .await;
    eventually("its directory goes", || !dir.path().join(instance.to_string()).exists()).await;
    sidecar.stop().await;
    control.assert_ledgers_add_up();
}
