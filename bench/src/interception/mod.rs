//! `make bench ARGS=--interception`: what it costs that connections are caught. Each connection is new, as the dearest case;
//! what requests cost once a connection stands, the other run says.

mod connect;
mod hostile;
mod memory;
pub(crate) mod origin;
mod pki;
mod table;
mod way;

use std::path::PathBuf;
use std::time::Duration;

use tempfile::TempDir;
use tokio::runtime::Runtime;

use self::connect::{Target, clients};
use self::hostile::{Attack, siege};
use self::memory::hold;
use self::origin::Origin;
use self::pki::{Pki, client};
use self::table::{Row, Table};
use self::way::{Running, Way, raise_files};
use crate::report::say;

/// Idle tunnels, and idle connections whose TLS was ended.
const TUNNELS: usize = 10_000;
const ENDED: usize = 2_000;

/// What is to be measured, with what.
pub(crate) struct Plan {
    pub(crate) seconds: u64,
    pub(crate) runs: usize,
    pub(crate) threads: usize,
    /// The `agentguard-proxy` binary.
    pub(crate) binary: PathBuf,
    /// Only rows whose name contains this.
    pub(crate) only: String,
}

impl Plan {
    fn wants(&self, name: &str) -> bool {
        name.contains(&self.only)
    }
}

/// One kind of load.
struct Load {
    name: &'static str,
    ways: &'static [Way],
    clients: usize,
    resumes: bool,
}

const TUNNELLED: &[Way] = &[Way::Direct, Way::NginxTunnel, Way::HostsTunnel, Way::ConnectTunnel];
const ENDING: &[Way] = &[Way::Direct, Way::NginxEnds, Way::Intercepted];
const LOADS: [Load; 5] = [
    Load { name: "tunnel, one at a time", ways: TUNNELLED, clients: 1, resumes: false },
    Load { name: "tunnel, 16 at a time", ways: TUNNELLED, clients: 16, resumes: false },
    Load { name: "TLS ends, one at a time", ways: ENDING, clients: 1, resumes: false },
    Load { name: "TLS ends, 16 at a time", ways: ENDING, clients: 16, resumes: false },
    Load { name: "TLS ends, sessions resumed", ways: ENDING, clients: 16, resumes: true },
];

/// Measures, and prints.
pub(crate) fn run(plan: &Plan) -> anyhow::Result<()> {
    anyhow::ensure!(plan.binary.exists(), "{} is missing: run `make bench`", plan.binary.display());
    raise_files();
    let folder = TempDir::new()?;
    let stage = Stage { plan, pki: Pki::make(folder.path())?, origin: Origin::start(folder.path())? };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut table = Table::default();
    for run in 0..plan.runs {
        for load in &LOADS {
            for way in load.ways {
                let name = format!("{} / {}", load.name, way.name());
                if plan.wants(&name) {
                    say(&format!("run {} of {}: {name}", run + 1, plan.runs));
                    table.rows.push(stage.load(&runtime, load, *way)?);
                }
            }
        }
    }
    for (way, count) in [
        (Way::NginxTunnel, TUNNELS),
        (Way::HostsTunnel, TUNNELS),
        (Way::ConnectTunnel, TUNNELS),
        (Way::NginxEnds, ENDED),
        (Way::Intercepted, ENDED),
    ] {
        let name = format!("memory / {}", way.name());
        if plan.wants(&name) {
            say(&name);
            let running = stage.start(way)?;
            let target = Target::new(&running, client(&running.roots(&stage.pki), false)?);
            table.held.push((way, runtime.block_on(hold(&running, &target, count))?));
        }
    }
    for attack in [
        Attack::None,
        Attack::ListedNames,
        Attack::UnlistedNames,
        Attack::HalfHellos(3_000),
        Attack::HalfHellos(6_000),
        Attack::HalfHandshakes(3_000),
        Attack::Drips(2_000),
    ] {
        let name = format!("hostile / {}", attack.name());
        if plan.wants(&name) {
            say(&name);
            let running = stage.start(Way::Intercepted)?;
            let target = Target::new(&running, client(&running.roots(&stage.pki), false)?);
            let time = Duration::from_secs(plan.seconds);
            // Warm: what is measured is not the first connection of all.
            runtime.block_on(clients(&target, 4, Duration::from_secs(1)))?;
            table.sieges.push(runtime.block_on(siege(&running, &target, attack, time))?);
        }
    }
    table.print();
    Ok(())
}

/// What all rows are measured with.
struct Stage<'p> {
    plan: &'p Plan,
    pki: Pki,
    origin: Origin,
}

impl Stage<'_> {
    fn start(&self, way: Way) -> anyhow::Result<Running> {
        Running::start(way, self.origin.address, &self.pki, &self.plan.binary, self.plan.threads)
    }

    fn load(&self, runtime: &Runtime, load: &Load, way: Way) -> anyhow::Result<Row> {
        let running = self.start(way)?;
        let target = Target::new(&running, client(&running.roots(&self.pki), load.resumes)?);
        runtime.block_on(clients(&target, load.clients, Duration::from_secs(1)))?;
        let before = running.usage();
        let lives =
            runtime.block_on(clients(&target, load.clients, Duration::from_secs(self.plan.seconds)))?;
        Ok(Row { load: load.name, way, lives, usage: running.usage().since(before) })
    }
}
