//! The table as one nf_tables transaction: netlink messages between `NFNL_MSG_BATCH_BEGIN` and `NFNL_MSG_BATCH_END`.
//!
//! The kernel applies all of a transaction or nothing (`nfnetlink_rcv_batch` in `net/netfilter/nfnetlink.c`). The messages are our own because no crate under
//! a permissive licence writes all that is needed: `netlink-bindings` 0.3 is generated from the kernel's `specs/nftables.yaml`, which numbers the attributes of
//! `lookup` and the results of `fib` otherwise than the kernel does, and has no `redir`. The tests hold ours against those of nft.

mod message;
mod rule;
mod uapi;

use crate::span::{Point, Span};
use crate::table::{Chain, Elements, Hook, Kind, Set, TABLE, Table};
pub(crate) use message::FIRST_SEQUENCE;
use message::{Attributes, Messages};
use uapi::*;

/// Elements in one message: an attribute's length is 16 bits, and an interval of IPv6 addresses takes 80 bytes.
const CHUNK: usize = 256;
/// What nft keeps with a set to list its keys in the right byte order: `NFTNL_UDATA_SET_KEYBYTEORDER` (libnftnl's `udata.h`), 4 bytes, and
/// `BYTEORDER_BIG_ENDIAN` as a number in the machine's order.
const KEY_BYTE_ORDER: [u8; 2] = [0, 4];
const BIG_ENDIAN: u32 = 2;

/// One transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    pub(crate) bytes: Vec<u8>,
    /// What each message does, in words, for the operator who reads that the kernel refused it.
    pub(crate) steps: Vec<String>,
}

impl Batch {
    /// The messages, as they are sent.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// Replaces what the table was, or was not, by `table`.
pub fn replace(table: &Table) -> Batch {
    let mut builder = Builder::begin();
    // Deleting what isn't there is an error, adding what is there is none; the pair of them leaves nothing in every case.
    builder.add_table();
    builder.delete_table();
    builder.add_table();
    for set in &table.sets {
        builder.named_set(set);
    }
    for chain in &table.chains {
        builder.chain(chain);
    }
    for chain in &table.chains {
        for (index, rule) in chain.rules.iter().enumerate() {
            builder.rule(chain.name, index, rule);
        }
    }
    builder.end()
}

/// Deletes the table; nothing is wrong when there is none.
pub fn remove() -> Batch {
    let mut builder = Builder::begin();
    builder.add_table();
    builder.delete_table();
    builder.end()
}

struct Builder {
    messages: Messages,
    steps: Vec<String>,
    /// The sets so far; a set's id is its place, from 1.
    sets: Vec<&'static str>,
}

impl Builder {
    fn begin() -> Self {
        let mut builder = Self { messages: Messages::default(), steps: Vec::new(), sets: Vec::new() };
        builder.steps.push("the begin of the transaction".to_owned());
        builder.messages.push_edge(NFNL_MSG_BATCH_BEGIN, NFNL_SUBSYS_NFTABLES);
        builder
    }

    fn end(mut self) -> Batch {
        self.steps.push("the end of the transaction".to_owned());
        self.messages.push_edge(NFNL_MSG_BATCH_END, NFNL_SUBSYS_NFTABLES);
        Batch { bytes: self.messages.into_bytes(), steps: self.steps }
    }

    fn push(&mut self, step: String, kind: u16, flags: u16, write: impl FnOnce(&mut Attributes<'_>)) {
        self.steps.push(step);
        self.messages.push(NFNL_SUBSYS_NFTABLES << 8 | kind, flags, NFPROTO_INET, write);
    }

    fn add_table(&mut self) {
        self.push(format!("adding the table {TABLE}"), NFT_MSG_NEWTABLE, NLM_F_CREATE, |table| {
            table.text(NFTA_TABLE_NAME, TABLE).number(NFTA_TABLE_FLAGS, 0);
        });
    }

    fn delete_table(&mut self) {
        self.push(format!("deleting the table {TABLE}"), NFT_MSG_DELTABLE, 0, |table| {
            table.text(NFTA_TABLE_NAME, TABLE);
        });
    }

    fn chain(&mut self, chain: &Chain) {
        let kind = match chain.kind {
            Kind::Nat => "nat",
            Kind::Filter => "filter",
        };
        let hook = match chain.hook {
            Hook::Prerouting => NF_INET_PRE_ROUTING,
            Hook::Output => NF_INET_LOCAL_OUT,
        };
        self.push(format!("adding the chain {}", chain.name), NFT_MSG_NEWCHAIN, NLM_F_CREATE, |attributes| {
            attributes
                .text(NFTA_CHAIN_TABLE, TABLE)
                .text(NFTA_CHAIN_NAME, chain.name)
                .text(NFTA_CHAIN_TYPE, kind);
            attributes.number(NFTA_CHAIN_POLICY, NF_ACCEPT).nest(NFTA_CHAIN_HOOK, |attributes| {
                attributes
                    .number(NFTA_HOOK_HOOKNUM, hook)
                    .number(NFTA_HOOK_PRIORITY, chain.priority.cast_unsigned());
            });
        });
    }

    fn named_set(&mut self, set: &Set) {
        let flags = if set.elements.are_intervals() { NFT_SET_INTERVAL } else { 0 };
        match &set.elements {
            Elements::Ports(spans) => self.set(set.name, flags, spans),
            Elements::V4(spans) => self.set(set.name, flags, spans),
            Elements::V6(spans) => self.set(set.name, flags, spans),
        };
    }

    /// Makes a set and fills it; gives its id in this transaction.
    fn set<T: Point>(&mut self, name: &'static str, flags: u32, spans: &[Span<T>]) -> u32 {
        self.sets.push(name);
        let id = u32::try_from(self.sets.len()).unwrap_or(u32::MAX);
        let byte_order: Vec<u8> = KEY_BYTE_ORDER.into_iter().chain(BIG_ENDIAN.to_ne_bytes()).collect();
        self.push(format!("adding the set {name}"), NFT_MSG_NEWSET, NLM_F_CREATE, |set| {
            set.text(NFTA_SET_TABLE, TABLE).text(NFTA_SET_NAME, name).number(NFTA_SET_FLAGS, flags);
            set.number(NFTA_SET_KEY_TYPE, T::NFT_TYPE).number(NFTA_SET_KEY_LEN, T::BYTES);
            set.number(NFTA_SET_ID, id).bytes(NFTA_SET_USERDATA, &byte_order);
        });
        let elements = if flags & NFT_SET_INTERVAL == 0 { values(spans) } else { edges(spans) };
        for chunk in elements.chunks(CHUNK) {
            self.push(format!("filling the set {name}"), NFT_MSG_NEWSETELEM, NLM_F_CREATE, |list| {
                list.text(NFTA_SET_ELEM_LIST_TABLE, TABLE).text(NFTA_SET_ELEM_LIST_SET, name);
                list.number(NFTA_SET_ELEM_LIST_SET_ID, id).nest(NFTA_SET_ELEM_LIST_ELEMENTS, |list| {
                    for (index, element) in (1..).zip(chunk) {
                        list.nest(index, |attributes| element.write(attributes));
                    }
                });
            });
        }
        id
    }
}

/// One element of a set.
struct Element {
    key: Vec<u8>,
    /// It is the first value that is no longer in the interval before.
    ends: bool,
}

impl Element {
    fn write(&self, attributes: &mut Attributes<'_>) {
        if self.ends {
            attributes.number(NFTA_SET_ELEM_FLAGS, NFT_SET_ELEM_INTERVAL_END);
        }
        attributes.nest(NFTA_SET_ELEM_KEY, |data| {
            data.bytes(NFTA_DATA_VALUE, &self.key);
        });
    }
}

/// The elements of a set without intervals.
fn values<T: Point>(spans: &[Span<T>]) -> Vec<Element> {
    spans.iter().map(|span| Element { key: span.first.key(), ends: false }).collect()
}

/// The elements of a set of intervals: where each begins, and where it has ended. Like nft, it says first that nothing is in the set below the first
/// interval.
fn edges<T: Point>(spans: &[Span<T>]) -> Vec<Element> {
    let below = spans
        .first()
        .filter(|span| span.first != T::LEAST)
        .map(|_| Element { key: T::LEAST.key(), ends: true });
    let edges = spans.iter().flat_map(|span| {
        let end = span.last.next().map(|next| Element { key: next.key(), ends: true });
        [Some(Element { key: span.first.key(), ends: false }), end].into_iter().flatten()
    });
    below.into_iter().chain(edges).collect()
}

#[cfg(test)]
mod tests;
