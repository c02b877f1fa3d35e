"""The internet of these tests, a process of its own: two LLM providers and a bank under TLS, and a name server.

    python internet.py FOLDER

FOLDER holds `NAME.pem` (certificate and key) for each host. While there is a `forged.pem`, the bank shows that. At its port 80 the bank
speaks plain HTTP. Every connection is told as a line on standard output:
`NAME METHOD PATH`."""

import json
import pathlib
import socket
import socketserver
import ssl
import struct
import sys
import threading

from net import BANK4, BANK6, DNS4, LLM4, LLM6

HOSTS = {"api.openai.com": (LLM4, LLM6), "api.anthropic.com": (LLM4, LLM6), "bank.test": (BANK4, BANK6)}
TEXT = "The invoice is due on 12 March 2026."


def chat(stream: bool) -> tuple[str, list[bytes]]:
    if not stream:
        choice = {"index": 0, "message": {"role": "assistant", "content": TEXT}, "finish_reason": "stop"}
        whole = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "gpt-4o", "choices": [choice]}
        return "application/json", [json.dumps(whole).encode()]
    chunk = lambda delta, finish: {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-4o", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}
    words = [f"{word} " for word in TEXT.split()]
    events = [chunk({"role": "assistant", "content": ""}, None), *(chunk({"content": word}, None) for word in words), chunk({}, "stop")]
    return "text/event-stream", [f"data: {json.dumps(event)}\n\n".encode() for event in events] + [b"data: [DONE]\n\n"]


def messages(stream: bool) -> tuple[str, list[bytes]]:
    message = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude", "stop_reason": "end_turn", "stop_sequence": None, "usage": {"input_tokens": 1, "output_tokens": 1}}
    if not stream:
        return "application/json", [json.dumps({**message, "content": [{"type": "text", "text": TEXT}]}).encode()]
    events = [
        {"type": "message_start", "message": {**message, "content": [], "stop_reason": None}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        *({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": f"{word} "}} for word in TEXT.split()),
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": None}, "usage": {"output_tokens": 9}},
        {"type": "message_stop"},
    ]
    return "text/event-stream", [f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode() for event in events]


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True

    def __init__(self, address: str, folder: pathlib.Path):
        self.address_family = socket.AF_INET6 if ":" in address else socket.AF_INET
        contexts = {}
        for name in HOSTS:
            contexts[name] = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            contexts[name].load_cert_chain(folder / f"{name}.pem")
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(folder / "bank.test.pem")

        def named(connection, name, _):
            connection.context = contexts.get(name, self.context)
            if name == "bank.test" and (folder / "forged.pem").exists():
                forged = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                forged.load_cert_chain(folder / "forged.pem")
                connection.context = forged
            connection.asked = name

        self.context.sni_callback = named
        super().__init__((address, 443), Exchange)


class Exchange(socketserver.StreamRequestHandler):
    timeout = 20

    def setup(self):
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.request = self.server.context.wrap_socket(self.request, server_side=True)
        super().setup()

    def handle(self):
        while line := self.rfile.readline():
            method, path, _ = line.decode().split(" ", 2)
            headers = {}
            while (line := self.rfile.readline()) not in (b"\r\n", b""):
                name, value = line.decode().split(":", 1)
                headers[name.lower()] = value.strip()
            body = b""
            if headers.get("transfer-encoding") == "chunked":
                while size := int(self.rfile.readline(), 16):
                    body += self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()
            else:
                body = self.rfile.read(int(headers.get("content-length", 0)))
            print(self.request.asked, method, path, flush=True)
            stream = b'"stream":true' in body.replace(b" ", b"")
            kind, pieces = {"/v1/chat/completions": chat, "/v1/messages": messages}.get(path, lambda _: ("text/plain", [b"your balance"]))(stream)
            head = f"HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\n"
            if stream:
                self.wfile.write(f"{head}transfer-encoding: chunked\r\n\r\n".encode())
                for piece in pieces:
                    self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
                self.wfile.write(b"0\r\n\r\n")
            else:
                self.wfile.write(f"{head}content-length: {len(pieces[0])}\r\n\r\n".encode() + pieces[0])
            self.wfile.flush()


def answer(query: bytes) -> bytes:
    """A and AAAA records of the hosts; other names do not exist (RFC 1035)."""
    labels, at = [], 12
    while length := query[at]:
        labels.append(query[at + 1 : at + 1 + length].decode().lower())
        at += length + 1
    kind = struct.unpack_from("!H", query, at + 1)[0]
    known = HOSTS.get(".".join(labels))
    records = b""
    if known and kind in (1, 28):
        address = socket.inet_pton(*((socket.AF_INET, known[0]) if kind == 1 else (socket.AF_INET6, known[1])))
        records = struct.pack("!HHHIH", 0xC00C, kind, 1, 30, len(address)) + address
    code = 0 if known else 3
    return query[:2] + struct.pack("!HHHHH", 0x8180 | code, 1, bool(records), 0, 0) + query[12 : at + 5] + records


class Plain(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True

    def __init__(self, address: str):
        self.address_family = socket.AF_INET6 if ":" in address else socket.AF_INET
        super().__init__((address, 80), PlainExchange)


class PlainExchange(socketserver.StreamRequestHandler):
    timeout = 20

    def handle(self):
        method, path, _ = self.rfile.readline().decode().split(" ", 2)
        while self.rfile.readline() not in (b"\r\n", b""):
            pass
        print("plain", method, path, flush=True)
        self.wfile.write(b"HTTP/1.1 200 OK\r\ncontent-length: 12\r\nconnection: close\r\n\r\nyour balance")


class Names(socketserver.BaseRequestHandler):
    def handle(self):
        query, reply = self.request
        reply.sendto(answer(query), self.client_address)


def main() -> None:
    folder = pathlib.Path(sys.argv[1])
    servers = [Server(address, folder) for address in (LLM4, LLM6, BANK4, BANK6)]
    servers += [Plain(address) for address in (BANK4, BANK6)]
    names = socketserver.ThreadingUDPServer((DNS4, 53), Names)
    for server in (*servers, names):
        threading.Thread(target=server.serve_forever, daemon=True).start()
    print("ready", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
