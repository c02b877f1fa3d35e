//! Bytes a second, over texts of this project's own making. Target: 200 MB/s where little is found, and nowhere under 10 MB/s.

use std::hint::black_box;

use agentguard_redact::{Form, Own, Redactor, Settings};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

const SIZE: usize = 64 << 10;

fn repeated(piece: &str) -> String {
    piece.repeat(SIZE / piece.len())
}

fn redact(c: &mut Criterion) {
    let prose = repeated(
        "The depot in Porto was opened on 5 March 2012 and employs 54 people. It ships about 4.2 million parcels a year, 32% of \
         them to the north; insurance for another €4 covers losses up to €3,000. Claims are sent within 16 days.\n",
    );
    let json = repeated(
        "{\"id\": 1767225600000000, \"name\": \"Harbour Grill\", \"phone\": \"805-555-0142\", \"rating\": 4.5, \"hours\": [11, 21]},\n",
    );
    let secrets = repeated(
        "ada@example.com 4111 1111 1111 1111 sk-proj-aB3dE5fG7hJ9kL1mN3pQ5rS7tU9 password=correct-horse\n",
    );
    let digits = repeated("4");
    let plain = Redactor::default();
    let own =
        (0..8).map(|n| Own { name: format!("own{n}"), pattern: format!("EMP{n}-[0-9]{{6}}") }).collect();
    let with_own = Redactor::new(Settings { own, ..Settings::default() }).expect("valid");
    let mut group = c.benchmark_group("redact");
    for (name, redactor, text) in [
        ("prose", &plain, &prose),
        ("json", &plain, &json),
        ("secrets", &plain, &secrets),
        ("digits", &plain, &digits),
        ("prose, 8 patterns", &with_own, &prose),
    ] {
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(name, |b| b.iter(|| black_box(redactor.redact(black_box(text), Form::Text))));
    }
    group.finish();
}

criterion_group!(benches, redact);
criterion_main!(benches);
