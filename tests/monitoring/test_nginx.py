"""The configuration in k8s/base/nginx, run by a real NGINX in front of a real control plane."""

import contextlib
import gzip
import http.client
import json
import os
import re
import socket
import subprocess
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from front import AS_USER, USER, Nginx, Replica, copied
from programs import Programs, free_port, program, until
from stack import TOKEN

BEARER = {"authorization": f"Bearer {TOKEN}"}
SECURITY = ("content-security-policy", "x-content-type-options", "x-frame-options", "referrer-policy", "cross-origin-opener-policy", "permissions-policy")


@pytest.fixture(scope="module")
def nginx(stack, tmp_path_factory):
    programs = Programs(tmp_path_factory.mktemp("front"))
    yield Nginx(programs, [stack.api], stack.api_metrics)
    programs.close()


@pytest.fixture(scope="module")
def replicas(tmp_path_factory):
    """An NGINX before two stand-ins."""
    programs, two = Programs(tmp_path_factory.mktemp("replicas")), [Replica(), Replica()]
    try:
        yield Nginx(programs, [one.port for one in two], free_port()), two
    finally:
        programs.close()
        for one in two:
            one.close()


def ask(port: int, path: str, client: str | None = "203.0.113.1", body: bytes | None = None, headers: dict[str, str] | None = None):
    """Status, headers as a list of pairs, body. `client`: what the Ingress says about whom it serves."""
    forwarded = {"x-forwarded-for": client} if client else {}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    with contextlib.closing(connection):
        connection.request("POST" if body is not None else "GET", path, body, {**forwarded, **(headers or {})})
        response = connection.getresponse()
        return response.status, [(name.lower(), value) for name, value in response.getheaders()], response.read()


def values(headers, name: str) -> list[str]:
    return [value for key, value in headers if key == name]


class Tail:
    """A reader of the live tail, with the time at which each event came."""

    def __init__(self, port: int, client: str = "203.0.113.20"):
        self.events: list[tuple[float, str]] = []
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.connection.request("GET", "/api/v1/tail", headers={**BEARER, "x-forwarded-for": client, "accept-encoding": "gzip"})
        self.response = self.connection.getresponse()
        if self.response.status == 200:
            threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        with contextlib.suppress(OSError, ValueError, AttributeError, http.client.HTTPException):
            while line := self.response.readline():
                if line.startswith(b"data:"):
                    self.events.append((time.monotonic(), line.decode()))

    def close(self):
        with contextlib.suppress(OSError):
            if self.connection.sock:
                self.connection.sock.shutdown(socket.SHUT_RDWR)
        self.connection.close()


def test_a_tail_arrives_unbuffered(stack, nginx):
    direct, through = Tail(stack.api), Tail(nginx.port)
    try:
        assert (direct.response.status, through.response.status) == (200, 200)
        assert through.response.getheader("content-type").startswith("text/event-stream") and not through.response.getheader("content-encoding")
        assert stack.chat("openai", "answers") == 200
        until(lambda: direct.events and through.events, "the verdict arrives at both readers")
        behind = through.events[0][0] - direct.events[0][0]
        assert through.events[0][1] == direct.events[0][1] and behind < 1.0, f"{behind:.3f} s later than without NGINX"
        assert not through.response.isclosed(), "the answer stays open"
    finally:
        direct.close()
        through.close()


def test_answers_are_compressed_once(stack, nginx):
    assert stack.chat("openai", "answers") == 200
    stack.settled(1)
    for path in ("/api/v1/verdicts?limit=200", "/openapi.json"):
        status, headers, body = ask(nginx.port, path, headers={**BEARER, "accept-encoding": "gzip"})
        assert (status, values(headers, "content-encoding")) == (200, ["gzip"])
        json.loads(gzip.decompress(body))
        assert len(values(headers, "vary")) == 1 and "accept-encoding" in values(headers, "vary")[0].lower()
    status, headers, body = ask(nginx.port, "/openapi.json", headers=BEARER)
    assert status == 200 and not values(headers, "content-encoding") and json.loads(body)


def test_the_dashboard_works(nginx):
    status, headers, _ = ask(nginx.port, "/", headers={"accept": "text/html"})
    assert status in (302, 303) and values(headers, "location") == ["/login?next=%2F"]
    form = {"content-type": "application/x-www-form-urlencoded", "origin": f"http://127.0.0.1:{nginx.port}", "x-forwarded-proto": "https"}
    status, headers, _ = ask(nginx.port, "/login", body=f"token={TOKEN}&next=/".encode(), headers=form)
    (cookie,) = values(headers, "set-cookie")
    assert status in (302, 303) and "; Secure" in cookie and "; HttpOnly" in cookie
    signed_in = {"cookie": cookie.split(";")[0]}
    status, headers, page = ask(nginx.port, "/", headers=signed_in)
    assert status == 200 and values(headers, "cache-control") == ["no-cache"]
    assert ask(nginx.port, "/api/v1/overview", headers=signed_in)[0] == 200
    assets = re.findall(rb'(?:src|href)="(/assets/[^"]+)"', page)
    assert assets, "the dashboard is not built: run `make ui`"
    for asset in assets:
        status, headers, body = ask(nginx.port, asset.decode(), headers={**signed_in, "accept-encoding": "gzip"})
        assert (status, values(headers, "cache-control"), values(headers, "content-encoding")) == (200, ["public, max-age=31536000, immutable"], ["gzip"])
        (etag,) = values(headers, "etag")
        assert ask(nginx.port, asset.decode(), headers={**signed_in, "if-none-match": etag})[0] == 304


def test_security_headers_come_once(nginx):
    for proto, hsts in (("https", ["max-age=31536000"]), ("http", []), ("gopher", [])):
        _, headers, _ = ask(nginx.port, "/login", headers={"x-forwarded-proto": proto})
        assert all(len(values(headers, name)) == 1 for name in SECURITY), headers
        assert (values(headers, "strict-transport-security"), values(headers, "server")) == (hsts, ["nginx"])
    _, headers, _ = ask(nginx.port, "/metrics")
    assert values(headers, "x-content-type-options") == ["nosniff"] and values(headers, "server") == ["nginx"]


def test_metrics_are_for_inside_only(stack, nginx):
    for client in ("203.0.113.9", "10.1.2.3", "127.0.0.1, 203.0.113.9", "203.0.113.9, 10.0.0.1"):
        status, headers, body = ask(nginx.port, "/metrics", client)
        assert status == 403 and b"http_requests_total" not in body and values(headers, "content-type") == ["application/problem+json"], client
        assert json.loads(body)["code"] == "forbidden"
    status, _, body = ask(nginx.port, "/metrics", client=None)
    assert status == 200 and b"http_requests_total" in body
    for path in ("/metrics/", "//metrics", "/x/../metrics", "/%6detrics"):
        assert b"http_requests_total" not in ask(nginx.port, path, headers=BEARER)[2], path


def test_a_large_batch_passes_and_a_larger_one_does_not(stack, nginx):
    batch = json.dumps({"instance": str(uuid.uuid4()), "events": []}).encode()
    sent = {**BEARER, "content-type": "application/json"}
    status, _, body = ask(nginx.port, "/api/v1/ingest/verdicts", body=batch.ljust(8 << 20), headers=sent)
    assert (status, json.loads(body)["accepted"]) == (200, 0), body
    for path, size in (("/api/v1/ingest/verdicts", (8 << 20) + 1), ("/api/v1/sidecar/heartbeat", (1 << 20) + 1), ("/login", 2 << 20)):
        status, headers, body = ask(nginx.port, path, body=batch.ljust(size), headers=sent)
        assert (status, values(headers, "content-type"), json.loads(body)["code"]) == (413, ["application/problem+json"], "too_large"), path


def test_a_client_that_asks_too_often_is_told_when_to_come_again(nginx):
    """Signing in is limited to 20 at once and 20 a minute; another client does not feel it."""
    answers = [ask(nginx.port, "/login", "203.0.113.30") for _ in range(30)]
    assert [status for status, _, _ in answers[:20]] == [200] * 20
    refused = [(headers, body) for status, headers, body in answers if status == 429]
    assert refused
    for headers, body in refused:
        assert values(headers, "retry-after") == ["1"] and json.loads(body)["code"] == "rate_limited"
        assert values(headers, "x-content-type-options") == ["nosniff"]
    assert ask(nginx.port, "/login", "203.0.113.31")[0] == 200


def test_a_flood_of_the_api_is_limited(replicas):
    """Before stand-ins, which answer fast enough for it on any machine."""
    nginx, _ = replicas

    def flood(_) -> int:
        request = b"GET /api/v1/overview HTTP/1.1\r\nhost: x\r\nx-forwarded-for: 203.0.113.40\r\n\r\n"
        with socket.create_connection(("127.0.0.1", nginx.port), timeout=30) as connection:
            connection.sendall(request * 99 + request.replace(b"host: x", b"host: x\r\nconnection: close"))
            answer = b""
            while piece := connection.recv(65536):
                answer += piece
        return answer.count(b" 429 ")

    with ThreadPoolExecutor(8) as pool:
        deadline = time.monotonic() + 20
        while not (limited := sum(pool.map(flood, range(8)))) and time.monotonic() < deadline:
            pass
    assert limited > 0
    assert ask(nginx.port, "/api/v1/overview", "203.0.113.41")[0] == 200


def test_a_client_has_eight_tails(nginx):
    tails = [Tail(nginx.port, "203.0.113.50") for _ in range(9)]
    try:
        assert [tail.response.status for tail in tails] == [200] * 8 + [429]
        other = Tail(nginx.port, "203.0.113.51")
        tails.append(other)
        assert other.response.status == 200
    finally:
        for tail in tails:
            tail.close()


def test_the_log_names_the_client_and_no_question(nginx):
    assert ask(nginx.port, "/api/v1/verdicts?text=a-private-matter", "203.0.113.60, 10.0.0.7", headers=BEARER)[0] in (200, 400)
    line = json.loads(until(lambda: [line for line in nginx.log().splitlines() if "203.0.113.60" in line], "it is logged")[0])
    assert (line["client"], line["path"], line["method"]) == ("203.0.113.60", "/api/v1/verdicts", "GET") and line["request_id"]
    assert "a-private-matter" not in nginx.log() and TOKEN not in nginx.log()


def test_connections_to_a_replica_are_kept_and_a_client_stays_at_one(replicas):
    nginx, two = replicas
    before = sum(one.connections for one in two)
    said = set()
    # One connection, and so one worker: each worker keeps connections of its own.
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", nginx.port, timeout=30)) as connection:
        for _ in range(20):
            connection.request("GET", "/", headers={"x-forwarded-for": "203.0.113.70"})
            said.add(connection.getresponse().read())
    assert len(said) == 1 and sum(one.connections for one in two) - before <= 1
    assert {ask(nginx.port, "/", f"203.0.113.{number}")[2] for number in range(71, 111)} == {str(one.port).encode() for one in two}
    head = two[0].heads[-1].lower()
    assert "\nx-forwarded-proto: http\n" in head and re.search(r"\nx-forwarded-for: 203\.0\.113\.\d+\n", head) and "connection:" not in head


def test_websockets_pass_and_no_other_upgrade(replicas):
    nginx, two = replicas
    with socket.create_connection(("127.0.0.1", nginx.port), timeout=10) as connection:
        connection.sendall(b"GET /ws/monitor HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: WebSocket\r\nx-forwarded-for: 203.0.113.120\r\n\r\n")
        assert connection.recv(4096).startswith(b"HTTP/1.1 101")
        for frame in (b"\x81\x02hi", b"\x81\x03you"):
            connection.sendall(frame)
            begun = time.monotonic()
            assert connection.recv(4096) == frame and time.monotonic() - begun < 1.0
    ask(nginx.port, "/upgrade-me", "203.0.113.121", headers={"connection": "Upgrade, HTTP2-Settings", "upgrade": "h2c", "http2-settings": "AAMAAABkAAQAAP__"})
    (head,) = [head for one in two for head in one.heads if "/upgrade-me" in head]
    assert "h2c" not in head


def test_a_replica_that_goes_is_replaced(tmp_path):
    programs, there, gone = Programs(tmp_path), Replica(), free_port()
    try:
        nginx = Nginx(programs, [there.port, gone], free_port())
        assert {ask(nginx.port, "/", f"203.0.113.{number}")[0] for number in range(20)} == {200}
    finally:
        programs.close()
        there.close()


def test_without_a_replica_the_answer_says_so(tmp_path):
    programs = Programs(tmp_path)
    try:
        nginx = Nginx(programs, [free_port()], free_port())
        status, headers, body = ask(nginx.port, "/")
        assert (status, json.loads(body)["code"], values(headers, "x-content-type-options")) == (503, "unavailable", ["nosniff"])
    finally:
        programs.close()


def test_status_and_health_have_a_port_of_their_own(nginx):
    status, _, body = ask(nginx.status, "/stub_status", client=None)
    assert status == 200 and b"Active connections" in body
    assert ask(nginx.status, "/", client=None)[0] == 404 and b"Active" not in ask(nginx.port, "/stub_status", headers=BEARER)[2]


def can_isolate() -> str | None:
    probe = subprocess.run(["unshare", "--mount", "true"], capture_output=True, text=True)
    return None if os.geteuid() == 0 and probe.returncode == 0 else "skipped: mount namespaces need root"


@pytest.mark.skipif(can_isolate() is not None, reason=str(can_isolate()))
def test_any_user_and_a_read_only_root_are_enough(stack, tmp_path):
    """As the pod has it: user 1000, no capability, a root that cannot be written, an empty /tmp."""
    port, status = free_port(), free_port()
    copied(tmp_path / "conf", port, status, [stack.api], stack.api_metrics)
    inside = f"mount --bind {tmp_path}/conf /mnt && mount -o remount,bind,ro / && ! touch /etc/x 2>/dev/null && mount -t tmpfs none /tmp && exec setpriv {' '.join(AS_USER)}"
    programs = Programs(tmp_path)
    try:
        # A container's runtime gives its output to its user, too: NGINX opens it by name.
        log = tmp_path / "read-only.log"
        log.touch()
        os.chown(log, USER, USER)
        nginx = f'{program("nginx")} -e stderr -c /mnt/nginx.conf -g "daemon off;"'
        programs.start("read-only", ["unshare", "--mount", "sh", "-c", f"{inside} {nginx}"], f"http://127.0.0.1:{status}/healthz")
        sent = {**BEARER, "content-type": "application/json"}
        batch = json.dumps({"instance": str(uuid.uuid4()), "events": []}).encode()
        assert ask(port, "/api/v1/ingest/verdicts", body=batch.ljust(4 << 20), headers=sent)[0] == 200, "a body that goes through a file"
        assert ask(port, "/openapi.json", headers=BEARER)[0] == 200
        assert '"path":"/openapi.json"' in log.read_text()
    finally:
        programs.close()
