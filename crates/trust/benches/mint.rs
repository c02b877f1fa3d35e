//! What a handshake waits for: a new leaf, and one from the cache.
#![allow(missing_docs)]

use std::hint::black_box;
use std::num::NonZeroUsize;
use std::sync::Arc;

use agentguard_trust::{Apps, Authority, HostSet, Mint, Terms};
use criterion::{Criterion, criterion_group, criterion_main};

fn mint(c: &mut Criterion) {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let hosts = HostSet::parse(["*.openai.azure.com"]).expect("valid");
    let opened =
        Authority::open(dir.path(), &hosts, Terms::default(), Apps::NotStarted).expect("an authority");
    let mint = Mint::new(Arc::new(opened.authority), hosts).with_capacity(NonZeroUsize::MIN);

    let mut n = 0_u64;
    c.bench_function("mint/new", |b| {
        b.iter(|| {
            n += 1;
            black_box(mint.key(&format!("tenant-{n}.openai.azure.com"))).expect("listed")
        });
    });
    mint.key("cached.openai.azure.com").expect("listed");
    c.bench_function("mint/cached", |b| {
        b.iter(|| black_box(mint.key(black_box("cached.openai.azure.com"))).expect("listed"));
    });
}

criterion_group!(benches, mint);
criterion_main!(benches);
