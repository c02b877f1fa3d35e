"""A real NGINX with the product's configuration. Ports, the folder for what it writes and the replicas' names are replaced, nothing else: addresses need
no `resolve`, which Debian 12's NGINX does not have."""

import os
import pathlib
import re
import shutil
import socket
import tempfile
import threading

from programs import ROOT, Programs, free_port, program

CONFIGURATION = ROOT / "k8s/base/nginx"


# Anybody but root.
USER = 1000
AS_USER = [f"--reuid={USER}", f"--regid={USER}", "--clear-groups", "--bounding-set=-all", "--no-new-privs"]


class Nginx:
    """Running until its programs are closed, never as root. `replicas`: ports of the API; `metrics`: the port of their metrics."""

    def __init__(self, programs: Programs, replicas: list[int], metrics: int):
        self.port, self.status = free_port(), free_port()
        # Not in pytest's folder, which is for its user alone.
        outside = pathlib.Path(tempfile.mkdtemp(prefix="agentguard-nginx-"))
        programs.temporary.append(outside)
        outside.chmod(0o755)
        self.folder = outside / "nginx"
        copied(self.folder, self.port, self.status, replicas, metrics)
        for path in self.folder.glob("*.conf"):
            path.write_text(path.read_text().replace("/tmp/", f"{self.folder}/").replace("/dev/stdout", str(self.folder / "access.log")))
        command = [program("nginx"), "-e", "stderr", "-p", str(self.folder), "-c", str(self.folder / "nginx.conf"), "-g", "daemon off;"]
        if os.geteuid() == 0:
            os.chown(self.folder, USER, USER)
            command = [program("setpriv"), *AS_USER, *command]
        programs.start("nginx", command, f"http://127.0.0.1:{self.status}/healthz")

    def log(self) -> str:
        return (self.folder / "access.log").read_text()


def copied(folder: pathlib.Path, port: int, status: int, replicas: list[int], metrics: int):
    """The three files with other ports and replicas."""
    shutil.copytree(CONFIGURATION, folder)
    main, upstream = folder / "nginx.conf", folder / "upstream.conf"
    text, count = re.subn(r"listen 8080\b", f"listen 127.0.0.1:{port}", main.read_text())
    text, more = re.subn(r"listen 8081\b", f"listen 127.0.0.1:{status}", text)
    main.write_text(text)
    api = "\n".join(rf"    server 127.0.0.1:{one} \1;" for one in replicas)
    lines, found = re.subn(r"^    server agentguard-api-headless\.agentguard\.svc\.cluster\.local:8000 resolve (.*);$", api, upstream.read_text(), flags=re.M)
    lines, also = re.subn(r"^    server agentguard-api-headless\.agentguard\.svc\.cluster\.local:9090 resolve;$", f"    server 127.0.0.1:{metrics};", lines, flags=re.M)
    lines, _ = re.subn(r"^resolver.*\n", "", lines, flags=re.M)
    upstream.write_text(lines)
    assert (count, more, found, also) == (1, 1, 1, 1), "the configuration is not as this test knows it"


class Replica:
    """Stands in for a control plane where its answers do not matter: counts connections, keeps heads, speaks WebSocket's handshake and then echoes."""

    def __init__(self):
        self.connections, self.heads = 0, []
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket):
        with connection, connection.makefile("rb") as reader:
            while head := self._head(reader):
                self.heads.append(head)
                if "\nupgrade: websocket" in head.lower():
                    connection.sendall(b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n")
                    while piece := reader.read1(4096):
                        connection.sendall(piece)
                    return
                body = str(self.port).encode()
                connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\nx-content-type-options: nosniff\r\n\r\n%s" % (len(body), body))

    @staticmethod
    def _head(reader) -> str:
        lines = []
        while (line := reader.readline()) not in (b"", b"\r\n"):
            lines.append(line.decode("latin-1").strip())
        return "\n".join(lines)

    def close(self):
        self.socket.close()
