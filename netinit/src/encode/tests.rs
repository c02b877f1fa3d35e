use clap::Parser;

use super::*;
use crate::args::Args;
use crate::settings::Settings;

const FLAGS: [&str; 5] = [
    "agentguard-netinit",
    "--ports=443,8000-8100",
    "--skip-ports=8050",
    "--skip-cidrs=10.0.0.0/8,192.168.0.0/16,1.2.3.4,fd00::/8",
    "--inbound-ports=8080",
];

/// The messages that nft 1.0.6 sends for what `--print` prints with `FLAGS`: type and all that follows the header, of a little-endian machine
/// (`nft --debug=mnl -f -`). Without the begin and end of the transaction, and without the message that makes the unnamed set: nft adds a note of its own.
const OF_NFT: &str = include_str!("nft-1.0.6.hex");

/// A message: its type, flags, sequence number, and what follows the header.
type Message = (u16, u16, u32, Vec<u8>);

fn messages(batch: &Batch) -> Vec<Message> {
    let mut rest = batch.bytes();
    let mut messages = Vec::new();
    while !rest.is_empty() {
        let number = |at: usize, length: usize| {
            rest[at..at + length].iter().rev().fold(0u32, |sum, byte| sum << 8 | u32::from(*byte))
        };
        let (message, after) = rest.split_at(number(0, 4) as usize);
        messages.push((number(4, 2) as u16, number(6, 2) as u16, number(8, 4), message[16..].to_vec()));
        rest = after;
    }
    messages
}

fn settings(flags: &[&str]) -> Settings {
    Settings::read(&Args::parse_from(flags), 65534).unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
#[cfg(target_endian = "little")]
fn every_message_is_what_nft_sends() {
    let is_unnamed_set =
        |kind: u16, bytes: &[u8]| kind == 0xa09 && bytes.windows(UNNAMED.len()).any(|part| part == UNNAMED);
    let mut ours: Vec<String> = messages(&replace(&Table::from(&settings(&FLAGS))))
        .into_iter()
        .filter(|(kind, _, _, bytes)| kind >> 8 == NFNL_SUBSYS_NFTABLES && !is_unnamed_set(*kind, bytes))
        .map(|(kind, _, _, bytes)| format!("{kind:04x} {}", hex(&bytes)))
        .collect();
    let mut theirs: Vec<&str> = OF_NFT.lines().collect();
    ours.sort();
    theirs.sort_unstable();
    assert_eq!(ours, theirs);
}

const UNNAMED: &[u8] = b"__set%d";

#[test]
fn a_transaction_is_bracketed_numbered_and_named() {
    let batch = replace(&Table::from(&settings(&FLAGS)));
    let messages = messages(&batch);
    assert_eq!(messages.len(), batch.steps.len());
    assert_eq!(
        messages.iter().map(|message| message.2).collect::<Vec<_>>(),
        (1..=messages.len() as u32).collect::<Vec<_>>()
    );
    let kinds: Vec<u16> = messages.iter().map(|message| message.0).collect();
    assert_eq!(kinds[..4], [0x10, 0xa00, 0xa02, 0xa00]);
    assert_eq!(kinds.last(), Some(&0x11));
    assert_eq!(kinds.iter().filter(|kind| **kind == 0x10 || **kind == 0x11).count(), 2);
    // Begin and end belong to nf_tables (nfgenmsg's resource), and all others ask for an answer.
    assert_eq!(
        (hex(&messages[0].3), hex(&messages[messages.len() - 1].3)),
        ("0000000a".to_owned(), "0000000a".to_owned())
    );
    assert!(messages[1..messages.len() - 1].iter().all(|message| message.1 & 0x4 != 0));
    let rules = messages.iter().filter(|message| message.0 == 0xa06);
    assert!(rules.clone().count() == 12 && rules.clone().all(|message| message.1 == 0xc05));
}

#[test]
fn what_removes_only_deletes() {
    let kinds: Vec<u16> = messages(&remove()).iter().map(|message| message.0).collect();
    assert_eq!(kinds, [0x10, 0xa00, 0xa02, 0x11]);
}

#[test]
fn the_longest_lists_fit_into_their_messages() {
    let networks: Vec<String> = (0..1024).map(|index| format!("2001:db8:{:x}::/48", index * 2)).collect();
    let batch =
        replace(&Table::from(&settings(&["agentguard-netinit", "--skip-cidrs", &networks.join(",")])));
    let messages = messages(&batch);
    let filling: Vec<usize> =
        messages.iter().filter(|message| message.0 == 0xa0c).map(|message| message.3.len()).collect();
    // 2049 elements of the set, in nine messages; one more for each of the ports' set and the unnamed set.
    assert_eq!(filling.len(), 11);
    assert!(filling.iter().all(|length| *length < usize::from(u16::MAX)));
    // What a socket takes at once by default (net.core.wmem_default).
    assert!(batch.bytes().len() < 212_992, "{}", batch.bytes().len());
}

#[test]
fn an_interval_up_to_the_last_value_has_no_end_and_one_from_the_first_no_gap_below() {
    let keys =
        |spans: &[Span<u16>]| edges(spans).iter().map(|edge| (hex(&edge.key), edge.ends)).collect::<Vec<_>>();
    let edge = |key: &str, ends| (key.to_owned(), ends);
    assert_eq!(keys(&[Span { first: 0, last: 9 }]), [edge("0000", false), edge("000a", true)]);
    assert_eq!(keys(&[Span { first: 65000, last: 65535 }]), [edge("0000", true), edge("fde8", false)]);
    assert!(keys(&[]).is_empty());
}
