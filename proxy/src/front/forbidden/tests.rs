use super::*;

fn of(text: &str) -> Option<Forbidden> {
    forbidden(text.parse().unwrap())
}

#[test]
fn what_trusts_whoever_asks_is_not_reached() {
    for (address, why) in [
        ("127.0.0.1", Forbidden::Loopback),
        ("127.255.0.9", Forbidden::Loopback),
        ("::1", Forbidden::Loopback),
        ("::ffff:127.0.0.1", Forbidden::Loopback),
        ("169.254.169.254", Forbidden::LinkLocal),
        ("169.254.170.23", Forbidden::LinkLocal),
        ("::ffff:169.254.169.254", Forbidden::LinkLocal),
        ("64:ff9b::a9fe:a9fe", Forbidden::LinkLocal),
        ("2002:a9fe:a9fe::1", Forbidden::LinkLocal),
        ("::a9fe:a9fe", Forbidden::LinkLocal),
        ("fe80::1", Forbidden::LinkLocal),
        ("fd00:ec2::254", Forbidden::Metadata),
        ("fd00:ec2::23", Forbidden::Metadata),
        ("168.63.129.16", Forbidden::Metadata),
        ("100.100.100.200", Forbidden::Metadata),
        ("0.0.0.0", Forbidden::NotUnicast),
        ("0.1.2.3", Forbidden::NotUnicast),
        ("::", Forbidden::NotUnicast),
        ("224.0.0.1", Forbidden::NotUnicast),
        ("255.255.255.255", Forbidden::NotUnicast),
        ("ff02::1", Forbidden::NotUnicast),
    ] {
        assert_eq!(of(address), Some(why), "{address}");
    }
}

#[test]
fn other_servers_are_those_of_the_cluster_too() {
    for address in [
        "192.0.2.1",
        "10.0.0.8",
        "172.20.1.1",
        "192.168.1.1",
        "100.64.0.1",
        "2001:db8::1",
        "fd12::1",
        "64:ff9b::808:808",
    ] {
        assert_eq!(of(address), None, "{address}");
    }
}
