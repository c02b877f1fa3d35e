//! The bound of what may wait.

use super::*;

#[test]
fn what_waits_is_bounded_and_what_does_not_fit_ends_the_hearing() {
    let piece = Bytes::from(vec![b'x'; 1000]);
    let (mut tap, mut heard) = Tap::new(3 * (1000 + OVERHEAD));
    for _ in 0..3 {
        tap.hear(Side::Client, &piece);
    }
    assert!(tap.to.is_some() && !tap.missed.load(Ordering::Acquire));
    heard.try_recv().unwrap(); // read, so that its room is free again
    tap.hear(Side::Server, &Bytes::new());
    tap.hear(Side::Server, &piece);
    assert!(tap.to.is_some());
    tap.hear(Side::Server, &piece);
    assert!(tap.to.is_none() && tap.missed.load(Ordering::Acquire));
    tap.hear(Side::Server, &piece);
    let sides: Vec<_> = std::iter::from_fn(|| heard.try_recv().ok()).map(|heard| heard.side).collect();
    assert_eq!(sides, [Side::Client, Side::Client, Side::Server]);
}

#[test]
fn only_what_can_be_read_is_listened_to() {
    let of = |fields: &[(&'static str, &'static str)]| {
        let mut head = HeaderMap::new();
        for (name, value) in fields {
            head.append(*name, value.parse().unwrap());
        }
        extensions(&head)
    };
    assert_eq!(of(&[("upgrade", "WebSocket")]), Some(None));
    let deflate = [("upgrade", "websocket"), ("sec-websocket-extensions", "permessage-deflate")];
    assert!(of(&deflate).unwrap().is_some());
    assert_eq!(of(&[("upgrade", "websocket"), ("sec-websocket-extensions", "x-mux")]), None);
    assert_eq!(of(&[("upgrade", "h2c")]), None);
}
