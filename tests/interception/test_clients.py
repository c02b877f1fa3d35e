"""Real clients, unmodified: a streamed and a plain call to a listed host are judged, an unlisted host is reached untouched.

What is seen is the table of docs/interception.md: `AGENTGUARD_WRITE_DOCS=1` writes it."""

import os
import pathlib
import sys

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


def test_the_table_in_the_documentation_is_what_was_seen(request):
    if len(SEEN) < len(MODES) * len(CLIENTS):
        pytest.skip("skipped: the table needs every client in every mode")
    head = "| client | transparent | hosts | connect | trusts by |\n| --- | --- | --- | --- | --- |\n"
    rows = [f"| {name} | " + " | ".join(SEEN[mode, name] for mode in MODES) + f" | `{variable}` |\n" for name, (_, variable) in CLIENTS.items()]
    begin, end = "<!-- clients: begin -->\n", "<!-- clients: end -->"
    page = ROOT / "docs/interception.md"
    before, rest = page.read_text().split(begin)
    table, after = rest.split(end)
    wanted = head + "".join(rows)
    if os.environ.get("AGENTGUARD_WRITE_DOCS"):
        page.write_text(before + begin + wanted + end + after)
    else:
        assert table == wanted, "docs/interception.md differs: run this with AGENTGUARD_WRITE_DOCS=1 and read what changed"
