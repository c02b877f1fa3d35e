use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn names(guarded: bool) -> Names {
    Names { dns: Dns::new(Default::default()), view: View::System, guarded }
}

fn at(n: u8) -> SocketAddr {
    SocketAddr::from(([192, 0, 2, n], 443))
}

#[tokio::test]
async fn a_literal_needs_no_resolver_and_never_grows_old() {
    let v6 = Resolver::new("::1", 80, names(false));
    assert_eq!(v6.address(SECOND).await.unwrap(), "[::1]:80".parse().unwrap());
    v6.failed("[::1]:80".parse().unwrap());
    assert_eq!(v6.address(SECOND).await.unwrap(), "[::1]:80".parse().unwrap());
}

#[tokio::test]
async fn a_name_that_does_not_exist_is_an_error_that_names_it() {
    let error =
        Resolver::new("no-such-host.invalid", 443, names(false)).address(5 * SECOND).await.unwrap_err();
    assert!(error.to_string().contains("no-such-host.invalid"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn the_working_address_is_kept_and_a_failed_one_left() {
    let resolver = Resolver::new("no-such-host.invalid", 443, names(false));
    let soon = Instant::now() + SECOND;
    assert_eq!(resolver.learn(vec![at(1), at(2)], soon), at(1));
    resolver.failed(at(1));
    assert_eq!(resolver.fresh(), Some(at(2)));
    resolver.failed(at(1));
    assert_eq!(resolver.fresh(), Some(at(2)), "an old failure of another address changes nothing");
    assert_eq!(resolver.learn(vec![at(3), at(2)], soon), at(2), "still offered, so still used");
    tokio::time::advance(2 * SECOND).await;
    assert_eq!(resolver.fresh(), None);
    assert_eq!(resolver.stale(), Some(at(2)), "better old than none");
    assert_eq!(resolver.fresh(), Some(at(2)), "and not asked again at once");
}

#[tokio::test]
async fn a_clients_word_does_not_lead_to_loopback_and_an_operators_does() {
    let asked = |names: Names| async move { Resolver::new("localhost", 80, names).address(5 * SECOND).await };
    assert!(asked(names(false)).await.unwrap().ip().is_loopback());
    let error = asked(names(true)).await.unwrap_err().to_string();
    assert!(error.contains("localhost is a loopback address"), "{error}");
    let literal =
        Resolver::new("169.254.169.254", 80, names(true)).address(SECOND).await.unwrap_err().to_string();
    assert!(literal.contains("link-local"), "{literal}");
}
