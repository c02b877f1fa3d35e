use clap::Parser;

use super::*;

fn read(flags: &[&str]) -> Result<Settings, Problems> {
    let args = Args::try_parse_from(std::iter::once(&"agentguard-netinit").chain(flags)).unwrap();
    Settings::read(&args, 65534)
}

fn problems(flags: &[&str]) -> Vec<Problem> {
    read(flags).unwrap_err().0
}

#[test]
fn without_flags_443_goes_to_19001_and_the_proxy_is_20117() {
    let settings = read(&[]).unwrap();
    assert_eq!((settings.proxy_uid, settings.redirect, settings.inbound_redirect), (20117, 19001, 19004));
    assert_eq!(settings.ports, [Span { first: 443, last: 443 }]);
    assert!(
        settings.skip_ports.is_empty() && settings.skip_v4.is_empty() && settings.inbound_ports.is_empty()
    );
}

#[test]
fn the_injectors_arguments_are_understood() {
    let settings = read(&[
        "net-init",
        "--proxy-uid=20117",
        "--redirect=19001",
        "--ports=443",
        "--skip-ports=",
        "--skip-cidrs=",
    ])
    .unwrap();
    assert_eq!(settings, read(&[]).unwrap());
}

#[test]
fn lists_are_merged_and_split_by_family() {
    let settings = read(&[
        "--ports=443,8000-8010,8005-8020,8021",
        "--skip-cidrs=10.1.0.0/16,10.0.0.0/8,fd00::1,192.0.2.7",
    ])
    .unwrap();
    assert_eq!(settings.ports, [Span { first: 443, last: 443 }, Span { first: 8000, last: 8021 }]);
    assert_eq!(
        settings.skip_v4.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["10.0.0.0/8", "192.0.2.7"]
    );
    assert_eq!(settings.skip_v6.iter().map(ToString::to_string).collect::<Vec<_>>(), ["fd00::1"]);
}

#[test]
fn all_problems_are_reported_together() {
    let problems = problems(&[
        "--proxy-uid=root",
        "--redirect=0",
        "--ports=443,https",
        "--skip-cidrs=10.0.0.0/40,::1",
        "--inbound-redirect=x",
    ]);
    assert_eq!(problems.len(), 5, "{problems:?}");
    let text = Problems(problems).to_string();
    for part in ["5 problems", "\"root\"", "\"0\"", "\"https\"", "\"10.0.0.0/40\"", "\"x\""] {
        assert!(text.contains(part), "{part} in {text}");
    }
}

#[test]
fn root_and_nobody_at_all_are_never_exempt() {
    for uid in ["0", "4294967295", "-1", ""] {
        let wrong = |flag| vec![Problem::Uid { flag, value: uid.to_owned() }];
        assert_eq!(problems(&[&format!("--proxy-uid={uid}")]), wrong("--proxy-uid"));
        if !uid.is_empty() {
            assert_eq!(problems(&[&format!("--skip-uids={uid}")]), wrong("--skip-uids"));
        }
    }
}

#[test]
fn something_must_be_left_to_redirect() {
    assert_eq!(problems(&["--ports=443,8443", "--skip-ports=400-9000"]), [Problem::NoPorts]);
    assert_eq!(problems(&["--ports="]), [Problem::NoPorts]);
    assert_eq!(read(&["--ports=443-445", "--skip-ports=443-444"]).unwrap().first_port(), Some(445));
}

#[test]
fn the_proxys_ports_are_not_redirected_to_themselves() {
    let own = |ports, port, redirect| Problem::OwnPort { ports, port, redirect };
    assert_eq!(problems(&["--ports=443,19000-19010"]), [own("--ports", 19001, "--redirect")]);
    assert_eq!(problems(&["--inbound-ports=19004"]), [own("--inbound-ports", 19004, "--inbound-redirect")]);
    assert_eq!(problems(&["--inbound-ports=80", "--inbound-redirect=19001"]), [Problem::SamePort(19001)]);
    assert!(read(&["--inbound-redirect=19001"]).is_ok());
}

#[test]
fn a_check_as_the_exempt_user_is_refused_unless_there_is_none() {
    assert_eq!(problems(&["--proxy-uid=65534"]), [Problem::ExemptVerifier(65534)]);
    assert_eq!(problems(&["--skip-uids=1337,65534"]), [Problem::ExemptVerifier(65534)]);
    assert!(read(&["--proxy-uid=65534", "--no-verify"]).is_ok());
    assert!(read(&["--proxy-uid=65534", "--print"]).is_ok());
}

#[test]
fn too_long_a_list_is_refused() {
    let ports: Vec<String> = (1..=1025).map(|port| (port * 2).to_string()).collect();
    assert_eq!(
        problems(&[&format!("--skip-ports={}", ports.join(","))]),
        [Problem::TooMany { flag: "--skip-ports", count: 1025, limit: LIST_LIMIT }]
    );
    let uids: Vec<String> = (1..=17).map(|uid| uid.to_string()).collect();
    assert_eq!(
        problems(&[&format!("--skip-uids={}", uids.join(","))]),
        [Problem::TooMany { flag: "--skip-uids", count: 17, limit: UID_LIMIT }]
    );
    assert_eq!(read(&["--skip-uids=2102,1337,2102"]).unwrap().skip_uids, [1337, 2102]);
    assert!(read(&["--skip-uids="]).unwrap().skip_uids.is_empty());
}
