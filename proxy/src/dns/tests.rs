use super::*;

#[test]
fn the_families_take_turns_and_keep_their_order() {
    let found = ["192.0.2.1", "192.0.2.2", "2001:db8::1", "192.0.2.3"].map(|ip| ip.parse().unwrap());
    let ordered: Vec<String> = by_turns(found.into_iter(), 443).iter().map(|a| a.ip().to_string()).collect();
    assert_eq!(ordered, ["2001:db8::1", "192.0.2.1", "192.0.2.2", "192.0.2.3"]);
}

#[tokio::test]
async fn a_fixed_address_stands_and_other_names_are_asked_for() {
    let dns = Dns::new(BTreeMap::from([("llm.test".to_owned(), "127.0.0.1:8443".parse().unwrap())]));
    let found = dns.lookup("llm.test", 443, View::DnsOnly).await.unwrap();
    assert_eq!((found.addresses, found.fixed), (vec!["127.0.0.1:8443".parse().unwrap()], true));
    let local = dns.lookup("localhost", 80, View::System).await.unwrap();
    assert!(local.addresses.iter().all(|address| address.ip().is_loopback() && address.port() == 80));
    assert!(!local.fixed);
    let error = dns.lookup("no-such-host.invalid", 443, View::System).await.unwrap_err();
    assert!(error.to_string().contains("no-such-host.invalid"), "{error}");
}
