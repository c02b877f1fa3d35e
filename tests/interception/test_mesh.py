"""Beside a service mesh that redirects all TCP at priority -100, as Istio's and Linkerd's rules do (iptables' nat table): the sidecar
gets what is its own, the mesh everything else, the sidecar's own connections included."""

import pathlib
import tempfile

import pytest
import trustme
from conftest import Sidecar
from net import BANK4, BANK6, LLM4, LLM6
from test_clients import CHAT, QUESTION

CALL = ["-H", "content-type: application/json", "-d", QUESTION % "false", CHAT]


@pytest.fixture(scope="module")
def meshed():
    with tempfile.TemporaryDirectory(prefix="agentguard-") as folder:
        pod = Sidecar("transparent", pathlib.Path(folder), trustme.CA(), mesh=True)
        yield pod
        pod.close()


def meant(pod, kind: str) -> int:
    return pod.metric(rf'caught_connections_total.*decision="{kind}"')


@pytest.mark.parametrize("family,llm,bank", [("-4", LLM4, BANK4), ("-6", LLM6, BANK6)])
def test_the_sidecar_intercepts_beside_a_mesh(meshed, family, llm, bank):
    curl = ["curl", "-fsS", family]
    judged, caught = meshed.metric(r"^agentguard_exchanges_judged_total"), meant(meshed, "intercept")
    got = meshed.call([*curl, *CALL])
    assert got.returncode == 0 and "March" in got.stdout, f"{got.stderr}\n{meshed.log('mesh')}\n{meshed.log('proxy')[-2000:]}"
    assert meshed.metric(r"^agentguard_exchanges_judged_total") == judged + 1
    assert meant(meshed, "intercept") == caught + 1
    # What the sidecar says to the provider is the mesh's again: it exempts none but its own user.
    upstream = [line.split()[0] for line in meshed.log("mesh").splitlines() if line.endswith(" 443")]
    assert any(address in (LLM4, LLM6) for address in upstream), meshed.log("mesh")

    tunnelled = meant(meshed, "tunnel")
    got = meshed.call([*curl, "https://bank.test/balance"])
    assert got.returncode == 0 and got.stdout == "your balance", got.stderr
    assert meant(meshed, "tunnel") == tunnelled + 1
    assert f"{bank} 443" in meshed.log("mesh").splitlines(), "dialled by the sidecar, carried by the mesh"

    decided = meant(meshed, ".*")
    got = meshed.call([*curl, "http://bank.test/balance"])
    assert got.returncode == 0 and got.stdout == "your balance", got.stderr
    assert f"{bank} 80" in meshed.log("mesh").splitlines()
    assert meant(meshed, ".*") == decided, "nothing of port 80 is the sidecar's"


def test_the_rules_can_be_set_again_beside_a_mesh(meshed):
    before = meshed.rules()
    meshed.run([*meshed.netinit(), "--no-verify"])  # its check wants the port that the sidecar has
    assert meshed.rules() == before
    judged = meshed.metric(r"^agentguard_exchanges_judged_total")
    assert meshed.call(["curl", "-fsS", *CALL]).returncode == 0
    assert meshed.metric(r"^agentguard_exchanges_judged_total") == judged + 1
