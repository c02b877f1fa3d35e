"""What rules, dashboards and the adapter ask for is there: our metrics at our own binaries, the others on the list of exporters; and a real Prometheus
answers every query."""

import json
import re
import time

import pytest
import used
from exporters import allowed
from programs import ROOT, get, until
from stack import TOKEN, wires

# Given by the scrape configuration to every series.
TARGET = {"job", "instance", "namespace", "pod"}
# Asked for on top of what recording rules make, whose own expressions are looked at themselves.
RECORDED = {rule["record"] for rule in used.rules() if "record" in rule}
# What takes days of scraping, and is tested with promtool.
NEEDS_DAYS = {"agentguard:hallucinations:ratio_rate1h_limit", "agentguard:hallucinations:ratio_rate1h_median7d"}
SAMPLE = re.compile(r"^(\w+)(?:\{(.*)\})? \S+$")
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


@pytest.fixture(scope="session")
def emitted(stack, prometheus) -> dict[str, dict[str, set[str]]]:
    """By metric: its labels and the values that were seen, at the binaries themselves."""
    found: dict[str, dict[str, set[str]]] = {}
    for port in (stack.api_metrics, stack.judging, stack.catching):
        for line in get(f"http://127.0.0.1:{port}/metrics").splitlines():
            if not line.startswith("#"):
                name, labels = SAMPLE.match(line).groups()
                of = found.setdefault(name, {})
                for label, value in LABEL.findall(labels or ""):
                    of.setdefault(label, set()).add(value)
    return found


@pytest.fixture(scope="session")
def words() -> set[str]:
    """Every quoted lower-case word of the product's sources: values that labels can have and that no test can bring about, a full disk for one."""
    sources = [path for folder in ("proxy/src", "control/src", "crates/api/src", "crates/judge/src", "crates/policy/src") for path in (ROOT / folder).rglob("*.rs")]
    return {word for path in sources for word in re.findall(r'"([a-z_]+)"', path.read_text())}


def test_every_metric_and_label_is_emitted(emitted, words):
    foreign = {metric: set(labels) | ({"job"} if "job" in about else set()) for about in allowed().values() for metric, labels in about["metrics"].items()}
    wrong = []
    for one in used.asked():
        if one.metric in RECORDED:
            continue
        if one.metric in foreign:
            missing = one.labels - foreign[one.metric] - TARGET
        elif one.metric in emitted:
            missing = one.labels - set(emitted[one.metric]) - TARGET
            missing |= {f'{label}="{value}"' for label, value in one.values if label not in TARGET and value not in emitted[one.metric].get(label, ()) and value not in words}
        else:
            wrong.append(f"{one.where}: nobody emits {one.metric}")
            continue
        if missing:
            wrong.append(f"{one.where}: {one.metric} has no {', '.join(sorted(missing))}")
    assert not wrong, "\n".join(wrong)


def test_the_exporters_list_holds_nothing_that_nobody_uses():
    metrics = {one.metric for one in used.asked()}
    unused = [metric for about in allowed().values() for metric in about["metrics"] if metric not in metrics]
    assert not unused, f"exporters.yml lists what no rule and no dashboard uses: {unused}"


def test_the_scrape_configuration_keeps_the_right_pods(prometheus):
    found = prometheus.api("targets")
    active = {(target["labels"]["job"], target["labels"].get("namespace"), target["labels"].get("pod")): target for target in found["activeTargets"]}
    assert set(active) == {
        ("agentguard-api", "agentguard", "agentguard-api-1"),
        ("agentguard-sidecar", "shop", "agent-1"),
        ("agentguard-sidecar", "shop", "agent-2"),
        ("agentguard-postgres", "agentguard", "agentguard-pg-metrics-0"),
        ("agentguard-redis", "agentguard", "agentguard-redis-metrics-0"),
        ("agentguard-nginx", "agentguard", "agentguard-nginx-metrics-0"),
        ("kubernetes-cadvisor", None, None),
        ("kubernetes-kubelet", None, None),
        ("kube-state-metrics", None, None),
    }
    assert {target["health"] for target in found["activeTargets"]} == {"up"}, {key: target["lastError"] for key, target in active.items()}
    assert not any(target["discoveredLabels"]["__address__"].endswith(":1") for target in found["activeTargets"])


def test_every_dashboard_query_is_answered(prometheus):
    """And not by nothing: all that a dashboard shows was scraped once at least."""

    def empty():
        return [f"{where}: {expr}" for where, expr in used.dashboard_queries() if expr not in NEEDS_DAYS and not prometheus.query(expr)]

    deadline = time.monotonic() + 20
    while (without := empty()) and time.monotonic() < deadline:
        time.sleep(0.5)
    assert not without, "\n".join(without)
    for expr in NEEDS_DAYS:
        assert prometheus.query(expr) == []


def test_variables_have_values(prometheus):
    for path in used.DASHBOARDS:
        for variable in json.loads(path.read_text())["templating"]["list"]:
            if variable["type"] == "query":
                metric, label = used.NAMED.fullmatch(variable["definition"]).groups()
                assert prometheus.api(f"label/{label}/values", **{"match[]": metric}) == ["shop"]


def test_every_rule_is_evaluated(prometheus):
    def groups():
        found = prometheus.api("rules")["groups"]
        return found if all(rule["health"] == "ok" for group in found for rule in group["rules"]) else None

    loaded = until(groups, "every rule is healthy")
    assert sum(len(group["rules"]) for group in loaded) == len(used.rules())


def test_the_alerts_that_were_provoked_wait_or_fire(prometheus):
    """One handshake was refused, a provider's certificate as well, a batch too; no verdict was lost."""
    expected = {"AgentGuardPinnedClients", "AgentGuardUpstreamTls", "AgentGuardIngestRefused"}
    until(lambda: expected <= {alert["labels"]["alertname"] for alert in prometheus.api("alerts")["alerts"]}, "the alerts are there")
    names = {alert["labels"]["alertname"] for alert in prometheus.api("alerts")["alerts"]}
    assert not names & {"AgentGuardVerdictsLost", "AgentGuardHighErrorRate", "AgentGuardApiDown", "AgentGuardDatabaseDown", "AgentGuardCommitFailures"}


def test_the_adapter_serves_both_custom_metrics_per_pod(prometheus):
    """As prometheus-adapter does it: find the series, name the metric, ask for one pod."""
    served = {}
    for rule in used.adapter_rules():
        assert rule["resources"]["overrides"] == {"namespace": {"resource": "namespace"}, "pod": {"resource": "pod"}}
        series = prometheus.api("series", **{"match[]": rule["seriesQuery"]})
        assert series, f"no series for {rule['seriesQuery']}"
        name = re.sub(rule["name"]["matches"], rule["name"]["as"].replace("${1}", r"\1"), series[0]["__name__"])
        expr = used.adapter_query(rule, 'namespace="agentguard",pod="agentguard-api-1"', "pod")
        served[name] = until(lambda expr=expr: prometheus.query(expr), expr)
    assert set(served) == {"http_requests_per_second", "hallucination_detection_queue_length"}
    for name, result in served.items():
        assert [one["metric"] for one in result] == [{"pod": "agentguard-api-1"}], name
    assert float(served["http_requests_per_second"][0]["value"][1]) > 0


def test_metrics_hold_no_content(stack, prometheus):
    for port in (stack.api_metrics, stack.judging, stack.catching):
        page = get(f"http://127.0.0.1:{port}/metrics")
        for secret in (*wires.SECRETS, wires.QUESTION, TOKEN):
            assert secret not in page, "content or a credential is in the metrics"
