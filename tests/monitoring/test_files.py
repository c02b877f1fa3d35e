"""The files themselves: what promtool says of them, what is derived, what an alert must have, and that dashboards are whole."""

import json
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
import used
import yaml
from programs import MONITORING, ROOT, program
from scraping import configuration

UNIT_TESTS = sorted((MONITORING / "tests").glob("*.yml"))
ALERTS = {rule["alert"]: rule for rule in used.rules() if "alert" in rule}
RUNBOOK = ROOT / "docs/runbook.md"


def promtool(*arguments: object) -> str:
    done = subprocess.run([program("promtool"), *map(str, arguments)], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_promtool_checks_the_rules():
    assert promtool("check", "rules", *used.RULE_FILES).count("SUCCESS") == len(used.RULE_FILES)


def test_promtool_checks_the_configuration(tmp_path):
    """Without Kubernetes' discovery, which Debian's Prometheus does not have."""
    jobs = [scrape["job_name"] for scrape in yaml.safe_load((MONITORING / "prometheus.yml").read_text())["scrape_configs"]]
    config = configuration({job: [] for job in jobs})
    (tmp_path / "prometheus.yml").write_text(yaml.safe_dump(config))
    assert "SUCCESS" in promtool("check", "config", tmp_path / "prometheus.yml")


def test_promtool_tests_the_rules():
    """One process a file: days of samples take seconds."""
    with ThreadPoolExecutor(len(UNIT_TESTS)) as pool:
        for said in pool.map(lambda path: promtool("test", "rules", path), UNIT_TESTS):
            assert "SUCCESS" in said


@pytest.mark.parametrize("alert", ALERTS)
def test_every_alert_is_seen_to_fire_and_not_to(alert):
    fires = quiet = False
    for path in UNIT_TESTS:
        for test in yaml.safe_load(path.read_text())["tests"]:
            for check in test["promql_expr_test"]:
                named = re.findall(r'alertname="(\w+)"', check["expr"])
                expected = [sample["labels"] for sample in check["exp_samples"]]
                fires |= any(f'alertname="{alert}", alertstate="firing"' in labels for labels in expected)
                quiet |= not expected and named == [alert]
    assert fires and quiet, f"fires in a test: {fires}; stays quiet in one: {quiet}"


@pytest.mark.parametrize("alert", ALERTS)
def test_every_alert_says_what_to_do(alert):
    rule = ALERTS[alert]
    assert alert.startswith("AgentGuard") and rule["labels"]["severity"] in ("critical", "warning")
    assert set(rule["annotations"]) == {"summary", "description", "runbook"} and all(len(text) > 20 for text in rule["annotations"].values())
    assert rule["annotations"]["runbook"] == f"docs/runbook.md#{alert.lower()}"
    section = re.search(rf"^### {alert}\n(.+?)(?=^##|\Z)", RUNBOOK.read_text(), re.M | re.S)
    assert section and len(section[1]) > 100, f"docs/runbook.md has no section {alert}, or an empty one"


def test_the_runbook_has_no_section_too_many():
    assert set(re.findall(r"^### (AgentGuard\w+)", RUNBOOK.read_text(), re.M)) == set(ALERTS)


def test_the_thresholds_are_the_deployment_documents():
    """By the document's words: >10 % 5xx for 5 minutes, PostgreSQL for 2, >90 % memory for 5, >1 s 95th percentile for 5."""
    expected = {
        "AgentGuardHighErrorRate": ("> 0.10", "5m", "critical"),
        "AgentGuardDatabaseDown": ("== 0", "2m", "critical"),
        "AgentGuardHighMemory": ("> 0.90", "5m", "critical"),
        "AgentGuardHighResponseTime": ("> 1", "5m", "warning"),
    }
    for alert, (limit, duration, severity) in expected.items():
        rule = ALERTS[alert]
        assert limit in rule["expr"] and (rule["for"], rule["labels"]["severity"]) == (duration, severity)
    assert ALERTS["AgentGuardUnusualHallucinationRate"]["labels"] == ALERTS["AgentGuardPodRestarts"]["labels"] == {"severity": "warning"}


def test_what_is_derived_is_what_the_generator_writes():
    sys.path.insert(0, str(MONITORING))
    import generate

    for path, content in generate.derived().items():
        assert path.read_text() == content, f"{path.name} is not what k8s/monitoring/generate.py writes: run it"


def test_prometheusrules_hold_the_plain_rules():
    objects = list(yaml.safe_load_all((MONITORING / "prometheusrule.yaml").read_text()))
    plain = {f"agentguard-{path.stem}": yaml.safe_load(path.read_text()) for path in used.RULE_FILES}
    assert {one["metadata"]["name"]: one["spec"] for one in objects} == plain


def test_kustomize_builds_the_whole():
    done = subprocess.run([program("kubectl"), "kustomize", str(MONITORING)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    objects = {(one["kind"], one["metadata"]["name"]): one for one in yaml.safe_load_all(done.stdout)}
    assert {kind for kind, _ in objects} == {"ConfigMap", "PrometheusRule", "ServiceMonitor", "PodMonitor"}
    dashboards = objects["ConfigMap", "agentguard-grafana-dashboards"]
    assert dashboards["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert set(dashboards["data"]) == {path.name for path in used.DASHBOARDS}
    assert yaml.safe_load(objects["ConfigMap", "agentguard-prometheus-adapter"]["data"]["config.yaml"])["rules"] == used.adapter_rules()
    assert {one["metadata"]["namespace"] for one in objects.values()} == {"agentguard"}


def test_monitors_and_configuration_agree():
    """The jobs that the rules ask for are made by both ways of scraping."""
    monitors = {one["metadata"]["name"]: one["spec"] for one in yaml.safe_load_all((MONITORING / "monitors.yaml").read_text())}
    for name, key, port in (("agentguard-api", "endpoints", "metrics"), ("agentguard-sidecar", "podMetricsEndpoints", "ag-admin")):
        (endpoint,) = monitors[name][key]
        assert endpoint["port"] == port and endpoint["relabelings"] == [{"action": "replace", "targetLabel": "job", "replacement": name}]
        (scrape,) = [one for one in yaml.safe_load((MONITORING / "prometheus.yml").read_text())["scrape_configs"] if one["job_name"] == name]
        assert any(rule.get("regex") == port for rule in scrape["relabel_configs"])


@pytest.mark.parametrize("path", used.DASHBOARDS, ids=lambda path: path.stem)
def test_a_dashboard_is_whole(path):
    board = json.loads(path.read_text())
    assert board["schemaVersion"] == 42 and board["uid"] and board["templating"]["list"][0]["type"] == "datasource"
    numbers = [panel["id"] for panel in board["panels"]]
    assert numbers == list(range(1, len(numbers) + 1))
    taken: set[tuple[int, int]] = set()
    for panel in board["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not taken & cells and at["x"] + at["w"] <= 24, f"{panel['title']} lies over another panel"
        taken |= cells
        if panel["type"] != "row":
            assert panel["description"] and panel["targets"] and panel["fieldConfig"]["defaults"]["unit"]
            assert [target["refId"] for target in panel["targets"]] == list("ABCD"[: len(panel["targets"])])
            assert {one["datasource"]["uid"] for one in (panel, *panel["targets"])} == {"${datasource}"}


def test_the_dashboards_show_what_the_deployment_document_lists():
    titles = {name: {panel["title"] for board, panel in used.panels() if board == name} for name in ("agentguard-overview", "infrastructure-health")}
    assert {"Requests by status", "Share of 5xx", "Response time", "Detections by risk", "CPU", "Memory"} <= titles["agentguard-overview"]
    assert {"Pods by phase", "CPU", "Memory", "Connections", "Transactions", "Control plane", "Redis", "Pods"} <= titles["infrastructure-health"]
    asked = {one.metric.removesuffix("_bucket") for one in used.asked()}
    named = {"http_requests_total", "http_request_duration_seconds", "hallucination_detections_total", "model_inference_duration_seconds", "cache_hits_total"}
    named |= {"container_cpu_usage_seconds_total", "container_memory_usage_bytes", "kube_pod_status_ready", "kube_deployment_status_replicas"}
    assert named <= asked, f"no panel and no rule uses {named - asked}"
