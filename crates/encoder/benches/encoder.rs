//! The encoder on one thread: windows of 128 and 256 tokens, beside a plain matrix product of as many multiplications.
//!
//! The ratio of the two tells a slow machine from a slow encoder. Set `RTEN_NUM_THREADS=1` so that loading takes one thread, too.

use std::hint::black_box;

use agentguard_encoder::{Encoder, Ground, Tokenizer, Window};
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};

/// A window of exactly that many tokens: a third of it the sentence, the rest question and evidence of one-word segments.
fn window(tokens: usize) -> Window {
    let tokenizer = Tokenizer::new();
    let (question, sentence) = (24, tokens / 3);
    let evidence = tokens - question - sentence - 3;
    let ground = Ground::new(&tokenizer, &"word ".repeat(question), std::iter::repeat_n("bridge", evidence));
    let mut windows = ground.windows(&tokenizer, "", &"bridge ".repeat(sentence));
    let window = windows.remove(0);
    assert_eq!((windows.len(), window.ids().len()), (0, tokens));
    window
}

/// `a · b` with plain loops that the compiler vectorises: `rows × 384` times `384 × 1536`.
fn product(a: &[f32], b: &[f32], out: &mut [f32]) {
    for (row, out) in a.chunks_exact(384).zip(out.chunks_exact_mut(1536)) {
        out.fill(0.0);
        for (value, column) in row.iter().zip(b.chunks_exact(1536)) {
            for (sum, weight) in out.iter_mut().zip(column) {
                *sum += value * weight;
            }
        }
    }
}

fn encoder(criterion: &mut Criterion) {
    let encoder = Encoder::bundled(1).expect("the bundled model loads");
    let mut group = criterion.benchmark_group("encoder");
    for tokens in [128, 256] {
        let window = window(tokens);
        group.bench_with_input(BenchmarkId::new("window", tokens), &window, |bench, window| {
            bench.iter(|| encoder.score(black_box(std::slice::from_ref(window))));
        });
        // The six layers multiply 10.6 million weights per token: 18 products of 384 × 1536.
        let (a, b) = (vec![0.5_f32; tokens * 384], vec![0.25_f32; 384 * 1536]);
        let mut out = vec![0.0_f32; tokens * 1536];
        group.bench_function(BenchmarkId::new("plain products", tokens), |bench| {
            bench.iter(|| {
                for _ in 0..18 {
                    product(black_box(&a), black_box(&b), black_box(&mut out));
                }
            });
        });
    }
    group.finish();
    let tokenizer = Tokenizer::new();
    let text = "The harbour bridge opened on 4 May 1931 after six years of work. ".repeat(16);
    criterion.bench_function("tokens of 1 KiB", |bench| bench.iter(|| tokenizer.tokens(black_box(&text))));
}

criterion_group!(benches, encoder);
criterion_main!(benches);
