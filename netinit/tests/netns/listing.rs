//! What nft says about the table.

use crate::support::{Netns, is_root};

const FLAGS: [&str; 5] = [
    "--skip-uids=1337,2102",
    "--ports=443,8000-8100",
    "--skip-ports=8050,9000-9010",
    "--skip-cidrs=10.0.0.0/8,192.168.0.0/16,1.2.3.4,fd00::/8",
    "--inbound-ports=8080",
];

/// The listing, without what is only layout, and without what nft leaves out because it is the default.
fn plain(listing: &str) -> String {
    let words: Vec<&str> = listing.split_whitespace().collect();
    words.join(" ").replace("reject with icmpx port-unreachable", "reject")
}

fn listed(pod: &Netns) -> String {
    pod.sh("nft -y -s list table inet agentguard")
}

#[test]
fn nft_reads_back_what_is_printed_and_makes_the_same_of_it() {
    if !is_root() {
        return;
    }
    for flags in
        [&[][..], &FLAGS, &["--skip-cidrs=fd00::/8,fe80::1,0.0.0.0/1,255.255.255.255", "--ports=1-1000"]]
    {
        let pod = Netns::bare("l");
        let printed = pod.applied(&[flags, &["--print"]].concat());
        assert_eq!(pod.sh("nft list ruleset"), "", "--print changes nothing");
        pod.applied(&[flags, &["--no-verify"]].concat());
        let ours = listed(&pod);
        let table = printed.split_once("delete table inet agentguard\n").unwrap().1;
        assert_eq!(plain(&ours), plain(table));
        // What nft makes of the text is, down to the kernel's expressions, what was applied.
        let expressions = |pod: &Netns| {
            let all = pod.sh("nft -s --debug=netlink list table inet agentguard");
            // nft keeps a note with an interval that has no end.
            all.replace("  userdata = { \\x01\\x04\\x01\\x00\\x00\\x00 }", "")
        };
        let other = Netns::bare("l");
        other.sh(&format!("nft -f - <<'END'\n{printed}END"));
        assert_eq!(expressions(&other), expressions(&pod));
        assert_eq!(listed(&other), ours);
    }
}

#[test]
fn a_second_run_changes_nothing_and_other_flags_leave_nothing_behind() {
    if !is_root() {
        return;
    }
    let (pod, _world) = Netns::pair();
    pod.sh("nft add table inet other");
    pod.applied(&FLAGS);
    let first = pod.sh("nft list ruleset");
    pod.applied(&FLAGS);
    assert_eq!(pod.sh("nft list ruleset"), first);
    pod.applied(&[]);
    let listing = listed(&pod);
    assert!(!listing.contains("skip") && !listing.contains("inbound"), "{listing}");
}

#[test]
fn removing_removes_our_table_alone_and_may_be_repeated() {
    if !is_root() {
        return;
    }
    let pod = Netns::bare("r");
    pod.sh("nft add table inet other");
    pod.applied(&["--no-verify"]);
    for _ in 0..2 {
        pod.applied(&["--remove"]);
        assert_eq!(plain(&pod.sh("nft list ruleset")), "table inet other { }");
    }
}

#[test]
fn the_longest_lists_are_applied() {
    if !is_root() {
        return;
    }
    let pod = Netns::bare("m");
    let v6 = (0..512).map(|index| format!("2001:db8:{:x}::/48", index * 2 + 1));
    let v4 = (0..512).map(|index| format!("10.{}.{}.0/24", index / 128, index % 128 * 2));
    let networks: Vec<String> = v6.chain(v4).collect();
    let ports: Vec<String> =
        (0..1024).map(|index| format!("{}-{}", 2000 + index * 3, 2001 + index * 3)).collect();
    let flags = [
        "--no-verify",
        "--skip-cidrs",
        &networks.join(","),
        "--skip-ports",
        &ports.join(","),
        "--inbound-ports",
        &ports.join(","),
    ];
    pod.applied(&flags);
    let listing = plain(&listed(&pod));
    for part in [&networks[0], &networks[511], &networks[1023], &ports[0], &ports[1023]] {
        assert!(listing.contains(part.as_str()), "{part}");
    }
}
