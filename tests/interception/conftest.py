"""The sidecar as a pod has it: agentguard-netinit, agentguard-proxy as its own user, certificates, and an internet."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time
import urllib.request

import forge
import pytest
import trustme
from net import MESH_UID, PROXY_UID, Net, run

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug"
HOSTS = ["api.openai.com", "api.anthropic.com"]
MODES = ("transparent", "hosts", "connect")


def can_isolate() -> str | None:
    """Why these tests cannot run here."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    probe = subprocess.run(["unshare", "--net", "true"], capture_output=True, text=True)
    return None if probe.returncode == 0 else f"network namespaces are not allowed here: {probe.stderr.strip()}"


def pytest_collection_modifyitems(items):
    if why := can_isolate():
        for item in items:
            item.add_marker(pytest.mark.skip(reason=f"skipped: {why}"))


class Sidecar:
    """One pod in one mode, beside a mesh's sidecar or not."""

    def __init__(self, mode: str, folder: pathlib.Path, public: trustme.CA, mesh: bool = False):
        self.mode, self.folder, self.mesh = mode, folder, mesh
        folder.chmod(0o755)
        self.net = Net(f"ag{os.getpid()}{'me' if mesh else mode[:2]}")
        for host in (*HOSTS, "bank.test"):
            public.issue_cert(host).private_key_and_cert_chain_pem.write_to_path(folder / f"{host}.pem")
        self.public = folder / "public.pem"
        public.cert_pem.write_to_path(self.public)
        self.processes, self.logs = [], folder / "logs"
        self.logs.mkdir()
        try:
            self._start()
        except BaseException:
            self.close()
            raise

    def _start(self):
        self.spawn("internet", [*self.net.inside(self.net.internet), "python3", str(HERE / "internet.py"), str(self.folder)])
        self.until(lambda: "ready" in self.log("internet"), "the internet")
        for binary in ("agentguard-proxy", "agentguard-netinit", "reqwest-client"):
            shutil.copy(TARGET / binary, self.folder / binary)
        if self.mode == "hosts":
            self.net.hosts(HOSTS)
            run(*self.net.inside(self.net.pod), "sysctl", "-qw", "net.ipv4.ip_unprivileged_port_start=443")
        if self.mesh:
            # Its init container and its sidecar come before ours.
            self.run([*self.net.inside(self.net.pod), "nft", "-f", str(HERE / "mesh.nft")])
            self.spawn("mesh", [*self.net.inside(self.net.pod), "python3", str(HERE / "mesh.py"), str(MESH_UID)])
            self.until(lambda: "ready" in self.log("mesh"), "the mesh")
        if self.mode == "transparent":
            self.run(self.netinit())
        for name in ("key", "ca", "data"):
            (self.folder / name).mkdir()
            os.chown(self.folder / name, PROXY_UID, PROXY_UID)
        flags = [f"--mode={self.mode}", f"--hosts={','.join(HOSTS)}", f"--extra-ca={self.public}", "--admin-listen=127.0.0.1:19020"]
        flags += [f"--{name}-dir={self.folder / name}" for name in ("key", "ca", "data")]
        self.spawn("proxy", [*self.net.inside(self.net.pod, PROXY_UID), str(self.folder / "agentguard-proxy"), "sidecar", *flags])
        self.until(lambda: self.admin("/startup") is not None, "the sidecar")

    def run(self, command: list[str]) -> str:
        return run(*command).stdout

    def netinit(self) -> list[str]:
        flags = [f"--skip-uids={MESH_UID}"] if self.mesh else []
        return [*self.net.inside(self.net.pod, 65534, "net_admin"), str(self.folder / "agentguard-netinit"), *flags]

    def rules(self) -> str:
        return self.run([*self.net.inside(self.net.pod), "nft", "list", "ruleset"])

    def spawn(self, name: str, command: list[str]):
        with open(self.logs / name, "w") as out:
            self.processes.append(subprocess.Popen(command, stdout=out, stderr=out, env={**os.environ, "NO_COLOR": "1"}))

    def log(self, name: str) -> str:
        return (self.logs / name).read_text()

    def until(self, holds, what: str):
        deadline = time.monotonic() + 60
        while not holds():
            ended = [process.args for process in self.processes if process.poll() is not None]
            logs = "\n".join(f"{path.name}: {path.read_text()[-2000:]}" for path in self.logs.iterdir())
            assert not ended and time.monotonic() < deadline, f"{what} is not ready\n{logs}"
            time.sleep(0.1)

    def admin(self, path: str) -> str | None:
        asked = subprocess.run([*self.net.inside(self.net.pod), "curl", "-fsS", f"http://127.0.0.1:19020{path}"], capture_output=True, text=True)
        return asked.stdout if asked.returncode == 0 else None

    def metric(self, pattern: str) -> int:
        """The sum of the samples whose name and labels match."""
        return sum(int(float(value)) for name, value in re.findall(r"^(\S+) (\S+)$", self.admin("/metrics") or "", re.M) if re.search(pattern, name))

    def environment(self) -> dict[str, str]:
        """What the injector sets in an application's container. The test's public authority stands for those that an image brings: where a
        client adds ours to its own, it is given both."""
        ca = self.folder / "ca"
        added = self.folder / "added.pem"
        added.write_text((ca / "root.pem").read_text() + self.public.read_text())
        bundle = str(ca / "bundle.pem")
        variables = {name: bundle for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "AWS_CA_BUNDLE", "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH")}
        variables |= {"SSL_CERT_DIR": f"{ca / 'hashed'}:/etc/ssl/certs", "NODE_EXTRA_CA_CERTS": str(added), "DENO_CERT": str(added)}
        store = f"-Djavax.net.ssl.trustStore={ca / 'truststore.p12'}"
        variables["JAVA_TOOL_OPTIONS"] = f"{store} -Djavax.net.ssl.trustStoreType=PKCS12 -Djavax.net.ssl.trustStorePassword=changeit"
        if self.mode == "connect":
            variables |= {name: "http://127.0.0.1:19002" for name in ("HTTPS_PROXY", "https_proxy")}
            variables |= {name: "localhost,127.0.0.1,::1" for name in ("NO_PROXY", "no_proxy")} | {"NODE_USE_ENV_PROXY": "1"}
        return variables

    def forge(self, forged: bool):
        """Whether the bank's place is taken by somebody who holds the sidecar's key."""
        if forged:
            (self.folder / "forged.new").write_bytes(forge.leaf(self.folder / "key", "bank.test"))
            (self.folder / "forged.new").rename(self.folder / "forged.pem")
        else:
            (self.folder / "forged.pem").unlink(missing_ok=True)

    def call(self, command: list[str], **more: str) -> subprocess.CompletedProcess:
        """Runs a client in the pod."""
        plain = {name: value for name, value in os.environ.items() if not re.search(r"(?i)proxy$|CERT|CA_BUNDLE|^JAVA_|^NODE_|^SSL_", name)}
        environment = {**plain, **self.environment(), **more}
        return subprocess.run([*self.net.inside(self.net.pod), *command], capture_output=True, text=True, timeout=90, env=environment)

    def close(self):
        for process in reversed(self.processes):
            process.terminate()
        for process in self.processes:
            process.wait(30)
        self.net.close()


@pytest.fixture(scope="session", params=MODES)
def sidecar(request):
    # Not pytest's own folder: the proxy's user must be able to enter it.
    with tempfile.TemporaryDirectory(prefix="agentguard-") as folder:
        pod = Sidecar(request.param, pathlib.Path(folder), trustme.CA())
        yield pod
        pod.close()


@pytest.fixture(scope="session")
def go_client(tmp_path_factory) -> pathlib.Path:
    """The Go client, built once."""
    folder = tmp_path_factory.mktemp("go")
    shutil.copy(HERE / "clients/main.go", folder)
    environment = {**os.environ, "GO111MODULE": "off", "GOFLAGS": "", "GOCACHE": str(folder / "cache"), "CGO_ENABLED": "0"}
    run("go", "build", "-o", str(folder / "client"), "main.go", cwd=folder, env=environment)
    return folder / "client"
