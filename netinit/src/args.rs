//! The command line. Values stay text here: [`crate::settings`] checks them, so that all problems are reported together.

use clap::Parser;

const CODES: &str = "Exit codes: 0 done; 1 it could not be done or not be checked; 2 wrong arguments; 77 CAP_NET_ADMIN is missing; 95 the redirect does not work.";

/// Sends the TCP connections of this network namespace to the proxy, by one nf_tables table.
#[derive(Clone, Debug, Parser)]
#[command(name = "agentguard-netinit", version, after_help = CODES)]
pub struct Args {
    /// The word by which a sidecar's image is told what to do; it changes nothing here.
    #[arg(hide = true, value_parser = ["net-init"])]
    pub step: Option<String>,

    /// User id of the proxy: its own connections are not redirected.
    #[arg(long, value_name = "UID", default_value = "20117")]
    pub proxy_uid: String,

    /// Users whose connections are not redirected either: a service mesh's sidecar, which sends on what it takes (Istio 1337, Linkerd
    /// 2102). Without it the two proxies hand its connections to each other for ever.
    #[arg(long, value_name = "UIDS", value_delimiter = ',')]
    pub skip_uids: Vec<String>,

    /// Port on loopback where the proxy takes redirected connections.
    #[arg(long, value_name = "PORT", default_value = "19001")]
    pub redirect: String,

    /// TCP ports whose connections are redirected: ports and ranges.
    #[arg(long, value_name = "PORTS", value_delimiter = ',', default_value = "443")]
    pub ports: Vec<String>,

    /// TCP ports among those that are left alone: ports and ranges.
    #[arg(long, value_name = "PORTS", value_delimiter = ',')]
    pub skip_ports: Vec<String>,

    /// Destinations that are left alone: IPv4 and IPv6 networks and addresses.
    #[arg(long, value_name = "CIDRS", value_delimiter = ',')]
    pub skip_cidrs: Vec<String>,

    /// TCP ports of this pod whose incoming connections are redirected too; none by default.
    #[arg(long, value_name = "PORTS", value_delimiter = ',')]
    pub inbound_ports: Vec<String>,

    /// Port where the proxy takes redirected incoming connections.
    #[arg(long, value_name = "PORT", default_value = "19004")]
    pub inbound_redirect: String,

    /// Delete the table instead; done also when there is none.
    #[arg(long, conflicts_with_all = ["print", "no_verify"])]
    pub remove: bool,

    /// Print the table in nft's syntax and change nothing.
    #[arg(long)]
    pub print: bool,

    /// Do not check, after applying, that a connection arrives at the proxy's port.
    #[arg(long)]
    pub no_verify: bool,
}
