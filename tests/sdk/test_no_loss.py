"""An acknowledged verdict is durable, and a lost one is counted: proxy and control plane apart, killed at random under load."""

import http.client
import json
import os
import random
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.request

import wires
from conftest import BINARY, fetch, free_port
from upstream import Scenario

KILLS = int(os.environ.get("AGENTGUARD_KILLS", "30"))
OUTAGE = float(os.environ.get("AGENTGUARD_OUTAGE_SECONDS", "60"))
# A verdict is safe once its record is on disk: the spool syncs in groups, many times within this time.
SETTLED = 1.0
MESSAGES = [{"role": "system", "content": wires.CONTEXT}, {"role": "user", "content": wires.QUESTION}]


class Process:
    """`agentguard up` with those flags, restartable on the same ports and data."""

    def __init__(self, folder, ready: str, *flags: str):
        folder.mkdir()
        self.ready = ready
        self.command = [str(BINARY), "up", "--data-dir", str(folder / "data"), *flags]
        self.log = open(folder / "log.txt", "ab")
        self.folder = folder
        self.start()

    def start(self):
        self.process = subprocess.Popen(self.command, stdout=self.log, stderr=self.log)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                urllib.request.urlopen(self.ready, timeout=1).read()
                return
            except OSError:
                assert self.process.poll() is None, (self.folder / "log.txt").read_text()[-3000:]
                time.sleep(0.02)
        raise AssertionError(f"not ready within 30 s: {self.ready}")

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(40)


class Pair:
    """A proxy that reports to a control plane in another process."""

    def __init__(self, folder, upstream):
        self.base, self.admin, self.port, metrics = (free_port() for _ in range(4))
        control = f"http://127.0.0.1:{self.port}"
        self.control = Process(
            folder / "control", f"{control}/readyz",
            "--base-url-listen", "off", "--admin-listen", "off",
            "--control-listen", f"127.0.0.1:{self.port}", "--metrics-listen", f"127.0.0.1:{metrics}",
        )  # fmt: skip
        self.proxy = Process(
            folder / "proxy", f"http://127.0.0.1:{self.admin}/ready",
            "--base-url-listen", f"127.0.0.1:{self.base}", "--admin-listen", f"127.0.0.1:{self.admin}",
            "--upstream", f"openai={upstream.url}", "--control-url", control,
        )  # fmt: skip

    def api(self, path):
        return json.load(urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/v1{path}", timeout=10))

    def stored(self) -> list[str]:
        ids, cursor = [], ""
        while True:
            page = self.api(f"/verdicts?limit=500&cursor={cursor}")
            ids += [item["id"] for item in page["items"]]
            cursor = page["next"]
            if not cursor:
                return ids

    def wait_stored(self, wanted: set[str], within: float) -> list[str]:
        deadline = time.monotonic() + within
        while True:
            ids = self.stored()
            if wanted <= set(ids) or time.monotonic() > deadline:
                return ids
            time.sleep(0.5)


class Load:
    """Clients that ask over and over and remember the exchanges that were answered, and when."""

    def __init__(self, pair, threads=4):
        self.pair, self.seen, self.lock, self.running = pair, [], threading.Lock(), True
        self.threads = [threading.Thread(target=self._run) for _ in range(threads)]
        for thread in self.threads:
            thread.start()

    def _run(self):
        body = json.dumps({"model": "no-loss", "messages": MESSAGES}).encode()
        while self.running:
            try:
                status, headers, _ = fetch(self.pair.base, "/openai/v1/chat/completions", body)
            except (OSError, http.client.HTTPException):
                time.sleep(0.02)
                continue
            if status == 200:
                with self.lock:
                    self.seen.append((time.monotonic(), headers["x-agentguard-id"]))
            time.sleep(0.004)

    def stop(self) -> list[tuple[float, str]]:
        self.running = False
        for thread in self.threads:
            thread.join()
        return self.seen


def check_ledger(pair, seen: int):
    """Every instance's ledger adds up, and gaps are explained."""
    deadline = time.monotonic() + 30
    while True:
        rows = pair.api("/sidecars")
        rows = rows["items"] if isinstance(rows, dict) else rows
        wrong = [r for r in rows if r["produced"] > r["stored"] + r["rejected"] + sum(r["lost"].values()) + r["in_flight"] or r["unexplained"]]
        if not wrong:
            break
        assert time.monotonic() < deadline, wrong
        time.sleep(0.5)
    assert sum(r["stored"] for r in rows) >= seen
    return rows


def test_control_plane_away_for_a_minute_under_load(tmp_path, upstream):
    upstream.add("no-loss", Scenario([wires.openai_chat([wires.GOOD])]))
    (tmp_path / "pair").mkdir()
    pair = Pair(tmp_path / "pair", upstream)
    try:
        load = Load(pair)
        time.sleep(2)
        pair.control.stop()
        time.sleep(OUTAGE)
        pair.control.start()
        time.sleep(2)
        seen = {exchange for _, exchange in load.stop()}
        ids = pair.wait_stored(seen, within=60)
        assert len(ids) == len(set(ids)), "an exchange is stored twice"
        assert seen <= set(ids), f"{len(seen - set(ids))} of {len(seen)} verdicts are missing"
        rows = check_ledger(pair, len(seen))
        assert [sum(r["lost"].values()) for r in rows] == [0], rows
    finally:
        pair.proxy.stop()
        pair.control.stop()


def test_kill_9_of_either_process_at_random(tmp_path, upstream):
    upstream.add("no-loss", Scenario([wires.openai_chat([wires.GOOD])]))
    (tmp_path / "pair").mkdir()
    pair = Pair(tmp_path / "pair", upstream)
    chance = random.Random(20117)
    proxy_kills = []
    try:
        load = Load(pair)
        for _ in range(KILLS):
            time.sleep(chance.uniform(0.1, 1.2))
            if chance.random() < 0.5:
                pair.control.kill()
                time.sleep(chance.uniform(0.0, 0.4))
                pair.control.start()
            else:
                pair.proxy.kill()
                proxy_kills.append(time.monotonic())
                pair.proxy.start()
        time.sleep(2)
        seen = load.stop()
        safe = {exchange for at, exchange in seen if not any(at < kill < at + SETTLED for kill in proxy_kills)}
        assert len(safe) > 100, f"only {len(safe)} exchanges: the load did not run"
        ids = pair.wait_stored(safe, within=60)
        assert len(ids) == len(set(ids)), "an exchange is stored twice"
        assert safe <= set(ids), f"{len(safe - set(ids))} of {len(safe)} settled verdicts are missing"
        rows = check_ledger(pair, len(safe))
        assert len(rows) == 1 + len(proxy_kills)
    finally:
        pair.proxy.stop()
        pair.control.stop()
