use std::net::Ipv4Addr;

use proptest::prelude::*;

use super::*;

fn v4(first: &str, last: &str) -> Span<Ipv4Addr> {
    Span { first: first.parse().unwrap(), last: last.parse().unwrap() }
}

#[test]
fn ports_are_numbers_from_1_or_ranges() {
    assert_eq!(ports("443"), Some(Span { first: 443, last: 443 }));
    assert_eq!(ports("8000-8100"), Some(Span { first: 8000, last: 8100 }));
    for wrong in ["", "0", "65536", "http", "10-", "-10", "20-10", "0-5", "+443", " 443", "1-2-3"] {
        assert_eq!(ports(wrong), None, "{wrong:?}");
    }
}

#[test]
fn networks_lose_their_host_bits_and_addresses_are_networks_of_one() {
    assert_eq!(network("10.1.2.3/8").unwrap().to_string(), "10.0.0.0/8");
    assert_eq!(network("192.0.2.7").unwrap().to_string(), "192.0.2.7/32");
    assert_eq!(network("fd00::1/8").unwrap().to_string(), "fd00::/8");
    for wrong in ["", "10.0.0.0/33", "10.0.0", "example.com", "fd00::/129"] {
        assert!(network(wrong).is_none(), "{wrong:?}");
    }
}

#[test]
fn what_is_shown_is_what_nft_shows() {
    assert_eq!(v4("10.0.0.0", "10.255.255.255").to_string(), "10.0.0.0/8");
    assert_eq!(v4("10.0.0.1", "10.0.0.1").to_string(), "10.0.0.1");
    assert_eq!(v4("10.0.0.1", "10.0.0.2").to_string(), "10.0.0.1-10.0.0.2");
    assert_eq!(v4("0.0.0.0", "255.255.255.255").to_string(), "0.0.0.0/0");
    let v6 = |first: &str, last: &str| Span::<Ipv6Addr> {
        first: first.parse().unwrap(),
        last: last.parse().unwrap(),
    };
    assert_eq!(v6("fe80::1", "fe80::7").to_string(), "fe80::1-fe80::7");
    assert_eq!(v6("fd00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff").to_string(), "fd00::/8");
    assert_eq!(v6("::1", "::1").to_string(), "::1");
}

proptest! {
    #[test]
    fn merging_keeps_every_value_and_leaves_gaps_between(pairs in prop::collection::vec((any::<u16>(), any::<u16>()), 0..12), probe in any::<u16>()) {
        let spans: Vec<Span<u16>> = pairs.iter().map(|(a, b)| Span { first: *a.min(b), last: *a.max(b) }).collect();
        let merged = merged(spans.clone());
        let edges = spans.iter().flat_map(|span| [span.first, span.last, span.first.wrapping_sub(1), span.last.wrapping_add(1)]);
        for value in edges.chain([probe, 0, u16::MAX]) {
            prop_assert_eq!(spans.iter().any(|span| span.contains(value)), merged.iter().any(|span| span.contains(value)), "{}", value);
        }
        for pair in merged.windows(2) {
            prop_assert!(u32::from(pair[0].last) + 1 < u32::from(pair[1].first));
        }
    }
}
