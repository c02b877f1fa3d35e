//! `make bench`: the same load against the origin itself, against nginx and against AgentGuard, in one run.
//!
//! Machines differ and are noisy, so what counts are the ratios to the direct and nginx rows of the same run. Origin,
//! load and contender share the machine's cores; that costs every contender alike.

mod bare;
mod contender;
mod http1;
mod interception;
mod load;
mod origin;
mod report;
mod sink;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, Subcommand};

use crate::contender::{Contender, Kind};
use crate::load::Target;
use crate::report::{Report, Row};

/// Compare AgentGuard with nginx and with no proxy at all.
#[derive(Debug, Parser)]
struct Args {
    /// Seconds of load a row, after one second of warm-up.
    #[arg(long, default_value_t = 8)]
    seconds: u64,
    /// Connections of the JSON rows.
    #[arg(long, default_value_t = 32)]
    connections: usize,
    /// Streams at once in the streaming rows.
    #[arg(long, default_value_t = 128)]
    streams: usize,
    /// Worker threads of nginx and of AgentGuard.
    #[arg(long, default_value_t = 2)]
    threads: usize,
    /// The AgentGuard binary.
    #[arg(long, default_value = "target/release/agentguard")]
    binary: PathBuf,
    /// Runs of everything; ratios are of medians.
    #[arg(long, default_value_t = 3)]
    runs: usize,
    /// Only rows whose name contains this.
    #[arg(long, default_value = "")]
    only: String,
    /// What it costs that connections are caught, against nginx, instead of the rows of exchanges.
    #[arg(long)]
    interception: bool,
    /// The sidecar's binary, for that.
    #[arg(long, default_value = "target/release/agentguard-proxy")]
    sidecar: PathBuf,
    #[command(subcommand)]
    part: Option<Part>,
    /// Also write the rows as JSON to this file.
    #[arg(long)]
    json: Option<PathBuf>,
}

/// A part of a run that is this program.
#[derive(Debug, Subcommand)]
enum Part {
    /// Proxies everything from LISTEN to ORIGIN by pingora alone.
    #[command(hide = true)]
    Pingora { listen: SocketAddr, origin: SocketAddr, threads: usize },
    /// Serves TLS with the certificates in FOLDER.
    #[command(hide = true)]
    TlsOrigin { folder: PathBuf },
}

/// One kind of load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Workload {
    /// Unstreamed chat completions with request and response bodies of about this size.
    Json(usize),
    /// The smallest of them, one after the other: what a lone call waits longer.
    Lone,
    /// Chat completions streamed at a steady pace.
    Streams,
    /// One of them at a time: how much later its end comes.
    LoneStream,
}

impl Workload {
    const ALL: [Self; 5] =
        [Self::Json(1024), Self::Json(16 * 1024), Self::Lone, Self::Streams, Self::LoneStream];

    /// The encoder reads a sentence in tens of milliseconds of one core: it is measured where calls come at a model's pace, not where
    /// they come as fast as they are answered.
    fn suits(self, kind: Kind) -> bool {
        !kind.reads() || self == Self::LoneStream
    }

    fn name(self) -> String {
        match self {
            Self::Json(size) => format!("JSON {} KiB", size / 1024),
            Self::Lone => "one at a time".to_owned(),
            Self::Streams => "streams".to_owned(),
            Self::LoneStream => "one stream".to_owned(),
        }
    }
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    match args.part {
        Some(Part::Pingora { listen, origin, threads }) => bare::run(listen, origin, threads),
        Some(Part::TlsOrigin { folder }) => return interception::origin::run(&folder),
        None => {}
    }
    if args.interception {
        let Args { seconds, runs, threads, sidecar, only, .. } = args;
        return interception::run(&interception::Plan { seconds, runs, threads, binary: sidecar, only });
    }
    anyhow::ensure!(args.binary.exists(), "{} is missing: run `make release`", args.binary.display());
    let (origin, sink) = (origin::start()?, sink::start()?);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut report = Report::default();
    for run in 0..args.runs {
        for kind in Kind::ALL {
            let name = |workload: Workload| format!("{} / {}", workload.name(), kind.name());
            let wanted: Vec<_> = Workload::ALL
                .into_iter()
                .filter(|w| w.suits(kind) && name(*w).contains(&args.only))
                .collect();
            if wanted.is_empty() {
                continue;
            }
            let contender = Contender::start(kind, origin, &sink, args.threads, &args.binary)?;
            let mut exchanges = 0;
            for workload in wanted {
                let name = name(workload);
                report::say(&format!("run {} of {}: {name}", run + 1, args.runs));
                let target = Target::new(&contender, workload);
                let warm = Duration::from_secs(1);
                exchanges += runtime.block_on(measure(&target, workload, &args, warm))?.count;
                let before = contender.usage();
                let sample =
                    runtime.block_on(measure(&target, workload, &args, Duration::from_secs(args.seconds)))?;
                let usage = contender.usage().since(before);
                exchanges += sample.count;
                report.add(Row { workload: workload.name(), contender: kind.name(), sample, usage });
            }
            let last_words = contender.end(); // it reports to the last before it ends
            if kind.reports() && !report.told(kind.name(), exchanges, sink.taken()) {
                report::say(&last_words);
            }
        }
    }
    report.print();
    if let Some(path) = &args.json {
        std::fs::write(path, report.json())?;
    }
    anyhow::ensure!(report.nothing_lost(), "not every exchange gave a verdict");
    Ok(())
}

async fn measure(
    target: &Target,
    workload: Workload,
    args: &Args,
    time: Duration,
) -> anyhow::Result<load::Sample> {
    match workload {
        Workload::Json(_) => load::closed_loop(target, args.connections, time).await,
        Workload::Lone => load::closed_loop(target, 1, time).await,
        Workload::Streams => load::streams(target, args.streams, time).await,
        Workload::LoneStream => load::streams(target, 1, time).await,
    }
}
