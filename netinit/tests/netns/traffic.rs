//! Who takes which connection.

use std::io::ErrorKind;
use std::net::UdpSocket;
use std::time::{Duration, Instant};

use crate::support::{APP, Netns, POD_V4, PROXY, ROOT, is_root};

/// A pod with the proxy's listeners in it, and a world that answers at every port that the tests dial.
fn guarded(flags: &[&str]) -> (Netns, Netns) {
    let (pod, world) = Netns::pair();
    let said = pod.applied(flags);
    assert!(
        said.contains("IPv4 works (dialled 192.0.2.1:")
            && said.contains("IPv6 works (dialled [2001:db8::1]:"),
        "{said}"
    );
    pod.serve(PROXY, "127.0.0.1:19001", "proxy");
    pod.serve(PROXY, "[::1]:19001", "proxy");
    for port in [443, 853, 8050, 8443] {
        world.serve(ROOT, &format!("0.0.0.0:{port}"), "world");
        for address in ["2001:db8::1", "2001:db8:5::9"] {
            world.serve(ROOT, &format!("[{address}]:{port}"), "world");
        }
    }
    (pod, world)
}

#[test]
fn connections_of_others_to_443_reach_the_proxy_with_their_destination() {
    if !is_root() {
        return;
    }
    let (pod, _world) = guarded(&[]);
    for uid in [APP, ROOT, 65534] {
        for target in ["192.0.2.200:443", "198.51.100.9:443", "[2001:db8::1]:443", "[2001:db8:5::9]:443"] {
            assert_eq!(pod.dial(uid, target).unwrap(), format!("proxy {target}"), "as {uid}");
        }
    }
}

#[test]
fn the_proxy_itself_loopback_and_other_ports_are_left_alone() {
    if !is_root() {
        return;
    }
    let (pod, _world) = guarded(&[]);
    pod.serve(ROOT, "0.0.0.0:443", "local");
    pod.serve(ROOT, "[::1]:443", "local");
    for target in ["192.0.2.200:443", "[2001:db8::1]:443", "192.0.2.200:853", "[2001:db8::1]:853"] {
        assert_eq!(pod.reaches(PROXY, target), "world");
    }
    for target in ["127.0.0.1:443", "[::1]:443", &format!("{POD_V4}:443")] {
        assert_eq!(pod.reaches(APP, target), "local", "{target}");
    }
    for target in ["192.0.2.200:8443", "[2001:db8::1]:8443"] {
        assert_eq!(pod.reaches(APP, target), "world");
    }
}

#[test]
fn skipped_ports_and_networks_are_left_alone() {
    if !is_root() {
        return;
    }
    let (pod, _world) = guarded(&[
        "--ports=443,8000-8443",
        "--skip-ports=8050",
        "--skip-cidrs=198.51.100.0/24,2001:db8:5::/48",
    ]);
    for target in ["192.0.2.200:443", "192.0.2.200:8443", "[2001:db8::1]:8443"] {
        assert_eq!(pod.dial(APP, target).unwrap(), format!("proxy {target}"));
    }
    for target in [
        "192.0.2.200:8050",
        "[2001:db8::1]:8050",
        "198.51.100.9:443",
        "198.51.100.9:8443",
        "[2001:db8:5::9]:443",
    ] {
        assert_eq!(pod.reaches(APP, target), "world", "{target}");
    }
}

#[test]
fn quic_and_dns_over_tls_fail_at_once_and_other_datagrams_pass() {
    if !is_root() {
        return;
    }
    let (pod, world) = guarded(&[]);
    let begin = Instant::now();
    for (any, address) in [("0.0.0.0:0", "192.0.2.200"), ("[::]:0", "[2001:db8::1]")] {
        for port in [80, 443, 853] {
            let error = pod.within(APP, || {
                let socket = UdpSocket::bind(any).unwrap();
                socket.connect(format!("{address}:{port}")).unwrap();
                socket.send(b"initial").and_then(|_| socket.send(b"again")).unwrap_err()
            });
            assert!(
                matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::ConnectionRefused),
                "{address}:{port}: {error}"
            );
        }
        let error = pod.dial(APP, &format!("{address}:853")).unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::ConnectionRefused | ErrorKind::ConnectionReset),
            "{address}: {error}"
        );
    }
    assert!(begin.elapsed() < Duration::from_secs(1), "{:?}", begin.elapsed());
    for (uid, port) in [(APP, 53), (PROXY, 443)] {
        let arrived = world.within(ROOT, || UdpSocket::bind(("0.0.0.0", port)).unwrap());
        arrived.set_read_timeout(Some(Duration::from_secs(3))).unwrap();
        pod.within(uid, || {
            UdpSocket::bind("0.0.0.0:0").unwrap().send_to(b"question", ("192.0.2.200", port)).unwrap()
        });
        let mut buffer = [0; 16];
        assert_eq!(arrived.recv(&mut buffer).unwrap(), 8, "port {port} as {uid}");
    }
    // Both counters of the table have seen what was refused.
    let listing = pod.sh("nft list table inet agentguard");
    assert!(!listing.contains("packets 0"), "{listing}");
}

#[test]
fn incoming_connections_are_redirected_when_asked_for() {
    if !is_root() {
        return;
    }
    let (pod, world) = guarded(&["--inbound-ports=8080"]);
    for (listener, target) in [("0.0.0.0:19004", "10.77.0.2:8080"), ("[fd77::2]:19004", "[fd77::2]:8080")] {
        pod.serve(PROXY, listener, "inbound");
        assert_eq!(world.dial(APP, target).unwrap(), format!("inbound {target}"));
    }
    pod.serve(APP, "10.77.0.2:9090", "app");
    assert_eq!(world.reaches(APP, "10.77.0.2:9090"), "app");
}

/// Whom the mesh's own rules exempt.
const MESH_USER: u32 = 1337;

/// What a service mesh's init container does: a redirect at the priority of destination NAT.
const MESH: &str = "nft 'table inet mesh { chain output { type nat hook output priority -100; meta skuid 1337 return; oifname != \"lo\" meta l4proto tcp redirect to :15001; }; }'";

#[test]
fn a_meshs_redirect_loses_in_either_order_and_takes_what_we_leave() {
    if !is_root() {
        return;
    }
    for mesh_first in [true, false] {
        let (pod, world) = Netns::pair();
        if mesh_first {
            pod.sh(MESH);
        }
        pod.applied(&["--skip-uids=1337"]);
        if !mesh_first {
            pod.sh(MESH);
        }
        pod.serve(PROXY, "127.0.0.1:19001", "proxy");
        pod.serve(ROOT, "127.0.0.1:15001", "mesh");
        assert_eq!(pod.dial(APP, "192.0.2.200:443").unwrap(), "proxy 192.0.2.200:443");
        assert_eq!(pod.reaches(APP, "192.0.2.200:8443"), "mesh");
        assert_eq!(
            pod.reaches(PROXY, "192.0.2.200:443"),
            "mesh",
            "the proxy's own connections go through the mesh"
        );
        // Which sends on what it took. Redirected to the proxy again, it would go round for ever.
        world.serve(ROOT, "192.0.2.200:443", "world");
        assert_eq!(pod.reaches(MESH_USER, "192.0.2.200:443"), "world");
    }
}
