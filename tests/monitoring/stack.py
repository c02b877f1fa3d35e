"""AgentGuard as a cluster has it: a control plane, a sidecar that judges, a sidecar that catches connections; providers behind them; and enough calls
that every metric which has labels has been counted once."""

import contextlib
import json
import pathlib
import socket
import ssl
import sys
import threading
import urllib.error
import urllib.request

import trustme
from programs import Programs, binary, free_port, get, until

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "sdk"))
import wires  # noqa: E402  (of the other tests)
from upstream import Scenario, Upstream  # noqa: E402

TOKEN = "a-token-that-only-these-tests-know"
POLICY = "version: 1\ndefault: {action: redact, delivery: sentence, hold_budget: 5s, thresholds: {warn: 0.5, act: 0.5}}\n"
HIGH_VOLUME = 60


class Distrusted:
    """A TLS server whose certificate nobody knows."""

    def __init__(self, folder: pathlib.Path):
        certificate = trustme.CA().issue_cert("127.0.0.1")
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(self.context)
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with contextlib.suppress(OSError):
                self.context.wrap_socket(connection, server_side=True).close()

    def close(self):
        self.socket.close()


class Stack:
    """Running from the start to `close`."""

    def __init__(self, folder: pathlib.Path):
        self.folder, self.programs = folder, Programs(folder)
        self.upstream, self.distrusted = Upstream(), Distrusted(folder)
        self.api, self.api_metrics, self.base, self.judging, self.proxy, self.catching = (free_port() for _ in range(6))
        try:
            self._start()
        except BaseException:
            self.close()
            raise

    def _start(self):
        self.upstream.add("answers", Scenario([wires.openai_chat([wires.BAD])]))
        token = self.folder / "token"
        token.write_text(TOKEN)
        token.chmod(0o600)
        policy = self.folder / "policy.yaml"
        policy.write_text(POLICY)
        command = [binary("agentguard"), "up", "--base-url-listen=off", f"--data-dir={self.folder / 'store'}", f"--token-file={token}"]
        command += [f"--control-listen=127.0.0.1:{self.api}", f"--metrics-listen=127.0.0.1:{self.api_metrics}"]
        self.programs.start("control", command, f"http://127.0.0.1:{self.api}/readyz")
        providers = {"openai": self.upstream.url, "distrusted": f"https://127.0.0.1:{self.distrusted.port}", "gone": f"http://127.0.0.1:{free_port()}"}
        flags = [f"--base-url-listen=127.0.0.1:{self.base}", f"--policy={policy}", *(f"--upstream={name}={url}" for name, url in providers.items())]
        self._sidecar("judging", "base-url", self.judging, token, flags)
        self._sidecar("catching", "connect", self.catching, token, [f"--catch-listen=127.0.0.1:{self.proxy}", "--hosts=api.openai.com", "--model=off"])

    def _sidecar(self, name: str, mode: str, admin: int, token: pathlib.Path, flags: list[str]):
        folder = self.folder / name
        for part in ("key", "ca", "data"):
            (folder / part).mkdir(parents=True)
        command = [binary("agentguard-proxy"), "sidecar", f"--mode={mode}", f"--admin-listen=127.0.0.1:{admin}", *flags]
        command += [f"--{part}-dir={folder / part}" for part in ("key", "ca", "data")]
        command += [f"--control-url=http://127.0.0.1:{self.api}", f"--control-token-file={token}"]
        self.programs.start(name, command, f"http://127.0.0.1:{admin}/ready")

    def chat(self, provider: str, model: str, question: str = "") -> int:
        """The status of one call through the judging sidecar. Without a question it is a summary, which the rules judge alone: a debug build's model
        takes a second for a sentence."""
        system, asked = (wires.CONTEXT, question) if question else ("", f"Summarize the following text in two sentences:\n\n{wires.CONTEXT}")
        body = {"model": model, "messages": [{"role": "system", "content": system}, {"role": "user", "content": asked}]}
        headers = {"content-type": "application/json"}
        request = urllib.request.Request(f"http://127.0.0.1:{self.base}/{provider}/v1/chat/completions", json.dumps(body).encode(), headers)
        try:
            return urllib.request.urlopen(request, timeout=60).status
        except urllib.error.HTTPError as error:
            return error.code

    def call(self, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> tuple[int, bytes]:
        """A call of the control plane's API."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.api}{path}", body, {"authorization": f"Bearer {TOKEN}", **(headers or {})})
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return response.status, response.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def drive(self, volume: int):
        """So many judged answers, and everything else once."""
        for _ in range(volume):
            assert self.chat("openai", "answers") == 200
        assert self.chat("openai", "answers", wires.QUESTION) == 200
        assert self.chat("openai", "no such scenario") == 404
        assert self.chat("distrusted", "answers") == 502
        assert self.chat("gone", "answers") == 502
        self._pinned_client()
        assert self.call("/api/v1/ingest/verdicts", b"no JSON", {"content-type": "text/plain"})[0] == 415
        for _ in range(2):
            assert self.call("/api/v1/overview")[0] == 200

    def _pinned_client(self):
        """A client of a listed host that knows only the public authorities. It has its context ready: who stays silent after CONNECT is turned away."""
        context = ssl.create_default_context()
        with socket.create_connection(("127.0.0.1", self.proxy), timeout=10) as connection:
            connection.sendall(b"CONNECT api.openai.com:443 HTTP/1.1\r\nhost: api.openai.com:443\r\n\r\n")
            assert b" 200 " in connection.recv(4096)
            with contextlib.suppress(ssl.SSLError):
                context.wrap_socket(connection, server_hostname="api.openai.com")
                raise AssertionError("a client that knows only public authorities trusted the sidecar")

    def settled(self, judged: int):
        """Waits until so many verdicts are stored."""
        until(lambda: json.loads(self.call("/api/v1/overview")[1])["total"] >= judged, f"{judged} verdicts are stored")

    def distrust_counted(self):
        """Waits until the handshake that failed is counted."""
        until(lambda: "agentguard_proxy_tls_handshake_failures_total{" in get(f"http://127.0.0.1:{self.catching}/metrics"), "a failed handshake is counted")

    def close(self):
        self.programs.close()
        self.upstream.close()
        self.distrusted.close()
