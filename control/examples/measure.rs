//! Fills a control plane over HTTP and measures it: ingest rate with every batch durable, CPU time by verdict, memory, then the latency
//! of questions.
//!
//!     cargo run --release -p agentguard-control --example measure -- [postgres] [ROWS] [SENDERS] [EVENTS A BATCH] [MINUTES]
//!
//! Verdicts are spread over the minutes (a day unless said otherwise) before now: 20 workloads, 12 models, one in eight flagged. Senders, server and database share the
//! machine (with `postgres`, a PostgreSQL of its own, which syncs every commit); the senders have threads of their own, so that CPU time tells them apart. The cache of overviews is passed by: each
//! question has a range of its own. CPU time and memory come from `/proc`: Linux only.

#![allow(clippy::print_stdout, reason = "it prints its results")]

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use agentguard_control::{Config, Control};
use agentguard_testbed::Postgres;
use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const DAY: i64 = 86_400_000_000;
const MINUTE: i64 = 60_000_000;
const SENDER: &str = "sender";

/// A name, how often it is asked, and the address of the i-th question, given the time.
type Question = (&'static str, usize, fn(i64, i64) -> String);
/// What is sent.
#[derive(Clone, Copy)]
struct Load {
    rows: u64,
    senders: u64,
    per_batch: u64,
    /// Microseconds.
    spread: i64,
}

type Http = Client<HttpConnector, Full<Bytes>>;

const QUESTIONS: &[Question] = &[
    ("overview, 24 h", 200, |now, i| format!("overview?from={}&to={now}", now - DAY - i * MINUTE)),
    ("overview, 1 h", 200, |now, i| {
        format!("overview?from={}&to={}", now - i * MINUTE - DAY / 24, now - i * MINUTE)
    }),
    ("overview, 7 d", 200, |now, i| format!("overview?from={}&to={now}", now - 7 * DAY - i * MINUTE)),
    ("time series, 1 h", 200, |now, i| format!("timeseries?from={}&to={now}", now - DAY / 24 - i)),
    ("time series, 24 h", 200, |now, i| format!("timeseries?from={}&to={now}", now - DAY - i)),
    ("time series, 7 d", 200, |now, i| format!("timeseries?from={}&to={now}", now - 7 * DAY - i)),
    ("workloads, 24 h", 200, |now, i| format!("workloads?from={}&to={now}", now - DAY - i * MINUTE)),
    ("list, newest", 200, |_, _| "verdicts?limit=50".to_owned()),
    ("list, next page again and again", 200, |_, _| "verdicts?limit=500".to_owned()),
    ("list, flagged", 200, |_, _| "verdicts?limit=50&verdict=ungrounded,contradicted".to_owned()),
    ("list, one workload", 200, |_, i| format!("verdicts?limit=50&workload=shop/agent-{}", i % 20)),
    ("list, one model, some risk", 200, |_, i| {
        format!("verdicts?limit=50&model=model-{}&min_risk=0.2", i % 12)
    }),
    ("list, a value nothing has", 20, |_, _| "verdicts?limit=50&model=none".to_owned()),
    ("list, a risk nothing has", 20, |_, i| format!("verdicts?limit=50&verdict=grounded&min_risk=0.9{i}")),
    ("search, common word", 200, |_, _| "verdicts?limit=50&q=sentences".to_owned()),
    ("search, nothing found", 10, |_, i| format!("verdicts?limit=50&q=nowhere{i}")),
    ("facets, all", 20, |_, _| "verdicts/facets".to_owned()),
    ("facets, 24 h", 20, |now, i| format!("verdicts/facets?from={}&to={now}", now - DAY + i * MINUTE)),
    ("facets, 1 h", 20, |now, i| format!("verdicts/facets?from={}&to={now}", now - DAY / 24 + i)),
    ("facets, one model, flagged", 20, |_, i| {
        format!("verdicts/facets?model=model-{}&verdict=ungrounded", i % 12)
    }),
    ("facets, risk", 20, |_, _| "verdicts/facets?min_risk=0.7".to_owned()),
];

fn main() {
    let mut words = std::env::args().skip(1).peekable();
    let postgres = words.next_if_eq("postgres").map(|_| Postgres::durable());
    let mut arguments = words.map(|a| a.parse::<u64>().expect("arguments are numbers"));
    let rows = arguments.next().unwrap_or(1_000_000);
    let senders = arguments.next().unwrap_or(4);
    let per_batch = arguments.next().unwrap_or(500);
    let spread = arguments.next().unwrap_or(24 * 60) as i64 * MINUTE;
    let outside = runtime(SENDER);
    let server = runtime("control");
    let dir = tempfile::TempDir::new().expect("a temporary directory");
    let mut config = Config::new(dir.path());
    config.listen = SocketAddr::from(([127, 0, 0, 1], 0));
    config.metrics_listen = None;
    config.database = postgres.as_ref().map(|postgres| postgres.database().into());
    let drain = CancellationToken::new();
    let control = server.block_on(Control::bind(config)).expect("starts");
    let address = control.addresses().api;
    let served = server.spawn(control.run(drain.clone()));
    outside
        .block_on(outside.spawn(measure(
            address,
            size(dir.path().join("agentguard.db"), postgres),
            Load { rows, senders, per_batch, spread },
        )))
        .expect("ends");
    drain.cancel();
    server.block_on(served).expect("ends");
}

fn runtime(name: &str) -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().enable_all().thread_name(name).build().expect("a runtime")
}

/// How to ask for the database's size in bytes.
fn size(file: PathBuf, postgres: Option<Postgres>) -> impl Fn() -> u64 + Send + 'static {
    move || match &postgres {
        Some(postgres) => {
            postgres.sql("postgres", "SELECT pg_database_size('test_0')").parse().expect("a number")
        }
        None => std::fs::metadata(&file).map_or(0, |m| m.len()),
    }
}

async fn measure(address: SocketAddr, size: impl Fn() -> u64, load: Load) {
    let Load { rows, senders, per_batch, .. } = load;
    let http: Http = Client::builder(TokioExecutor::new()).build_http();
    println!("memory at the start: {} MiB resident", resident_mib());
    let cpu = server_cpu();
    let (took, refused) = fill(&http, address, load).await;
    let cpu = server_cpu() - cpu;
    let sent = rows / senders / per_batch * per_batch * senders;
    println!(
        "ingest: {sent} verdicts by {senders} senders, {per_batch} a batch: {:.1} s, {:.0}/s, {refused} batches put off",
        took.as_secs_f64(),
        sent as f64 / took.as_secs_f64()
    );
    println!("CPU of the control plane: {:.1} us a verdict", cpu.as_secs_f64() * 1e6 / sent.max(1) as f64);
    let size = size();
    println!("database: {} MiB, {} bytes a verdict", size >> 20, size / sent.max(1));
    println!("memory after ingest: {} MiB resident", resident_mib());

    for (name, times, question) in QUESTIONS {
        let mut took = Vec::with_capacity(*times);
        let mut cursor = None;
        for i in 0..*times {
            let mut uri = format!("http://{address}/api/v1/{}", question(now(), i as i64));
            if let Some(cursor) = cursor.take() {
                uri.push_str(&format!("&cursor={cursor}"));
            }
            let begun = Instant::now();
            let response = http.get(uri.parse().expect("a valid address")).await.expect("answers");
            assert!(response.status().is_success(), "{uri}: {}", response.status());
            let body = response.into_body().collect().await.expect("is read").to_bytes();
            took.push(begun.elapsed());
            if name.contains("next page") {
                cursor = next(&body);
            }
        }
        took.sort_unstable();
        let at = |q: f64| took[((took.len() as f64 * q) as usize).min(took.len() - 1)].as_secs_f64() * 1e3;
        println!("{name:<34} p50 {:>8.1} ms   p95 {:>8.1} ms   max {:>8.1} ms", at(0.5), at(0.95), at(1.0));
    }
    println!("memory at the end: {} MiB resident", resident_mib());
}

/// `next` of a page: its last member.
fn next(body: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(body).ok()?;
    text.rsplit_once("\"next\":\"")?.1.split('"').next().map(str::to_owned)
}

/// CPU time of every thread so far but the senders'.
fn server_cpu() -> Duration {
    let mut ticks = 0;
    for task in std::fs::read_dir("/proc/self/task").expect("Linux").flatten() {
        // A thread may end while we look.
        let Ok(stat) = std::fs::read_to_string(task.path().join("stat")) else { continue };
        let Some((name, rest)) = stat.rsplit_once(") ") else { continue };
        if !name.ends_with(SENDER) {
            // proc_pid_stat(5): fields 14 and 15, user and system, in hundredths of a second.
            ticks += rest.split(' ').skip(11).take(2).filter_map(|n| n.parse::<u64>().ok()).sum::<u64>();
        }
    }
    Duration::from_millis(ticks * 10)
}

fn resident_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or(0) >> 10
}

async fn fill(http: &Http, address: SocketAddr, load: Load) -> (Duration, u64) {
    let Load { rows, senders, per_batch, spread } = load;
    let refused = Arc::new(AtomicU64::new(0));
    let start = now() - spread;
    let begun = Instant::now();
    let tasks: Vec<_> = (0..senders)
        .map(|sender| {
            let (http, refused) = (http.clone(), Arc::clone(&refused));
            tokio::spawn(async move {
                let instance = Uuid::now_v7();
                let share = rows / senders;
                for batch in 0..share / per_batch {
                    let body = Bytes::from(write_batch(instance, batch * per_batch, per_batch, |seq| {
                        start + ((seq * senders + sender) as i64) * (spread / rows as i64)
                    }));
                    while !post(&http, address, body.clone()).await {
                        refused.fetch_add(1, Ordering::Relaxed);
                        tokio::time::sleep(Duration::from_millis(20)).await;
                    }
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("sends");
    }
    (begun.elapsed(), refused.load(Ordering::Relaxed))
}

async fn post(http: &Http, address: SocketAddr, body: Bytes) -> bool {
    let request = Request::post(format!("http://{address}/api/v1/ingest/verdicts"))
        .header("content-type", "application/json")
        .body(Full::new(body))
        .expect("a valid request");
    let response = http.request(request).await.expect("answers");
    let stored = response.status().is_success();
    response.into_body().collect().await.expect("is read");
    stored
}

fn write_batch(instance: Uuid, from: u64, count: u64, ts: impl Fn(u64) -> i64) -> String {
    use std::fmt::Write;
    let mut body = format!("{{\"instance\":\"{instance}\",\"events\":[");
    for seq in from + 1..=from + count {
        let flagged = seq % 8 == 0;
        let (verdict, risk, spans) = if flagged {
            let span = r#"{"start":120,"end":126,"kind":"wrong_number","risk":0.83,"evidence":{"source":"messages[1]","start":40,"end":44}}"#;
            ("ungrounded", 0.83, span)
        } else {
            ("grounded", (seq % 30) as f64 / 100.0, "")
        };
        let comma = if seq == from + 1 { "" } else { "," };
        let _ = write!(
            body,
            "{comma}{{\"id\":\"{}\",\"instance\":\"{instance}\",\"seq\":{seq},\"ts\":{},\"direction\":\"outbound\",\"provider\":\"openai\",\
             \"host\":\"api.openai.com\",\"path\":\"/v1/chat/completions\",\"dialect\":\"openai_chat\",\"model\":\"model-{}\",\
             \"response_id\":\"chatcmpl-{seq}\",\"stream\":true,\"status\":200,\"verdict\":\"{verdict}\",\"risk\":{risk},\
             \"action\":\"annotate\",\"mode\":\"pass\",\"spans\":[{spans}],\"sentences\":6,\"signals\":[\"numbers\",\"entities\",\"grounding\"],\
             \"explanation\":\"{} of 6 sentences are not supported by the evidence.\",\"judge\":\"rules-1\",\"policy\":\"0123456789ab\",\
             \"rule\":\"default\",\"latency\":{{\"total_ms\":{}.5,\"first_byte_ms\":210.25,\"judge_ms\":0.{},\"held_ms\":0.0}},\
             \"input_tokens\":900,\"output_tokens\":120,\"workload\":{{\"namespace\":\"shop\",\"name\":\"agent-{}\",\"pod\":\"agent-x\"}}}}",
            Uuid::now_v7(),
            ts(seq),
            seq % 12,
            u8::from(flagged),
            300 + seq % 4000,
            1 + seq % 9,
            seq % 20
        );
    }
    body.push_str("]}");
    body
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    since.as_micros() as i64
}
