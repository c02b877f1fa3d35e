//! A pod and an outside world: two network namespaces with a cable between them.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use rustix::process::{Uid, geteuid};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space, set_thread_res_uid};
use socket2::SockRef;

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_agentguard-netinit");
/// The proxy's user, exempt by default; an application's user; root.
pub(crate) const PROXY: u32 = 20117;
pub(crate) const APP: u32 = 1000;
pub(crate) const ROOT: u32 = 0;
/// Addresses of the pod, and of the world that it can reach.
pub(crate) const POD_V4: &str = "10.77.0.2";
pub(crate) const WORLD: [&str; 5] =
    ["192.0.2.1", "192.0.2.200", "198.51.100.9", "2001:db8::1", "2001:db8:5::9"];
const PATIENCE: Duration = Duration::from_secs(3);

/// Whether the tests may make network namespaces; says so when not. A container's root often may not.
pub(crate) fn is_root() -> bool {
    if !geteuid().is_root() {
        println!("skipped: needs root");
        return false;
    }
    if !Command::new("unshare").args(["--net", "true"]).output().is_ok_and(|output| output.status.success()) {
        println!("skipped: needs root that may make network namespaces (CAP_SYS_ADMIN)");
        return false;
    }
    for (command, package) in [("ip", "iproute2"), ("nft", "nftables")] {
        let found = Command::new(command).arg("-V").output().is_ok();
        assert!(found, "`{command}` is missing: apt-get install {package}");
    }
    true
}

/// A network namespace, deleted when dropped.
pub(crate) struct Netns(String);

impl Netns {
    /// A namespace with nothing but loopback.
    pub(crate) fn bare(role: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("agn{}-{}{role}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        succeed(Command::new("ip").args(["netns", "add", &name]));
        let netns = Self(name);
        netns.sh("ip link set lo up");
        netns
    }

    /// A pod with a default route, and the world behind it.
    pub(crate) fn pair() -> (Self, Self) {
        let (pod, world) = (Self::bare("p"), Self::bare("w"));
        pod.sh(&format!("ip link add eth0 type veth peer name eth0 netns {}", world.0));
        pod.sh(
            "ip link set eth0 up; ip addr add 10.77.0.2/24 dev eth0; ip addr add fd77::2/64 dev eth0 nodad",
        );
        world.sh(
            "ip link set eth0 up; ip addr add 10.77.0.1/24 dev eth0; ip addr add fd77::1/64 dev eth0 nodad",
        );
        pod.sh("ip route add default via 10.77.0.1; ip -6 route add default via fd77::1");
        for address in WORLD {
            world.sh(&format!("ip addr add {address} dev lo"));
        }
        (pod, world)
    }

    /// Runs a shell script as root inside; it must succeed.
    pub(crate) fn sh(&self, script: &str) -> String {
        succeed(Command::new("ip").args(["netns", "exec", &self.0, "sh", "-ec", script]))
    }

    /// Runs the program as the user inside.
    pub(crate) fn netinit(&self, uid: u32, flags: &[&str]) -> Output {
        self.within(uid, || Command::new(PROGRAM).args(flags).output().unwrap())
    }

    /// Runs the program as root; it must succeed.
    pub(crate) fn applied(&self, flags: &[&str]) -> String {
        let output = self.netinit(ROOT, flags);
        assert!(output.status.success(), "{flags:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs the work in a thread of its own, inside, as the user.
    pub(crate) fn within<T: Send>(&self, uid: u32, work: impl FnOnce() -> T + Send) -> T {
        let netns = File::open(format!("/run/netns/{}", self.0)).unwrap();
        thread::scope(|scope| {
            let inside = scope.spawn(|| {
                move_into_link_name_space(netns.as_fd(), Some(LinkNameSpaceType::Network)).unwrap();
                if uid != ROOT {
                    let uid = Uid::from_raw(uid);
                    set_thread_res_uid(uid, uid, uid).unwrap();
                }
                work()
            });
            inside.join().unwrap()
        })
    }

    /// Answers every connection to the address with `name` and the destination that it was going to before it was redirected.
    pub(crate) fn serve(&self, uid: u32, address: &str, name: &'static str) {
        let address: SocketAddr = address.parse().unwrap();
        let listener = self.within(uid, || TcpListener::bind(address).unwrap());
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let _ = write!(
                    stream,
                    "{name} {}",
                    original(&stream, address.ip()).map_or("-".to_owned(), |seen| seen.to_string())
                );
            }
        });
    }

    /// What the one who takes a connection of the user's to the address says.
    pub(crate) fn dial(&self, uid: u32, address: &str) -> io::Result<String> {
        let address: SocketAddr = address.parse().unwrap();
        self.within(uid, || {
            let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
            stream.set_read_timeout(Some(PATIENCE))?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer)?;
            Ok(answer)
        })
    }

    /// Like `dial`, with the answer's first word: who took the connection.
    pub(crate) fn reaches(&self, uid: u32, address: &str) -> String {
        let answer = self.dial(uid, address).unwrap_or_else(|error| panic!("{address} as {uid}: {error}"));
        answer.split(' ').next().unwrap().to_owned()
    }
}

impl Drop for Netns {
    fn drop(&mut self) {
        let _ = Command::new("ip").args(["netns", "del", &self.0]).status();
    }
}

fn original(stream: &TcpStream, family: IpAddr) -> Option<SocketAddr> {
    let socket = SockRef::from(stream);
    let seen = if family.is_ipv4() { socket.original_dst_v4() } else { socket.original_dst_v6() };
    // Without conntrack's entry there is no original destination: the connection was not redirected.
    seen.ok().and_then(|address| address.as_socket())
}

fn succeed(command: &mut Command) -> String {
    let output = match command.output() {
        Ok(output) => output,
        Err(error) if error.kind() == ErrorKind::NotFound => panic!("{command:?}: not installed"),
        Err(error) => panic!("{command:?}: {error}"),
    };
    assert!(output.status.success(), "{command:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}
