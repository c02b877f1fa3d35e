//! The bridge from the `log` crate, which our dependencies use and we do not.
//!
//! pingora's errors quote request targets with their query (`?key=…`) and, when a head cannot be parsed, the head itself
//! (`buf: …`, with `authorization` in it). Both are cut out before anything sees them. Below `warn`, dependencies print
//! heads and bodies; those records are dropped whatever the filter says.

use std::borrow::Cow;

use log::{Level, LevelFilter, Log, Metadata, Record};

/// What dependencies may say at most.
pub(crate) const MAX_LEVEL: LevelFilter = LevelFilter::Warn;

/// The marker after which pingora quotes raw bytes of a connection.
const RAW: &str = "buf: ";

pub(crate) struct Bridge;

impl Log for Bridge {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.level() <= Level::Warn
    }

    fn log(&self, record: &Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        let text = record.args().to_string();
        let text = scrub(&text);
        let mut scrubbed = Record::builder();
        scrubbed.metadata(record.metadata().clone());
        scrubbed.module_path(record.module_path()).file(record.file()).line(record.line());
        // Its error is that of a writer; stderr gone is nothing to log about.
        let _ = tracing_log::format_trace(&scrubbed.args(format_args!("{text}")).build());
    }

    fn flush(&self) {}
}

/// The text without queries and without raw bytes.
pub(crate) fn scrub(text: &str) -> Cow<'_, str> {
    let (kept, cut) = text.split_once(RAW).map_or((text, false), |(before, _)| (before, true));
    if !cut && !kept.contains('?') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = kept;
    while let Some(at) = rest.find('?') {
        let end = rest[at..].find(char::is_whitespace).map_or(rest.len(), |length| at + length);
        out.push_str(&rest[..=at]);
        if end > at + 1 {
            out.push('…');
        }
        rest = &rest[end..];
    }
    out.push_str(rest);
    if cut {
        out.push_str("buf: […]");
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests;
