"""A pod and the internet, as two network namespaces joined by a cable: nothing that is sent here leaves this machine."""

import contextlib
import os
import pathlib
import shutil
import subprocess

LLM4, LLM6 = "203.0.113.10", "2001:db8:1::10"
BANK4, BANK6 = "203.0.113.20", "2001:db8:1::20"
DNS4 = "203.0.113.53"
PROXY_UID = 20117
MESH_UID = 1337


def run(*command: str, **options) -> subprocess.CompletedProcess:
    return subprocess.run(command, check=True, capture_output=True, text=True, **options)


class Net:
    """`pod` has a default route to `internet`, where the providers and the name server are."""

    def __init__(self, name: str):
        self.pod, self.internet = f"{name}-pod", f"{name}-net"
        self.etc = pathlib.Path("/etc/netns") / self.pod
        self.etc_existed = self.etc.parent.exists()
        for space in (self.pod, self.internet):
            run("ip", "netns", "add", space)
            run("ip", "-n", space, "link", "set", "lo", "up")
        run("ip", "-n", self.pod, "link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns", self.internet)
        for space, four, six in ((self.pod, "10.99.0.2/24", "fd99::2/64"), (self.internet, "10.99.0.1/24", "fd99::1/64")):
            run("ip", "-n", space, "addr", "add", four, "dev", "eth0")
            run("ip", "-n", space, "addr", "add", six, "dev", "eth0", "nodad")
            run("ip", "-n", space, "link", "set", "eth0", "up")
        run("ip", "-n", self.pod, "route", "add", "default", "via", "10.99.0.1")
        run("ip", "-n", self.pod, "-6", "route", "add", "default", "via", "fd99::1")
        for address in (LLM4, BANK4, DNS4):
            run("ip", "-n", self.internet, "addr", "add", f"{address}/32", "dev", "lo")
        for address in (LLM6, BANK6):
            run("ip", "-n", self.internet, "addr", "add", f"{address}/128", "dev", "lo", "nodad")
        # What `ip netns exec` shows instead of the machine's own.
        self.etc.mkdir(parents=True)
        (self.etc / "resolv.conf").write_text(f"nameserver {DNS4}\noptions timeout:2 attempts:2\n")
        self.hosts([])

    def hosts(self, names: list[str]):
        """The pod's hosts file: these names are loopback, as `hostAliases` has it."""
        lines = ["127.0.0.1 localhost", "::1 localhost"]
        lines += [f"{address} {name}" for name in names for address in ("127.0.0.1", "::1")]
        (self.etc / "hosts").write_text("\n".join(lines) + "\n")

    def inside(self, space: str, uid: int | None = None, capability: str | None = None) -> list[str]:
        """What to put before a command so that it runs there, as that user, with that capability and no other."""
        command = ["ip", "netns", "exec", space]
        if uid is not None:
            command += ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", "--no-new-privs"]
            if capability:
                command += [f"--inh-caps=-all,+{capability}", f"--ambient-caps=-all,+{capability}", f"--bounding-set=-all,+{capability}"]
            else:
                command += ["--inh-caps=-all", "--bounding-set=-all"]
        return command

    def close(self):
        for space in (self.pod, self.internet):
            with contextlib.suppress(subprocess.CalledProcessError):
                run("ip", "netns", "delete", space)
        shutil.rmtree(self.etc, ignore_errors=True)
        if not self.etc_existed:
            with contextlib.suppress(OSError):
                os.rmdir(self.etc.parent)
