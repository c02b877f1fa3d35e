//! The table that `make bench` prints.

use crate::contender::Usage;
use crate::load::Sample;

/// One contender under one workload in one run.
pub(crate) struct Row {
    pub(crate) workload: String,
    pub(crate) contender: &'static str,
    pub(crate) sample: Sample,
    pub(crate) usage: Usage,
}

/// All rows of all runs.
#[derive(Default)]
pub(crate) struct Report {
    rows: Vec<Row>,
    told: Vec<Told>,
}

/// What the control plane heard of one run of a contender.
struct Told {
    contender: &'static str,
    exchanges: usize,
    verdicts: usize,
    judged: usize,
}

/// The medians over the runs of one workload and contender.
struct Line {
    workload: String,
    contender: &'static str,
    rate: f64,
    p50: f64,
    p99: f64,
    first_p50: f64,
    first_p99: f64,
    gap_p99: f64,
    cpu_us: f64,
    rss: f64,
}

impl Report {
    pub(crate) fn add(&mut self, row: Row) {
        self.rows.push(row);
    }

    /// What the control plane heard of so many exchanges: verdicts, and those of them that were judged. Says whether each
    /// exchange gave one verdict.
    pub(crate) fn told(
        &mut self,
        contender: &'static str,
        exchanges: usize,
        (verdicts, judged): (usize, usize),
    ) -> bool {
        self.told.push(Told { contender, exchanges, verdicts, judged });
        exchanges == verdicts
    }

    /// Whether each exchange gave one verdict.
    pub(crate) fn nothing_lost(&self) -> bool {
        self.told.iter().all(|told| told.verdicts == told.exchanges)
    }

    fn lines(&self) -> Vec<Line> {
        let mut keys: Vec<(&str, &'static str)> = Vec::new();
        for row in &self.rows {
            if !keys.contains(&(row.workload.as_str(), row.contender)) {
                keys.push((&row.workload, row.contender));
            }
        }
        keys.sort_by_key(|(workload, _)| self.rows.iter().position(|r| r.workload == *workload));
        keys.into_iter().map(|(workload, contender)| self.line(workload, contender)).collect()
    }

    fn line(&self, workload: &str, contender: &'static str) -> Line {
        let rows: Vec<&Row> =
            self.rows.iter().filter(|r| r.workload == workload && r.contender == contender).collect();
        let of = |value: fn(&Row) -> f64| median(rows.iter().map(|row| value(row)).collect());
        Line {
            workload: workload.to_owned(),
            contender,
            rate: of(|r| r.sample.count as f64 / r.sample.seconds),
            p50: of(|r| percentile(&r.sample.total, 0.50)),
            p99: of(|r| percentile(&r.sample.total, 0.99)),
            first_p50: of(|r| percentile(&r.sample.first, 0.50)),
            first_p99: of(|r| percentile(&r.sample.first, 0.99)),
            gap_p99: of(|r| percentile(&r.sample.gaps, 0.99)),
            cpu_us: of(|r| r.usage.cpu_ms * 1000.0 / r.sample.count.max(1) as f64),
            rss: of(|r| r.usage.rss_mib),
        }
    }

    pub(crate) fn print(&self) {
        let lines = self.lines();
        let mut out = String::from(
            "\n| load | through | exchanges/s | ÷ direct | ÷ nginx | p50 ms | p99 ms | first byte p50 | p99 | gap p99 | CPU µs/exchange | peak RSS MiB |\n",
        );
        out.push_str("|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n");
        for line in &lines {
            let rate_of = |name: &str| {
                lines.iter().find(|l| l.workload == line.workload && l.contender == name).map(|l| l.rate)
            };
            let ratio = |name| {
                rate_of(name).map_or_else(|| "–".to_owned(), |rate| format!("{:.2}", line.rate / rate))
            };
            out.push_str(&format!(
                "| {} | {} | {:.0} | {} | {} | {} | {} | {} | {} | {} | {:.0} | {:.1} |\n",
                line.workload,
                line.contender,
                line.rate,
                ratio("direct"),
                ratio("nginx"),
                ms(line.p50),
                ms(line.p99),
                ms(line.first_p50),
                ms(line.first_p99),
                ms(line.gap_p99),
                line.cpu_us,
                line.rss,
            ));
        }
        for told in &self.told {
            out.push_str(&format!(
                "\n{}: {} exchanges, {} verdicts received, {:.1} % of them judged",
                told.contender,
                told.exchanges,
                told.verdicts,
                100.0 * told.judged as f64 / told.verdicts.max(1) as f64
            ));
        }
        say(&out);
    }

    pub(crate) fn json(&self) -> String {
        let rows: Vec<_> = self
            .lines()
            .iter()
            .map(|l| {
                serde_json::json!({
                    "workload": l.workload, "contender": l.contender, "exchanges_per_second": l.rate,
                    "p50_us": l.p50, "p99_us": l.p99, "first_byte_p50_us": l.first_p50, "first_byte_p99_us": l.first_p99,
                    "gap_p99_us": l.gap_p99, "cpu_us_per_exchange": l.cpu_us, "peak_rss_mib": l.rss,
                })
            })
            .collect();
        serde_json::Value::Array(rows).to_string()
    }
}

/// Microseconds as milliseconds.
pub(crate) fn ms(micros: f64) -> String {
    if micros.is_nan() { "–".to_owned() } else { format!("{:.2}", micros / 1000.0) }
}

/// Nearest-rank percentile of sorted times; NaN when there are none.
pub(crate) fn percentile(sorted: &[u32], share: f64) -> f64 {
    let rank = ((sorted.len() as f64 * share).ceil() as usize).clamp(1, sorted.len().max(1));
    sorted.get(rank - 1).map_or(f64::NAN, |&value| f64::from(value))
}

/// The middle value; NaN when there are none.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Prints a line: this program's output is its purpose.
#[expect(clippy::print_stdout, reason = "the table is what this program is for")]
pub(crate) fn say(line: &str) {
    println!("{line}");
}
