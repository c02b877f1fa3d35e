//! What is printed at the end.

use super::connect::Lives;
use super::hostile::Siege;
use super::memory::Held;
use super::way::Way;
use crate::contender::Usage;
use crate::report::{median, ms, percentile, say};

/// One way under one load in one run.
pub(super) struct Row {
    pub(super) load: &'static str,
    pub(super) way: Way,
    pub(super) lives: Lives,
    pub(super) usage: Usage,
}

/// Everything that was measured.
#[derive(Default)]
pub(super) struct Table {
    pub(super) rows: Vec<Row>,
    pub(super) held: Vec<(Way, Held)>,
    pub(super) sieges: Vec<Siege>,
}

/// Medians over the runs.
struct Line {
    load: &'static str,
    way: Way,
    rate: f64,
    stood: [f64; 2],
    answered: [f64; 2],
    cpu_us: f64,
}

impl Table {
    fn lines(&self) -> Vec<Line> {
        let mut keys: Vec<(&str, Way)> = Vec::new();
        for row in &self.rows {
            if !keys.contains(&(row.load, row.way)) {
                keys.push((row.load, row.way));
            }
        }
        keys.into_iter()
            .map(|(load, way)| {
                let rows: Vec<&Row> =
                    self.rows.iter().filter(|row| row.load == load && row.way == way).collect();
                let of = |value: &dyn Fn(&Row) -> f64| median(rows.iter().map(|row| value(row)).collect());
                Line {
                    load: rows[0].load,
                    way,
                    rate: of(&|row| row.lives.answered.len() as f64 / row.lives.seconds),
                    stood: [0.5, 0.99].map(|share| of(&|row| percentile(&row.lives.stood, share))),
                    answered: [0.5, 0.99].map(|share| of(&|row| percentile(&row.lives.answered, share))),
                    cpu_us: of(&|row| row.usage.cpu_ms * 1000.0 / row.lives.answered.len().max(1) as f64),
                }
            })
            .collect()
    }

    pub(super) fn print(&self) {
        let lines = self.lines();
        let mut out = String::new();
        if !lines.is_empty() {
            out.push_str(
                "\n| new connections | through | a second | nginx ÷ it | TLS p50 ms | p99 | answer p50 ms | p99 | p50 ÷ nginx | CPU µs each | ÷ nginx |\n|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n",
            );
        }
        for line in &lines {
            let nginx = lines.iter().find(|other| {
                other.load == line.load && matches!(other.way, Way::NginxTunnel | Way::NginxEnds)
            });
            let ratio = |of: &dyn Fn(&Line) -> f64| {
                nginx.map_or_else(|| "–".to_owned(), |nginx| format!("{:.2}", of(line) / of(nginx)))
            };
            out.push_str(&format!(
                "| {} | {} | {:.0} | {} | {} | {} | {} | {} | {} | {:.0} | {} |\n",
                line.load,
                line.way.name(),
                line.rate,
                ratio(&|l| 1.0 / l.rate),
                ms(line.stood[0]),
                ms(line.stood[1]),
                ms(line.answered[0]),
                ms(line.answered[1]),
                ratio(&|l| l.answered[0]),
                line.cpu_us,
                ratio(&|l| l.cpu_us),
            ));
        }
        if !self.held.is_empty() {
            out.push_str(
                "\n| idle connections | number | resident before, MiB | with them | KiB each |\n|---|---:|---:|---:|---:|\n",
            );
        }
        for (way, held) in &self.held {
            out.push_str(&format!(
                "| {} | {} | {:.1} | {:.1} | {:.1} |\n",
                way.name(),
                held.connections,
                held.before / 1024.0,
                held.with / 1024.0,
                held.each()
            ));
        }
        if !self.sieges.is_empty() {
            out.push_str(
                "\n| attack | made | stood at the end | resident before, MiB | most | 10 s after | others served | failed | p50 ms | p99 |\n|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n",
            );
        }
        for siege in &self.sieges {
            out.push_str(&format!(
                "| {} | {} | {} | {:.1} | {:.1} | {:.1} | {} | {} | {} | {} |\n",
                siege.attack.name(),
                siege.made,
                siege.standing,
                siege.before / 1024.0,
                siege.most / 1024.0,
                siege.after / 1024.0,
                siege.served.len(),
                siege.failed,
                ms(percentile(&siege.served, 0.5)),
                ms(percentile(&siege.served, 0.99)),
            ));
        }
        for siege in self.sieges.iter().filter(|siege| siege.failed > 0) {
            out.push_str(&format!(
                "\n{}: the last failure of another client: {}",
                siege.attack.name(),
                siege.why
            ));
        }
        say(&out);
    }
}
