//! What judging costs: time by size of plain and hostile text, whole and in small pieces, and memory of open sessions.
//!
//! `cost` prints everything; `cost usual|streamed|memory|hostile [name]` one part; `cost again` runs for a profiler. The text is used both as evidence and as answer.
//! Times are the least of several runs, so that a busy machine disturbs them little.

use std::hint::black_box;
use std::io::{self, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use agentguard_judge::{Evidence, Input, Session, Settings};
use agentguard_wire::{Dialect, Message, Part, Request, Role};

const SENTENCES: [&str; 4] = [
    "The harbour bridge opened on 4 May 1931 after six years of work.",
    "It is 1,149 metres long and carries eight lanes of traffic.",
    "The chief engineer was Ida Brandt, who also drew the two granite towers.",
    "Maintenance costs 3.2 million euros a year and is paid by the city.",
];

/// The same sentences over and over, grounded in themselves.
fn repeated(size: usize) -> String {
    let mut text = String::new();
    for sentence in SENTENCES.iter().cycle() {
        if text.len() >= size {
            break;
        }
        text.push_str(sentence);
        text.push(' ');
    }
    text
}

/// Sentences of which no two are alike.
fn varied(size: usize) -> String {
    let mut text = String::new();
    let mut state = 1_u64;
    let mut next = |most: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % most
    };
    while text.len() < size {
        let mut word = || -> String {
            (0..2 + next(3))
                .map(|_| ["ba", "ro", "ti", "len", "sku", "mar", "den", "fi"][next(8) as usize])
                .collect()
        };
        let (a, b, c, d, e) = (word(), word(), word(), word(), word());
        let n = next(5_000);
        text.push_str(&format!(
            "The {a} of {b} opened in {n} and holds {} {c} with a {d} near the {e}. ",
            n / 7
        ));
    }
    text
}

fn over(piece: &str, size: usize) -> String {
    piece.repeat(size / piece.len() + 1)
}

/// Texts that make careless rules slow.
const HOSTILE: [(&str, &str); 34] = [
    ("digits", "7"),
    ("dotted digits", "1."),
    ("numbers", "7 "),
    ("amounts", "$1,000.50 "),
    ("numbers and commas", "1, 2, "),
    ("one letter", "a"),
    ("one word", "word "),
    ("capital letters", "A"),
    ("capital words", "Name "),
    ("and", "and "),
    ("not", "not "),
    ("double quotes", "\""),
    ("curly quotes", "“a "),
    ("single quotes", "'"),
    ("triple quotes", "\"\"\" "),
    ("urls", "http://a.b/c?d "),
    ("url letters", "http://"),
    ("mail", "a@b."),
    ("newlines", "\n"),
    ("short lines", "a\n"),
    ("rows", "| a | 7 |\n"),
    ("parentheses", "("),
    ("braces", "{"),
    ("json", "{\"a\": [1, "),
    ("tags", "<a></b> "),
    ("sums", "1 + "),
    ("shares", "5% of 5 is "),
    ("full stops", "."),
    ("initials", "A. "),
    ("labels", "Context: "),
    ("not so", "The plan is not safe and the team is open. "),
    ("quotations", "He said \"we never sleep at night in here\" again. "),
    ("citations", "So it is [7] (Smith et al., 2019), passage 12. "),
    ("refusals", "The text does not mention it, I cannot find it. "),
];

/// JSON of many attributes that are so, are not so, or are left open.
fn attributes(size: usize) -> String {
    let mut text = String::from("{\"kind\": \"depot\"");
    let words = ["Ba", "Ro", "Ti", "Len", "Sku", "Mar", "Den", "Fi"];
    for n in 0.. {
        if text.len() >= size {
            break;
        }
        let word = |at: usize| words[n / at % 8];
        let value = ["true", "false", "null", "\"no\"", "12.5"][n % 5];
        text.push_str(&format!(",\n\"{}{}{}{}\": {value}", word(1), word(8), word(64), word(512)));
    }
    text + "}"
}

/// Sentences full of names in capital letters that nobody has heard of.
fn acronyms(size: usize) -> String {
    let letter = |n: usize| char::from(b'A' + (n % 26) as u8);
    let mut text = String::new();
    for n in 0.. {
        if text.len() >= size {
            break;
        }
        let name = [letter(n), letter(n / 26), letter(n / 7 + 3), letter(n / 676), letter(n / 11)];
        text.extend(name);
        text.push_str(if n % 9 == 8 { " is there. " } else { " with " });
    }
    text
}

fn request(text: &str) -> Request {
    let mut request = Request::new(Dialect::OpenaiChat);
    let message = |role, text: String| Message { role, parts: vec![Part::Text(text)] };
    request.messages.push(message(Role::System, format!("Answer from this text only.\n\n{text}")));
    request.messages.push(message(Role::User, "What do we know about the harbour bridge?".into()));
    request
}

fn least<T>(mut run: impl FnMut() -> T) -> Duration {
    let begun = Instant::now();
    let mut least = Duration::MAX;
    let mut runs = 0;
    while runs < 3 || runs < 300 && begun.elapsed() < Duration::from_millis(300) {
        let start = Instant::now();
        black_box(run());
        least = least.min(start.elapsed());
        runs += 1;
        if begun.elapsed() > Duration::from_secs(3) {
            break;
        }
    }
    least
}

fn judge(evidence: &Arc<Evidence>, text: &str, piece: usize) -> agentguard_judge::Verdict {
    let mut session = Session::new(Arc::clone(evidence), Settings::default());
    let mut at = 0;
    while at < text.len() {
        let mut end = (at + piece).min(text.len());
        while !text.is_char_boundary(end) {
            end += 1;
        }
        black_box(session.step(Input::Text { choice: 0, text: &text[at..end] }));
        at = end;
    }
    session.finish()
}

fn row(out: &mut impl Write, name: &str, evidence: &str, answer: &str) -> io::Result<()> {
    let request = request(evidence);
    let gather = least(|| Evidence::gather(&request));
    let evidence_ready = Arc::new(Evidence::gather(&request));
    let judged = least(|| judge(&evidence_ready, answer, usize::MAX / 2));
    let per = |time: Duration, bytes: usize| time.as_nanos() as f64 / bytes as f64;
    writeln!(
        out,
        "{name:20} {:>8} B  gather {:>10.1} µs {:>7.1} ns/B   judge {:>10.1} µs {:>7.1} ns/B   both {:>10.1} µs",
        evidence.len(),
        gather.as_secs_f64() * 1e6,
        per(gather, evidence.len()),
        judged.as_secs_f64() * 1e6,
        per(judged, answer.len()),
        (gather + judged).as_secs_f64() * 1e6,
    )?;
    out.flush()
}

fn usual(out: &mut impl Write) -> io::Result<()> {
    row(out, "small exchange", &repeated(700), &repeated(600))?;
    row(out, "large exchange", &repeated(15 << 10), &repeated(15 << 10))?;
    for size in [1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10] {
        row(out, "repeated", &repeated(size), &repeated(size))?;
    }
    for size in [1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10] {
        row(out, "varied", &varied(size), &varied(size))?;
    }
    for size in [4 << 10, 16 << 10, 64 << 10] {
        row(out, "attributes", &attributes(size), &repeated(size))?;
    }
    row(out, "varied, repeated", &varied(256 << 10), &repeated(256 << 10))
}

fn hostile(out: &mut impl Write, only: &str) -> io::Result<()> {
    for size in [64 << 10, 256 << 10] {
        row(out, "acronyms", &varied(size), &acronyms(size))?;
        row(out, "attributes", &attributes(size), &attributes(size))?;
        row(out, "attributes, varied", &attributes(size), &varied(size))?;
    }
    for (name, piece) in HOSTILE.into_iter().filter(|(name, _)| name.contains(only)) {
        for size in [64 << 10, 1 << 20] {
            row(out, name, &over(piece, size), &over(piece, size))?;
        }
        // The answer against other evidence, and the evidence against another answer.
        row(out, "  against varied", &varied(256 << 10), &over(piece, 256 << 10))?;
    }
    Ok(())
}

fn streamed(out: &mut impl Write) -> io::Result<()> {
    for (name, text) in [
        ("small", repeated(600)),
        ("repeated", repeated(16 << 10)),
        ("varied", varied(16 << 10)),
        ("one letter", over("a", 16 << 10)),
        ("json", serde_json::json!({"text": varied(16 << 10)}).to_string()),
    ] {
        let evidence = Arc::new(Evidence::gather(&request(&text)));
        let whole = least(|| judge(&evidence, &text, usize::MAX / 2));
        for piece in [64, 4, 1] {
            let pieces = least(|| judge(&evidence, &text, piece));
            writeln!(
                out,
                "{name:12} {:>6} B  one push {:>9.1} µs   {piece:>2}-byte pushes {:>9.1} µs",
                text.len(),
                whole.as_secs_f64() * 1e6,
                pieces.as_secs_f64() * 1e6
            )?;
        }
    }
    let evidence = Arc::new(Evidence::gather(&request(SENTENCES[0])));
    let fixed = least(|| Session::new(Arc::clone(&evidence), Settings::default()).finish());
    writeln!(out, "an empty session      {:>9.2} µs", fixed.as_secs_f64() * 1e6)?;
    let fixed = least(|| Evidence::gather(&request("")));
    writeln!(out, "evidence of a question {:>8.2} µs", fixed.as_secs_f64() * 1e6)
}

/// Resident memory in bytes (Linux).
fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    statm.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok()).unwrap_or(0) * 4096
}

fn memory(out: &mut impl Write) -> io::Result<()> {
    // What is made once for all sessions.
    let warm = repeated(2 << 10);
    black_box(judge(&Arc::new(Evidence::gather(&request(&warm))), &warm, 7));
    writeln!(out, "resident with one session's worth of tables {:>6} KiB", resident() >> 10)?;
    // All stay open to the end, so that no memory is used twice.
    let mut open: Vec<Session> = Vec::new();
    for (name, make) in
        [("repeated", repeated as fn(usize) -> String), ("varied", varied), ("attributes", attributes)]
    {
        for (size, count) in [(700, 2_000), (16 << 10, 256), (256 << 10, 48)] {
            let request = request(&make(size));
            let answer = make(300);
            let before = resident();
            for _ in 0..count {
                let mut session = Session::new(Arc::new(Evidence::gather(&request)), Settings::default());
                session.step(Input::Text { choice: 0, text: &answer });
                open.push(session);
            }
            let each = resident().saturating_sub(before) / count;
            writeln!(
                out,
                "{name:10} {size:>7} B of evidence, 300 B of answer: {each:>8} B a session, {:.1} B/B",
                each as f64 / size as f64
            )?;
        }
    }
    Ok(())
}

/// For a profiler: some exchanges, again and again.
fn again() {
    for text in [repeated(700), varied(16 << 10), attributes(16 << 10)] {
        let request = request(&text);
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(2) {
            let evidence = Arc::new(Evidence::gather(black_box(&request)));
            black_box(judge(&evidence, &text, usize::MAX / 2));
        }
    }
}

fn main() -> io::Result<()> {
    let part = std::env::args().nth(1).unwrap_or_default();
    let mut out = io::stdout().lock();
    if part == "again" {
        again();
        return Ok(());
    }
    let runs = |name: &str| part.is_empty() || part == name;
    if runs("usual") {
        usual(&mut out)?;
    }
    if runs("streamed") {
        streamed(&mut out)?;
    }
    if runs("memory") {
        memory(&mut out)?;
    }
    if runs("hostile") {
        hostile(&mut out, &std::env::args().nth(2).unwrap_or_default())?;
    }
    Ok(())
}
