//! What `up` prints when everything listens: where, and the one line that each client needs.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use agentguard_proxy::Addresses;

use crate::style::{Look, Style};

/// What there is to say at start.
pub(super) struct Banner {
    pub(super) proxy: Addresses,
    /// API and dashboard, or where verdicts are reported to instead.
    pub(super) control: Result<SocketAddr, String>,
    pub(super) metrics: Option<SocketAddr>,
    pub(super) data_dir: PathBuf,
    pub(super) policy: String,
    pub(super) style: Style,
}

/// Variable of a client, and what its provider's name and path are behind the base URL.
const CLIENTS: &[(&str, &str)] = &[
    ("OPENAI_BASE_URL", "openai/v1"),
    ("ANTHROPIC_BASE_URL", "anthropic"),
    ("GOOGLE_GEMINI_BASE_URL", "gemini"),
    ("CO_API_URL", "cohere"),
    ("OLLAMA_HOST", "ollama"),
];

impl fmt::Display for Banner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let style = self.style;
        writeln!(f, "{}", style.paint(Look::Strong, "AgentGuard is up."))?;
        let mut row = |what: &str, text: String| {
            writeln!(f, "  {} {text}", style.paint(Look::Faint, &format!("{what:<12}")))
        };
        match &self.control {
            Ok(address) => {
                row("dashboard", style.paint(Look::Strong, &format!("http://{address}")))?;
                row("API", format!("http://{address}/docs"))?;
            }
            Err(url) => row("reports to", url.clone())?,
        }
        if let Some(address) = self.metrics {
            row("metrics", format!("http://{address}/metrics"))?;
        }
        if let Some(address) = self.proxy.admin {
            row("proxy admin", format!("http://{address}/ready"))?;
        }
        for address in &self.proxy.inbound {
            row("inbound", format!("http://{address}"))?;
        }
        row("data", self.data_dir.display().to_string())?;
        row("policy", self.policy.clone())?;
        let Some(base) = self.proxy.base_url else { return Ok(()) };
        writeln!(f, "\nPoint a client at it; nothing else about it changes:")?;
        for (variable, path) in CLIENTS {
            writeln!(f, "  {variable}=http://{base}/{path}")?;
        }
        Ok(())
    }
}
