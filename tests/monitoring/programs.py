"""The programs that these tests start, and how they are waited for and ended."""

import os
import pathlib
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug"
MONITORING = ROOT / "k8s/monitoring"


def program(name: str) -> str:
    """The path of an installed program; without it the test fails and says what installs it."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin:{ROOT / '.venv/bin'}")
    assert found, f"{name} is missing: run `scripts/setup.sh monitoring`"
    return found


def binary(name: str) -> str:
    """The path of a binary of ours."""
    path = TARGET / name
    assert path.exists(), f"{path} is missing: run `cargo build --package agentguard --package agentguard-sidecar`"
    return str(path)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def get(url: str, timeout: float = 10.0) -> str:
    with urllib.request.urlopen(url, timeout=timeout) as response:
        return response.read().decode()


class Programs:
    """Started programs, each with its log; ended together, last one first."""

    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        self.running: list[tuple[str, subprocess.Popen]] = []
        self.temporary: list[pathlib.Path] = []

    def start(self, name: str, command: list[str], ready: str) -> subprocess.Popen:
        """Starts it and waits until the address `ready` answers 2xx."""
        log = self.folder / f"{name}.log"
        with open(log, "ab") as out:
            process = subprocess.Popen(command, stdout=out, stderr=out, cwd=self.folder)
        self.running.append((name, process))
        deadline = time.monotonic() + 60
        while True:
            assert process.poll() is None, f"{name} ended with {process.returncode}:\n{log.read_text()[-3000:]}"
            try:
                get(ready, timeout=1)
                return process
            except OSError:
                assert time.monotonic() < deadline, f"{name} did not become ready in 60 s:\n{log.read_text()[-3000:]}"
                time.sleep(0.05)

    def close(self):
        for _, process in reversed(self.running):
            process.terminate()
        for _, process in reversed(self.running):
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for path in self.temporary:
            shutil.rmtree(path)


def until(holds, what: str, within: float = 30.0):
    """Waits for something and returns it."""
    deadline = time.monotonic() + within
    while not (value := holds()):
        assert time.monotonic() < deadline, f"{what}: not within {within} s"
        time.sleep(0.1)
    return value
