//! The ClientHello sniff: what was decided early stands, and a name is a name.
#![no_main]
#![allow(dead_code, reason = "the proxy's module, of which a part is used here")]

use libfuzzer_sys::fuzz_target;

#[path = "../../proxy/src/front/hello.rs"]
mod hello;

use hello::Progress;

fuzz_target!(|bytes: &[u8]| {
    let whole = hello::read(bytes);
    for end in 0..bytes.len() {
        match hello::read(&bytes[..end]) {
            Progress::More => {}
            decided => {
                assert_eq!(decided, whole, "after {end} bytes");
                break;
            }
        }
    }
    if let Progress::Hello(hello) = &whole
        && let Some(name) = &hello.name
    {
        assert!(name.len() <= 253 && !name.ends_with('.') && !name.bytes().any(|b| b.is_ascii_uppercase()));
    }
});
