use clap::Parser;

use crate::args::Args;
use crate::settings::Settings;

use super::*;

fn printed(flags: &[&str]) -> String {
    let args = Args::parse_from(std::iter::once(&"agentguard-netinit").chain(flags));
    Table::from(&Settings::read(&args, 65534).unwrap()).to_string()
}

#[test]
fn the_default_table_is_the_documented_one() {
    let expected = "\
add table inet agentguard
delete table inet agentguard
table inet agentguard {
\tset llm_ports {
\t\ttype inet_service
\t\telements = { 443 }
\t}

\tchain nat_output {
\t\ttype nat hook output priority -101; policy accept;
\t\tmeta skuid 20117 return
\t\toifname \"lo\" return
\t\tfib daddr type local return
\t\ttcp dport @llm_ports redirect to :19001
\t}

\tchain filter_output {
\t\ttype filter hook output priority 0; policy accept;
\t\tmeta skuid 20117 accept
\t\toifname \"lo\" accept
\t\tudp dport { 80, 443, 853 } counter reject with icmpx port-unreachable
\t\ttcp dport 853 counter reject with tcp reset
\t}
}
";
    assert_eq!(printed(&[]), expected);
}

#[test]
fn skips_come_before_the_redirect_and_inbound_has_its_own_chain() {
    let text = printed(&[
        "--proxy-uid=30000",
        "--skip-uids=2102,1337",
        "--redirect=1234",
        "--ports=443,8000-8100",
        "--skip-ports=8050",
        "--skip-cidrs=10.0.0.0/8,fd00::/8",
        "--inbound-ports=8080",
        "--inbound-redirect=1235",
    ]);
    let order = [
        "flags interval\n\t\telements = { 443, 8000-8100 }",
        "set skip4 {\n\t\ttype ipv4_addr\n\t\tflags interval\n\t\telements = { 10.0.0.0/8 }",
        "elements = { fd00::/8 }",
        "set skip_ports {\n\t\ttype inet_service\n\t\telements = { 8050 }",
        "meta skuid 30000 return\n\t\tmeta skuid 1337 return\n\t\tmeta skuid 2102 return",
        "ip daddr @skip4 return",
        "ip6 daddr @skip6 return",
        "tcp dport @skip_ports return",
        "tcp dport @llm_ports redirect to :1234",
        "type nat hook prerouting priority -101; policy accept;\n\t\ttcp dport @inbound_ports redirect to :1235",
        "meta skuid 30000 accept",
    ];
    let mut rest = text.as_str();
    for part in order {
        let (_, after) = rest.split_once(part).unwrap_or_else(|| panic!("{part:?} is not in {rest}"));
        rest = after;
    }
}
