use super::*;

fn tls(name: Option<&str>, encrypted: bool) -> Opening {
    Opening::Tls(Hello { name: name.map(str::to_owned), encrypted })
}

fn told(opening: &Opening, unknown: Unknown, onward: bool) -> Decision {
    decide(opening, unknown, |name| name.starts_with("llm"), |name| name == "llm.pinned", onward)
}

#[test]
fn every_connection_has_its_decision() {
    use Decision::{Intercept, Refuse, Tunnel};
    use Unknown::{Pass, Refuse as Close};
    let llm = |host: &str| Intercept(host.to_owned());
    for (opening, unknown, onward, wanted) in [
        (tls(Some("llm.test"), false), Pass, true, llm("llm.test")),
        (tls(Some("llm.test"), false), Close, false, llm("llm.test")),
        // A decoy extension does not hide a listed name.
        (tls(Some("llm.test"), true), Close, true, llm("llm.test")),
        (tls(Some("llm.pinned"), false), Close, true, Tunnel(Reason::Pinned)),
        (tls(Some("bank.test"), false), Close, true, Tunnel(Reason::NotListed)),
        (tls(Some("bank.test"), true), Pass, true, Tunnel(Reason::Encrypted)),
        (tls(Some("bank.test"), true), Close, true, Refuse(Reason::Encrypted)),
        (tls(None, false), Pass, true, Tunnel(Reason::NoName)),
        (tls(None, false), Close, true, Refuse(Reason::NoName)),
        (tls(None, true), Close, true, Refuse(Reason::Encrypted)),
        (Opening::Unreadable, Pass, true, Tunnel(Reason::Unreadable)),
        (Opening::Unreadable, Close, true, Refuse(Reason::Unreadable)),
        (Opening::Plain, Close, true, Tunnel(Reason::NotTls)),
        (Opening::ServerFirst, Close, true, Tunnel(Reason::ServerFirst)),
        (Opening::Plain, Pass, false, Refuse(Reason::Nowhere)),
        (tls(None, false), Pass, false, Refuse(Reason::Nowhere)),
    ] {
        assert_eq!(told(&opening, unknown, onward), wanted, "{opening:?}, {unknown:?}");
    }
}
