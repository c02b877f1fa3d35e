//! From the control plane's API to the next exchange of a proxy, over sockets: publishing, the kill switch, the last good bundle.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use agentguard::provider::{Pieces, Provider, Reply, Script, Writes};
use agentguard_api::{BundleState, Workload};
use agentguard_control::Control;
use agentguard_proxy::model::ModelSource;
use agentguard_proxy::report::ReportConfig;
use agentguard_proxy::spool::SpoolConfig;
use agentguard_proxy::{InForce, Running, Setup, TrustedKey, Upstream};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

const BLOCK: &str = "version: 1\ndefault: { delivery: full, action: block, hold_budget: 30s, thresholds: { warn: 0.2, act: 0.2 } }\n";
const OBSERVE: &str = "version: 1\ndefault: { action: observe }\n";
/// For whatever is waited for on a busy machine; the kill switch itself is promised within 5 seconds.
const PATIENCE: Duration = Duration::from_secs(20);

/// Something that runs until it is told to drain.
struct Part {
    drain: CancellationToken,
    ended: JoinHandle<()>,
}

impl Part {
    async fn stop(self) {
        self.drain.cancel();
        self.ended.await.expect("it ends");
    }
}

async fn control(dir: &Path) -> (SocketAddr, Part) {
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let config = agentguard_control::Config {
        listen: any,
        metrics_listen: None,
        ..agentguard_control::Config::new(dir)
    };
    let control = Control::bind(config).await.expect("a control plane");
    let (address, drain) = (control.addresses().api, CancellationToken::new());
    (address, Part { ended: tokio::spawn(control.run(drain.clone())), drain })
}

struct Sidecar {
    base: SocketAddr,
    in_force: Arc<InForce>,
    part: Part,
}

impl Sidecar {
    async fn start(dir: &Path, control: SocketAddr, provider: &Provider, keys: Vec<TrustedKey>) -> Self {
        let mut proxy = agentguard_proxy::Config {
            base_url_listen: Some(SocketAddr::from(([127, 0, 0, 1], 0))),
            workload: Workload { namespace: "shop".into(), name: "bot".into(), pod: "bot-1".into() },
            ..agentguard_proxy::Config::default()
        };
        let url = format!("http://{}", provider.address()).parse().expect("a URL");
        proxy.upstreams.insert("openai".to_owned(), Upstream { url });
        let setup = Setup {
            proxy,
            data_dir: dir,
            spool: SpoolConfig::default(),
            report: Some(ReportConfig {
                heartbeat: Duration::from_millis(200),
                min_backoff: Duration::from_millis(50),
                max_backoff: Duration::from_millis(500),
                ..ReportConfig::to(format!("http://{control}"))
            }),
            model: ModelSource::Off,
            model_threads: 1,
            policy_keys: keys,
        };
        let in_force = InForce::built_in();
        let running = Running::start(setup, Arc::clone(&in_force)).await.expect("a proxy");
        let base = running.addresses().base_url.expect("it listens");
        let drain = CancellationToken::new();
        Self { base, in_force, part: Part { ended: tokio::spawn(running.run(drain.clone())), drain } }
    }

    /// The status of an answer that says something else than its evidence.
    async fn ask(&self, client: &reqwest::Client) -> u16 {
        let content = "Context:\nThe library opens at 9:00 and closes at 18:00. It is closed on Sundays.\n\n\
            Question: When does the library open?";
        let body = json!({ "model": "m", "messages": [{ "role": "user", "content": content }] });
        let url = format!("http://{}/openai/v1/chat/completions", self.base);
        client.post(url).json(&body).send().await.expect("an answer").status().as_u16()
    }

    /// Waits until a bundle came to something.
    async fn until(&self, revision: u64, state: BundleState) {
        let begun = Instant::now();
        loop {
            let report = self.in_force.report();
            if report.revision >= revision && report.state == state {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "{report:?}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

fn client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().build().expect("a client")
}

/// A provider that says what the evidence does not.
async fn provider() -> Provider {
    let reply =
        Reply::text("Details are at https://invented.example/page.").cut(Pieces::Tokens, Writes::Events);
    Provider::start("127.0.0.1:0", Script::always(reply)).await.expect("a free port")
}

/// Sends JSON that must be taken.
async fn send(client: &reqwest::Client, method: &str, url: String, body: &Value) -> Value {
    let method = method.parse().expect("a method");
    let answer = client.request(method, &url).json(body).send().await.expect("an answer");
    let (status, text) = (answer.status(), answer.text().await.expect("a body"));
    assert!(status.is_success(), "{url}: {status} {text}");
    serde_json::from_str(&text).expect("JSON")
}

fn revision(issued: &Value) -> u64 {
    issued["revision"].as_u64().expect("a revision")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_published_is_what_the_next_exchange_goes_by() {
    let (dir, data) = (TempDir::new().expect("a folder"), TempDir::new().expect("a folder"));
    let (provider, client) = (provider().await, client());
    let (address, control) = control(dir.path()).await;
    let api = |path: &str| format!("http://{address}/api/v1{path}");
    let sidecar = Sidecar::start(data.path(), address, &provider, Vec::new()).await;
    assert_eq!(sidecar.ask(&client).await, 200, "the built-in policy annotates");

    let new = json!({ "name": "answers", "yaml": BLOCK });
    send(&client, "POST", api("/policies"), &new).await;
    let issued = send(&client, "POST", api("/policies/answers/publish"), &json!({ "version": 1 })).await;
    sidecar.until(revision(&issued), BundleState::Applied).await;
    assert_eq!(sidecar.ask(&client).await, 403, "the published one blocks");

    // The kill switch, until the next exchange passes.
    let begun = Instant::now();
    send(
        &client,
        "PUT",
        api("/kill-switch"),
        &json!({ "on": true, "namespaces": ["shop"], "reason": "test" }),
    )
    .await;
    while sidecar.ask(&client).await != 200 {
        assert!(begun.elapsed() < PATIENCE, "{:?}", sidecar.in_force.report());
    }
    println!("kill switch in force after {:?}", begun.elapsed());
    assert!(sidecar.in_force.report().observe_only);
    let issued = send(&client, "PUT", api("/kill-switch"), &json!({ "on": false })).await;
    sidecar.until(revision(&issued), BundleState::Applied).await;
    assert_eq!(sidecar.ask(&client).await, 403, "it is off again");

    // Another version, tried out on nobody here, then on everybody here.
    send(&client, "POST", api("/policies/answers/versions"), &json!({ "yaml": OBSERVE })).await;
    let canary = json!({ "version": 2, "canary": { "share": 99.99, "namespaces": [] } });
    let issued = send(&client, "POST", api("/policies/answers/publish"), &canary).await;
    sidecar.until(revision(&issued), BundleState::Applied).await;
    assert!(sidecar.in_force.report().canary, "9,999 of 10,000 pods");
    assert_eq!(sidecar.ask(&client).await, 200);
    let issued = send(&client, "POST", api("/policies/answers/rollback"), &json!({ "reason": "test" })).await;
    sidecar.until(revision(&issued), BundleState::Applied).await;
    assert_eq!(sidecar.ask(&client).await, 403, "what was tried out is taken back");

    // What it runs is known.
    let begun = Instant::now();
    loop {
        let said = client.get(api("/sidecars/policies")).send().await.expect("an answer");
        let said: Value = said.json().await.expect("JSON");
        if said[0]["revision"] == issued["revision"] {
            assert_eq!((&said[0]["state"], &said[0]["policy"]), (&json!("applied"), &json!("answers/1")));
            break;
        }
        assert!(begun.elapsed() < PATIENCE, "{said}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }

    // The sidecar starts again: what was kept and what comes are the same.
    sidecar.part.stop().await;
    let sidecar = Sidecar::start(data.path(), address, &provider, Vec::new()).await;
    let kept = sidecar.in_force.report();
    assert_eq!((kept.state, kept.revision), (BundleState::Applied, revision(&issued)), "{kept:?}");
    let issued = send(&client, "PUT", api("/kill-switch"), &json!({ "on": false })).await;
    sidecar.until(revision(&issued), BundleState::Applied).await;

    // The control plane is away, and the sidecar starts again.
    control.stop().await;
    sidecar.part.stop().await;
    let again = Sidecar::start(data.path(), address, &provider, Vec::new()).await;
    assert_eq!(again.ask(&client).await, 403, "the last good bundle holds");
    again.part.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_control_plane_with_another_key_is_not_believed() {
    let (dir, data) = (TempDir::new().expect("a folder"), TempDir::new().expect("a folder"));
    let (provider, client) = (provider().await, client());
    let (address, control) = control(dir.path()).await;
    let api = |path: &str| format!("http://{address}/api/v1{path}");
    send(&client, "POST", api("/policies"), &json!({ "name": "answers", "yaml": BLOCK })).await;
    send(&client, "POST", api("/policies/answers/publish"), &json!({ "version": 1 })).await;

    let stranger = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=".parse().expect("a key");
    let sidecar = Sidecar::start(data.path(), address, &provider, vec![stranger]).await;
    sidecar.until(0, BundleState::Failed).await;
    assert_eq!(sidecar.ask(&client).await, 200, "nothing of it is in force");
    let error = sidecar.in_force.report().error.expect("why");
    assert!(error.contains("none of the trusted keys"), "{error}");
    sidecar.part.stop().await;

    let keys: Value = client
        .get(format!("http://{address}/.well-known/agentguard-keys"))
        .send()
        .await
        .expect("an answer")
        .json()
        .await
        .expect("JSON");
    let key = keys["keys"][0]["key"].as_str().expect("a key").parse().expect("a key");
    let sidecar = Sidecar::start(data.path(), address, &provider, vec![key]).await;
    sidecar.until(1, BundleState::Applied).await;
    assert_eq!(sidecar.ask(&client).await, 403, "its own key is believed");
    sidecar.part.stop().await;
    control.stop().await;
}
