//! How it fails, and by which exit code.

use std::process::Output;
use std::time::{Duration, Instant};

use crate::support::{Netns, PROXY, ROOT, is_root};

fn told(output: &Output) -> (Option<i32>, String) {
    (output.status.code(), String::from_utf8(output.stderr.clone()).unwrap())
}

#[test]
fn without_the_capability_nothing_is_changed_and_it_is_named() {
    if !is_root() {
        return;
    }
    let (pod, _world) = Netns::pair();
    for flags in [&[][..], &["--remove"]] {
        let (code, said) = told(&pod.netinit(65534, flags));
        assert_eq!(code, Some(77), "{said}");
        assert!(said.contains("CAP_NET_ADMIN") && said.contains("setcap"), "{said}");
    }
    assert_eq!(pod.sh("nft list ruleset"), "");
}

#[test]
fn wrong_arguments_change_nothing() {
    if !is_root() {
        return;
    }
    let pod = Netns::bare("u");
    for flags in [&["--ports=0", "--skip-cidrs=x"][..], &["--nonsense"], &["--remove", "--print"]] {
        let (code, said) = told(&pod.netinit(ROOT, flags));
        assert_eq!(code, Some(2), "{flags:?}: {said}");
    }
    let (code, said) = told(&pod.netinit(PROXY, &[]));
    assert!(code == Some(2) && said.contains("uid 20117") && said.contains("exempt"), "{said}");
    assert_eq!(pod.sh("nft list ruleset"), "");
}

#[test]
fn without_a_route_it_says_so() {
    if !is_root() {
        return;
    }
    let pod = Netns::bare("n");
    let (code, said) = told(&pod.netinit(ROOT, &[]));
    assert_eq!(code, Some(1), "{said}");
    for part in ["IPv4 has no route", "IPv6 has no route", "--no-verify"] {
        assert!(said.contains(part), "{said}");
    }
    assert!(pod.sh("nft list tables").contains("inet agentguard"));
}

#[test]
fn one_family_with_a_route_is_enough() {
    if !is_root() {
        return;
    }
    for (gone, works, lacks) in
        [("-6", "IPv4 works", "IPv6 has no route"), ("-4", "IPv6 works", "IPv4 has no route")]
    {
        let (pod, _world) = Netns::pair();
        pod.sh(&format!("ip {gone} route del default"));
        let said = pod.applied(&[]);
        assert!(said.contains(works) && said.contains(lacks), "{said}");
    }
    let (pod, _world) = Netns::pair();
    pod.sh("sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.lo.disable_ipv6=1");
    let said = pod.applied(&[]);
    assert!(said.contains("IPv4 works") && said.contains("IPv6 is off"), "{said}");
}

#[test]
fn the_dialled_address_and_port_are_ones_that_are_redirected() {
    if !is_root() {
        return;
    }
    let (pod, _world) = Netns::pair();
    let said = pod.applied(&["--ports=443,8443", "--skip-ports=443", "--skip-cidrs=192.0.2.0/24,::/0"]);
    assert!(said.contains("198.51.100.1:8443") && said.contains("IPv6 is left alone"), "{said}");
}

#[test]
fn a_redirect_that_does_not_work_is_told_within_its_time() {
    if !is_root() {
        return;
    }
    let earlier = |then: &str| {
        format!(
            "nft 'table ip thief {{ chain o {{ type nat hook output priority -110; tcp dport 443 {then}; }}; }}'"
        )
    };
    let (pod, _world) = Netns::pair();
    pod.sh(&earlier("redirect to :666"));
    let (code, said) = told(&pod.netinit(ROOT, &[]));
    assert!(code == Some(95) && said.contains("did not arrive at 127.0.0.1:19001"), "{code:?} {said}");
    pod.serve(ROOT, "127.0.0.1:666", "thief");
    let (code, said) = told(&pod.netinit(ROOT, &[]));
    assert!(code == Some(95) && said.contains("something other"), "{code:?} {said}");
    // Dropped on its way: nobody answers, neither does anybody refuse.
    let (pod, _world) = Netns::pair();
    pod.sh(
        "nft 'table ip drops { chain o { type filter hook output priority 10; tcp dport 19001 drop; }; }'",
    );
    let begin = Instant::now();
    let (code, said) = told(&pod.netinit(ROOT, &[]));
    assert!(code == Some(95) && said.contains("did not arrive"), "{code:?} {said}");
    assert!(begin.elapsed() < Duration::from_secs(8), "{:?}", begin.elapsed());
}

#[test]
fn a_port_that_is_taken_is_told() {
    if !is_root() {
        return;
    }
    let (pod, _world) = Netns::pair();
    pod.serve(ROOT, "127.0.0.1:19001", "squatter");
    let (code, said) = told(&pod.netinit(ROOT, &[]));
    assert!(
        code == Some(95) && said.contains("another process already listens at 127.0.0.1:19001"),
        "{code:?} {said}"
    );
}

#[test]
fn the_port_is_free_again_right_after_the_check() {
    if !is_root() {
        return;
    }
    let (pod, _world) = Netns::pair();
    pod.applied(&[]);
    assert_eq!(pod.sh("ss -tanH 'sport = :19001 or dport = :19001 or dport = :443'"), "");
}
