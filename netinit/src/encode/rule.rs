//! A rule as the kernel's small programs: expressions that load a value into a register, compare it, look it up, or decide.

use super::Builder;
use super::message::Attributes;
use super::uapi::*;
use crate::span::Span;
use crate::table::{Match, Rule, TABLE, Verdict};

/// The name by which the kernel is asked to name a set itself.
const UNNAMED: &str = "__set%d";

impl Builder {
    pub(super) fn rule(&mut self, chain: &str, index: usize, rule: &Rule) {
        let set = match rule.when {
            Match::V4In(name) | Match::V6In(name) | Match::TcpIn(name) => {
                self.sets.iter().zip(1..).find(|(set, _)| **set == name).map(|(_, id)| id)
            }
            Match::UdpIn(ports) => Some(self.unnamed_set(ports)),
            _ => None,
        };
        let step = format!("adding rule {} of the chain {chain} ({rule})", index + 1);
        self.push(step, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND, |attributes| {
            attributes.text(NFTA_RULE_TABLE, TABLE).text(NFTA_RULE_CHAIN, chain);
            attributes.nest(NFTA_RULE_EXPRESSIONS, |list| {
                let mut program = Program { list, set: set.unwrap_or_default() };
                program.when(rule.when);
                if rule.counted {
                    program.expression("counter", |_| {});
                }
                program.then(rule.then);
            });
        });
    }

    /// A set that belongs to the one rule that looks into it.
    fn unnamed_set(&mut self, ports: &[u16]) -> u32 {
        let spans: Vec<Span<u16>> = ports.iter().map(|&port| Span { first: port, last: port }).collect();
        self.set(UNNAMED, NFT_SET_ANONYMOUS | NFT_SET_CONSTANT, &spans)
    }
}

struct Program<'a, 'b> {
    list: &'a mut Attributes<'b>,
    /// Id of the set that it looks into.
    set: u32,
}

impl Program<'_, '_> {
    fn when(&mut self, when: Match) {
        match when {
            Match::SocketUid(uid) => {
                self.meta(NFT_META_SKUID);
                self.equals(&uid.to_ne_bytes());
            }
            Match::ByLoopback => {
                // With its padding, or `lo` would be a prefix.
                let mut name = [0; IFNAMSIZ];
                name[..2].copy_from_slice(b"lo");
                self.meta(NFT_META_OIFNAME);
                self.equals(&name);
            }
            Match::ToSelf => {
                self.expression("fib", |fib| {
                    fib.number(NFTA_FIB_FLAGS, NFTA_FIB_F_DADDR)
                        .number(NFTA_FIB_RESULT, NFT_FIB_RESULT_ADDRTYPE);
                    fib.number(NFTA_FIB_DREG, NFT_REG_1);
                });
                self.equals(&RTN_LOCAL.to_ne_bytes());
            }
            // Where the destination address stands: RFC 791 section 3.1, RFC 8200 section 3.
            Match::V4In(set) => self.address_in(NFPROTO_IPV4, 16, 4, set),
            Match::V6In(set) => self.address_in(NFPROTO_IPV6, 24, 16, set),
            Match::TcpIn(set) => {
                self.port(IPPROTO_TCP);
                self.lookup(set);
            }
            Match::Tcp(port) => {
                self.port(IPPROTO_TCP);
                self.equals(&port.to_be_bytes());
            }
            Match::UdpIn(_) => {
                self.port(IPPROTO_UDP);
                self.lookup(UNNAMED);
            }
        }
    }

    fn then(&mut self, then: Verdict) {
        match then {
            Verdict::Accept => self.decide(NF_ACCEPT),
            Verdict::Return => self.decide(NFT_RETURN),
            Verdict::Redirect(port) => {
                self.immediate(NFT_REG_1, |data| {
                    data.bytes(NFTA_DATA_VALUE, &port.to_be_bytes());
                });
                self.expression("redir", |redirect| {
                    redirect.number(NFTA_REDIR_REG_PROTO_MIN, NFT_REG_1);
                    redirect.number(NFTA_REDIR_FLAGS, NF_NAT_RANGE_PROTO_SPECIFIED);
                });
            }
            Verdict::RejectUnreachable => {
                self.reject(NFT_REJECT_ICMPX_UNREACH, NFT_REJECT_ICMPX_PORT_UNREACH);
            }
            Verdict::RejectReset => self.reject(NFT_REJECT_TCP_RST, 0),
        }
    }

    fn expression(&mut self, name: &str, write: impl FnOnce(&mut Attributes<'_>)) {
        self.list.nest(NFTA_LIST_ELEM, |expression| {
            expression.text(NFTA_EXPR_NAME, name).nest(NFTA_EXPR_DATA, write);
        });
    }

    fn meta(&mut self, key: u32) {
        self.expression("meta", |meta| {
            meta.number(NFTA_META_KEY, key).number(NFTA_META_DREG, NFT_REG_1);
        });
    }

    fn equals(&mut self, value: &[u8]) {
        self.expression("cmp", |compare| {
            compare.number(NFTA_CMP_SREG, NFT_REG_1).number(NFTA_CMP_OP, NFT_CMP_EQ);
            compare.nest(NFTA_CMP_DATA, |data| {
                data.bytes(NFTA_DATA_VALUE, value);
            });
        });
    }

    fn address_in(&mut self, family: u8, offset: u32, length: u32, set: &str) {
        self.meta(NFT_META_NFPROTO);
        self.equals(&[family]);
        self.payload(NFT_PAYLOAD_NETWORK_HEADER, offset, length);
        self.lookup(set);
    }

    /// Loads the destination port of packets of the protocol: TCP and UDP have it at the same place.
    fn port(&mut self, protocol: u8) {
        self.meta(NFT_META_L4PROTO);
        self.equals(&[protocol]);
        self.payload(NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2);
    }

    fn payload(&mut self, base: u32, offset: u32, length: u32) {
        self.expression("payload", |payload| {
            payload.number(NFTA_PAYLOAD_DREG, NFT_REG_1).number(NFTA_PAYLOAD_BASE, base);
            payload.number(NFTA_PAYLOAD_OFFSET, offset).number(NFTA_PAYLOAD_LEN, length);
        });
    }

    fn lookup(&mut self, set: &str) {
        let id = self.set;
        self.expression("lookup", |lookup| {
            lookup
                .number(NFTA_LOOKUP_SREG, NFT_REG_1)
                .text(NFTA_LOOKUP_SET, set)
                .number(NFTA_LOOKUP_SET_ID, id);
        });
    }

    fn immediate(&mut self, register: u32, write: impl FnOnce(&mut Attributes<'_>)) {
        self.expression("immediate", |immediate| {
            immediate.number(NFTA_IMMEDIATE_DREG, register).nest(NFTA_IMMEDIATE_DATA, write);
        });
    }

    fn decide(&mut self, verdict: u32) {
        self.immediate(NFT_REG_VERDICT, |data| {
            data.nest(NFTA_DATA_VERDICT, |attributes| {
                attributes.number(NFTA_VERDICT_CODE, verdict);
            });
        });
    }

    fn reject(&mut self, kind: u32, code: u8) {
        self.expression("reject", |reject| {
            reject.number(NFTA_REJECT_TYPE, kind).bytes(NFTA_REJECT_ICMP_CODE, &[code]);
        });
    }
}
