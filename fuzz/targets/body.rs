//! Whole bodies in every dialect: they parse or they do not.
#![no_main]

use agentguard_wire::{Dialect, Endpoint, parse_answer, parse_request};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u8, bool, &[u8])| {
    let (dialect, asks, bytes) = input;
    let dialect = Dialect::ALL[usize::from(dialect) % Dialect::ALL.len()];
    if asks {
        let _ = parse_request(&Endpoint { dialect, model: None, stream: None }, bytes);
    } else {
        let _ = parse_answer(dialect, bytes);
    }
});
