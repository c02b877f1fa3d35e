"""AgentGuard as a user starts it: the binary, a policy file, free loopback ports; and a provider stand-in behind it."""

import http.client
import json
import os
import pathlib
import signal
import socket
import subprocess
import time
import urllib.request

import pytest
from upstream import Upstream

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("AGENTGUARD_BINARY", ROOT / "target/debug/agentguard"))

POLICIES = {
    "observe": "action: observe\n  delivery: pass",
    "annotate": "action: annotate\n  delivery: pass",
    "sentence-block": "action: block\n  delivery: sentence",
    "sentence-redact": "action: redact\n  delivery: sentence",
    "full-block": "action: block\n  delivery: full",
    "full-redact": "action: redact\n  delivery: full",
    "shadow-block": "action: block\n  delivery: sentence\n  shadow: true",
}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Guard:
    """A running `agentguard up`; by the rules alone unless told otherwise, so that what is flagged depends on no debug build's speed."""

    def __init__(self, folder: pathlib.Path, policy: str, upstream: Upstream, inbound: str | None = None, model: str = "off"):
        self.folder = folder
        self.control, self.metrics, self.base, self.admin, self.inbound = (free_port() for _ in range(5))
        (folder / "policy.yaml").write_text(policy)
        names = ("openai", "anthropic", "gemini", "ollama", "cohere", "bedrock")
        command = [str(BINARY), "up", "--data-dir", str(folder / "data"), "--policy", str(folder / "policy.yaml"), "--model", model]
        for flag in ("control", "metrics", "base-url", "admin"):
            port = getattr(self, flag.split("-")[0])
            command += [f"--{flag}-listen", f"127.0.0.1:{port}"]
        for name in names:
            command += ["--upstream", f"{name}={upstream.url}"]
        if inbound:
            command += ["--inbound", f"127.0.0.1:{self.inbound}={inbound}"]
        self.log = open(folder / "log.txt", "ab")
        self.command = command
        self.start()

    def start(self):
        self.process = subprocess.Popen(self.command, stdout=self.log, stderr=self.log)
        self.wait_ready()

    def wait_ready(self):
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError(f"agentguard ended with {self.process.returncode}:\n{(self.folder / 'log.txt').read_text()[-3000:]}")
            try:
                for url in (f"http://127.0.0.1:{self.control}/readyz", f"http://127.0.0.1:{self.admin}/ready"):
                    urllib.request.urlopen(url, timeout=1).read()
                return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError("agentguard did not become ready in 30 s")

    def stop(self, how=signal.SIGTERM) -> int:
        self.process.send_signal(how)
        return self.process.wait(30)

    def url(self, provider: str, path: str = "") -> str:
        return f"http://127.0.0.1:{self.base}/{provider}{path}"

    def api(self, path: str):
        return json.load(urllib.request.urlopen(f"http://127.0.0.1:{self.control}/api/v1{path}", timeout=10))

    def verdict(self, exchange: str, within: float = 10.0) -> dict:
        """The stored verdict of that exchange, waiting until it arrives."""
        deadline = time.monotonic() + within
        while True:
            try:
                return self.api(f"/verdicts/{exchange}")
            except urllib.error.HTTPError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def newest(self, count: int, within: float = 10.0) -> list[dict]:
        """The newest verdicts, waiting until at least `count` are stored."""
        deadline = time.monotonic() + within
        while len(items := self.api("/verdicts?limit=200")["items"]) < count and time.monotonic() < deadline:
            time.sleep(0.05)
        assert len(items) >= count, f"{len(items)} verdicts stored, {count} expected"
        return items


    def verdict_after(self, act, within: float = 10.0) -> dict:
        """The verdict of the one exchange that `act` makes."""
        before = {item["id"] for item in self.newest(0)}
        act()
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            fresh = [item for item in self.newest(0) if item["id"] not in before]
            if fresh:
                return fresh[0]
            time.sleep(0.03)
        raise AssertionError(f"no verdict arrived within {within} s")


def policy(name: str) -> str:
    return f"version: 1\ndefault:\n  {POLICIES[name]}\n  capture: all\n  hold_budget: 5s\n  thresholds: {{warn: 0.5, act: 0.5}}\n"


@pytest.fixture(scope="session")
def upstream():
    server = Upstream()
    yield server
    server.close()


@pytest.fixture(scope="session")
def guards(upstream, tmp_path_factory):
    """One running AgentGuard a policy, started when first asked for."""
    if not BINARY.exists():
        pytest.fail(f"{BINARY} is missing: run `cargo build --package agentguard`")
    running = {}

    def get(name: str) -> Guard:
        if name not in running:
            running[name] = Guard(tmp_path_factory.mktemp(name), policy(name), upstream)
        return running[name]

    yield get
    codes = {name: guard.stop() for name, guard in running.items()}
    assert set(codes.values()) <= {0}, f"unclean exits after SIGTERM: {codes}"


def fetch(port: int, path: str, body: bytes, headers: dict[str, str] | None = None, method: str = "POST"):
    """Status, headers and the exact body bytes, transfer coding removed, content coding kept."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request(method, path, body, {"content-type": "application/json", **(headers or {})})
    response = connection.getresponse()
    data = response.read()
    connection.close()
    return response.status, dict((k.lower(), v) for k, v in response.getheaders()), data
