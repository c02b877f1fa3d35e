//! Which connections count, and under which name.

use super::*;

fn tls(name: Option<&str>, encrypted: bool) -> Opening {
    Opening::Tls(Hello { name: name.map(str::to_owned), encrypted })
}

fn counted(watch: &Watch) -> Vec<(String, UnjudgedReason, u64)> {
    watch.tally().all().into_iter().map(|u| (u.host, u.reason, u.connections)).collect()
}

#[test]
fn connections_count_under_what_the_operator_wrote_and_not_under_what_clients_say() {
    let watch = Watch::new(HostSet::parse(["api.openai.com", "*.llm.test"]).unwrap());
    for n in 0..500 {
        let pinned = tls(Some(&format!("n{n}.llm.test")), false);
        watch.decided(&pinned, &Decision::Tunnel(Reason::Pinned));
        let unlisted = tls(Some(&format!("n{n}.openai.azure.com")), false);
        watch.decided(&unlisted, &Decision::Tunnel(Reason::NotListed));
        watch.decided(&tls(Some(&format!("n{n}.test")), true), &Decision::Tunnel(Reason::Encrypted));
    }
    watch.refused("API.openai.com");
    watch.decided(&tls(None, false), &Decision::Tunnel(Reason::NoName));
    watch.decided(&Opening::Unreadable, &Decision::Tunnel(Reason::Unreadable));
    // On the list, and the authority may not sign for it.
    watch.decided(&tls(Some("api.openai.com"), false), &Decision::Tunnel(Reason::NotListed));
    let mut all = counted(&watch);
    assert!(all.is_sorted_by_key(|(_, _, connections)| std::cmp::Reverse(*connections)), "{all:?}");
    all.sort();
    let expected = [
        ("*.llm.test", UnjudgedReason::TlsPinnedPassed, 500),
        ("*.openai.azure.com", UnjudgedReason::NotListed, 500),
        ("api.openai.com", UnjudgedReason::TlsPinned, 1),
        ("api.openai.com", UnjudgedReason::NotPermitted, 1),
        ("other", UnjudgedReason::NoName, 1),
        ("other", UnjudgedReason::EncryptedName, 500),
        ("other", UnjudgedReason::UnreadableHello, 1),
    ];
    assert_eq!(all, expected.map(|(host, reason, n)| (host.to_owned(), reason, n)));
}

#[test]
fn what_is_judged_refused_or_nobodys_concern_does_not_count() {
    let watch = Watch::new(HostSet::parse(["api.openai.com"]).unwrap());
    let listed = tls(Some("api.openai.com"), false);
    watch.decided(&listed, &Decision::Intercept("api.openai.com".to_owned()));
    watch.decided(&tls(None, false), &Decision::Refuse(Reason::NoName));
    watch.decided(&tls(Some("bank.test"), false), &Decision::Tunnel(Reason::NotListed));
    watch.decided(&Opening::Plain, &Decision::Tunnel(Reason::NotTls));
    watch.decided(&Opening::ServerFirst, &Decision::Tunnel(Reason::ServerFirst));
    assert_eq!(counted(&watch), []);
}
