"""What stands in for a service mesh's sidecar: takes what is redirected to port 15001 and passes it on to where it was going.

    python mesh.py UID

Every connection is told as a line on standard output: `ADDRESS PORT`. Becomes the mesh's own user, whom its rules exempt."""

import os
import socket
import struct
import sys
import threading

SO_ORIGINAL_DST = 80
PORT = 15001


def destination(client: socket.socket) -> tuple[str, int]:
    """The kernel's record of a redirected connection (struct sockaddr_in, sockaddr_in6)."""
    if client.family == socket.AF_INET6:
        port, address = struct.unpack_from("!2xH4x16s", client.getsockopt(socket.IPPROTO_IPV6, SO_ORIGINAL_DST, 28))
        return socket.inet_ntop(socket.AF_INET6, address), port
    port, address = struct.unpack_from("!2xH4s", client.getsockopt(socket.SOL_IP, SO_ORIGINAL_DST, 16))
    return socket.inet_ntop(socket.AF_INET, address), port


def pump(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        for end in (source, sink):
            end.close()


def converse(client: socket.socket) -> None:
    address, port = destination(client)
    print(address, port, flush=True)
    # An address is no name: `socket.create_connection` would load what encodes names, which this user may not.
    server = socket.socket(client.family)
    server.connect((address, port))
    back = threading.Thread(target=pump, args=(server, client), daemon=True)
    back.start()
    pump(client, server)
    back.join()


def listen(family: socket.AddressFamily, address: str) -> None:
    listener = socket.create_server((address, PORT), family=family)
    while True:
        client, _ = listener.accept()
        threading.Thread(target=converse, args=(client,), daemon=True).start()


def main() -> None:
    # Not before: another user may have no way to the interpreter.
    user = int(sys.argv[1])
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        threading.Thread(target=listen, args=(family, address), daemon=True).start()
    print("ready", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
