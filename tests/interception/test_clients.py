"""Real clients, unmodified: a streamed and a plain call to a listed host are judged, an unlisted host is reached untouched.

What is seen is the table of docs/interception.md: `AGENTGUARD_WRITE_DOCS=1` writes it."""

import os
import pathlib
import re
import ssl
import sys

import forge
import pytest
from conftest import HERE, MODES, ROOT

PYTHON, NODE = [sys.executable, str(HERE / "clients/python.py")], ["node", str(HERE / "node/node.mjs")]
CHAT = "https://api.openai.com/v1/chat/completions"
QUESTION = '{"model":"gpt-4o","stream":%s,"messages":[{"role":"user","content":"Context: The invoice is due on 12 March 2026.\\n\\nQuestion: When is the invoice due?"}]}'


def curl(_, what: str) -> list[str]:
    if what == "bank":
        return ["curl", "-fsS", "https://bank.test/balance"]
    return ["curl", "-fsSN", CHAT, "-H", "content-type: application/json", "-d", QUESTION % ("true" if what == "stream" else "false")]


def python(library: str):
    return lambda _, what: [*PYTHON, library, what]


def node(library: str):
    return lambda _, what: [*NODE, library, what]


CLIENTS = {
    "Python urllib": (python("urllib"), "SSL_CERT_FILE"),
    "Python requests": (python("requests"), "REQUESTS_CA_BUNDLE"),
    "Python httpx": (python("httpx"), "SSL_CERT_FILE"),
    "Python aiohttp": (python("aiohttp"), "SSL_CERT_FILE"),
    "Python openai": (python("openai"), "SSL_CERT_FILE"),
    "Python anthropic": (python("anthropic"), "SSL_CERT_FILE"),
    "Node https": (node("https"), "NODE_EXTRA_CA_CERTS"),
    "Node fetch": (node("fetch"), "NODE_EXTRA_CA_CERTS"),
    "Node openai": (node("openai"), "NODE_EXTRA_CA_CERTS"),
    "curl": (curl, "CURL_CA_BUNDLE"),
    "Go net/http": (lambda sidecar, what: [str(sidecar.go), what], "SSL_CERT_FILE"),
    "Java HttpClient": (lambda _, what: ["java", str(HERE / "clients/Client.java"), what], "JAVA_TOOL_OPTIONS"),
    "Rust reqwest": (lambda sidecar, what: [str(sidecar.folder / "reqwest-client"), what], "SSL_CERT_FILE"),
}

# Clients that do not ask a proxy whatever the environment says: their calls work and are not judged.
DEAF = {("connect", name) for name in ("Python aiohttp", "Node https", "Node fetch", "Node openai", "Java HttpClient")}

SEEN: dict[tuple[str, str], str] = {}
REFUSED: dict[tuple[str, str], bool] = {}


@pytest.mark.parametrize("name", CLIENTS)
def test_a_client(sidecar, name, go_client):
    sidecar.go = go_client
    command, _ = CLIENTS[name]
    judged = {}
    for what in ("plain", "stream"):
        before = sidecar.metric(r"^agentguard_exchanges_judged_total")
        got = sidecar.call(command(sidecar, what))
        assert got.returncode == 0, f"{got.stdout}\n{got.stderr}\n{sidecar.log('proxy')[-2000:]}"
        text = got.stdout
        assert "March" in text and "2026" in text, text
        judged[what] = sidecar.metric(r"^agentguard_exchanges_judged_total") - before
    caught, tunnelled = (sidecar.metric(rf'caught_connections_total.*decision="{decision}"') for decision in ("intercept", "tunnel"))
    got = sidecar.call(command(sidecar, "bank"))
    assert got.returncode == 0 and "your balance" in got.stdout, f"{got.stdout}\n{got.stderr}"
    # The bank was reached without our certificate being made, by a tunnel where the client was caught at all.
    assert sidecar.metric(r'caught_connections_total.*decision="intercept"') == caught
    deaf = (sidecar.mode, name) in DEAF
    if sidecar.mode != "hosts" and not deaf:
        assert sidecar.metric(r'caught_connections_total.*decision="tunnel"') > tunnelled
    expected = 0 if deaf else 1
    assert judged == {"plain": expected, "stream": expected}
    SEEN[sidecar.mode, name] = "passes unjudged" if deaf else "judged"


def test_the_forged_certificate_is_one_that_only_its_name_speaks_against(sidecar, tmp_path):
    root = sidecar.folder / "ca/root.pem"
    for host, wrong in (("api.openai.com", None), ("bank.test", "permitted subtree violation")):
        chain = tmp_path / f"{host}.pem"
        chain.write_bytes(forge.leaf(sidecar.folder / "key", host))
        if wrong is None:
            forge.handshake(chain, root, host)
        else:
            with pytest.raises(ssl.SSLCertVerificationError, match=wrong):
                forge.handshake(chain, root, host)


@pytest.mark.parametrize("name", CLIENTS)
def test_a_client_refuses_what_the_authority_may_not_sign(sidecar, name, go_client):
    """Whoever steals the sidecar's key cannot pose as a bank: its certificate is constrained, and every client minds that."""
    sidecar.go = go_client
    asked = sidecar.log("internet").count("bank.test GET")
    sidecar.forge(True)
    try:
        got = sidecar.call(CLIENTS[name][0](sidecar, "bank"))
    finally:
        sidecar.forge(False)
    told = got.stdout + got.stderr
    assert got.returncode != 0 and "your balance" not in told, told
    # For that reason, in the words of OpenSSL, Go, Java and rustls.
    assert re.search(r"(?i)permitted subtree|not authorized to sign for this name|name ?constraint", told), told
    assert sidecar.log("internet").count("bank.test GET") == asked, "nothing was asked"
    REFUSED[sidecar.mode, name] = True


def test_the_table_in_the_documentation_is_what_was_seen(request):
    if min(len(SEEN), len(REFUSED)) < len(MODES) * len(CLIENTS):
        pytest.skip("skipped: the table needs every client in every mode")
    head = "| client | transparent | hosts | connect | a forged `bank.test` | trusts by |\n| --- | --- | --- | --- | --- | --- |\n"
    refuses = lambda name: "refused" if all(REFUSED[mode, name] for mode in MODES) else "accepted"
    rows = [f"| {name} | " + " | ".join(SEEN[mode, name] for mode in MODES) + f" | {refuses(name)} | `{variable}` |\n" for name, (_, variable) in CLIENTS.items()]
    begin, end = "<!-- clients: begin -->\n", "<!-- clients: end -->"
    page = ROOT / "docs/interception.md"
    before, rest = page.read_text().split(begin)
    table, after = rest.split(end)
    wanted = head + "".join(rows)
    if os.environ.get("AGENTGUARD_WRITE_DOCS"):
        page.write_text(before + begin + wanted + end + after)
    else:
        assert table == wanted, "docs/interception.md differs: run this with AGENTGUARD_WRITE_DOCS=1 and read what changed"
