"""A provider stand-in that writes exact bytes: what it sends is what the tests compare with.

A request's model names the scenario (Gemini, Bedrock: the model in the path). A scenario is a list of byte chunks, sent as HTTP/1.1
chunks with a pause between them, or one body with a content-length.
"""

import contextlib
import json
import socket
import threading
import time
import urllib.parse
from dataclasses import dataclass, field


@dataclass
class Scenario:
    """What to answer: `chunks` are sent one by one; one chunk without `chunked` goes with a content-length."""

    chunks: list[bytes]
    status: int = 200
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    chunked: bool = False
    pause: float = 0.0
    abort_after: int | None = None


class Upstream:
    """Listens on a free loopback port until `close`."""

    def __init__(self):
        self.scenarios: dict[str, Scenario] = {}
        self.requests: list[tuple[str, str, dict[str, str], bytes]] = []
        self.disconnects: list[tuple[str, float]] = []
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self._socket.close()

    def add(self, name: str, scenario: Scenario) -> str:
        self.scenarios[name] = scenario
        return name

    def _accept(self):
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket):
        with connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            reader = connection.makefile("rb")
            # A proxy that was killed, or a client that left, resets the connection.
            with contextlib.suppress(ConnectionError):
                while self._exchange(connection, reader):
                    pass

    def _exchange(self, connection, reader) -> bool:
        line = reader.readline()
        if not line:
            return False
        method, path, _ = line.decode("latin-1").split(" ", 2)
        headers = {}
        while (line := reader.readline()) not in (b"\r\n", b""):
            name, value = line.decode("latin-1").split(":", 1)
            headers[name.strip().lower()] = value.strip()
        body = read_body(reader, headers)
        self.requests.append((method, path, headers, body))
        scenario = self.scenarios.get(scenario_name(path, body))
        if scenario is None:
            scenario = Scenario([json.dumps({"error": {"message": f"no scenario for {path}"}}).encode()], status=404)
        return self._answer(connection, scenario, path)

    def _answer(self, connection, scenario: Scenario, path: str) -> bool:
        head = [f"HTTP/1.1 {scenario.status} X", f"content-type: {scenario.content_type}"]
        head += [f"{name}: {value}" for name, value in scenario.headers.items()]
        if scenario.chunked:
            head.append("transfer-encoding: chunked")
        else:
            head.append(f"content-length: {sum(map(len, scenario.chunks))}")
        try:
            connection.sendall("\r\n".join(head).encode() + b"\r\n\r\n")
            for index, chunk in enumerate(scenario.chunks):
                if scenario.abort_after == index:
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                    return False
                connection.sendall(b"%x\r\n%s\r\n" % (len(chunk), chunk) if scenario.chunked else chunk)
                if scenario.pause:
                    time.sleep(scenario.pause)
            if scenario.chunked:
                connection.sendall(b"0\r\n\r\n")
        except OSError:
            self.disconnects.append((path, time.monotonic()))
            return False
        return True


def read_body(reader, headers: dict[str, str]) -> bytes:
    if headers.get("transfer-encoding", "").lower() == "chunked":
        body = b""
        while (size := int(reader.readline().split(b";")[0], 16)) > 0:
            body += reader.read(size)
            reader.readline()
        reader.readline()
        return body
    return reader.read(int(headers.get("content-length", 0)))


def scenario_name(path: str, body: bytes) -> str:
    if "/model/" in path:
        return urllib.parse.unquote(path.split("/model/", 1)[1].split("/", 1)[0])
    if "/models/" in path:
        return path.split("/models/", 1)[1].split(":", 1)[0]
    try:
        return str(json.loads(body).get("model", ""))
    except (ValueError, AttributeError, RecursionError):
        return ""
