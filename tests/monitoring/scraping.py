"""A real Prometheus with the product's own scrape configuration and rules. Debian builds it without Kubernetes' discovery, so that each discovery is
replaced by targets with the labels that it would give; the relabelling that follows is the product's."""

import json
import pathlib
import urllib.parse

import yaml
from exporters import Exporters
from programs import MONITORING, Programs, free_port, get, program
from stack import Stack

META = "__meta_kubernetes_"


def pod(name: str, address: str, container: str, port: str, namespace: str = "agentguard", labels: dict[str, str] | None = None, **more: str) -> dict:
    """A target as the discovery of pods gives it."""
    meta = {"namespace": namespace, "pod_name": name, "pod_container_name": container, "pod_container_port_name": port, "pod_phase": "Running"}
    meta |= {f"pod_label_{label}": value for label, value in (labels if labels is not None else {"app": "agentguard"}).items()}
    return {"targets": [address], "labels": {f"{META}{key}": value for key, value in meta.items()} | more}


def targets(stack: Stack, exporters: Exporters) -> dict[str, list[dict]]:
    """By job: what discovery finds, and what relabelling has to leave out (its address is port 1)."""
    local = "127.0.0.1:{}".format
    foreign = local(exporters.port)
    injected = {"agentguard_dev_injected": "true"}

    def exporter(name: str, port: str) -> dict:
        return pod(f"agentguard-{port}-0", foreign, name, port, __metrics_path__=f"/{name}")

    return {
        "agentguard-api": [
            pod("agentguard-api-1", local(stack.api_metrics), "agentguard-api", "metrics"),
            pod("agentguard-api-1", local(1), "agentguard-api", "http"),
            pod("somebody", local(1), "agentguard-api", "metrics", labels={"app": "else"}),
            pod("agentguard-api-0", local(1), "agentguard-api", "metrics") | {"labels": {**pod("agentguard-api-0", "", "agentguard-api", "metrics")["labels"], f"{META}pod_phase": "Succeeded"}},
        ],
        "agentguard-sidecar": [
            pod("agent-1", local(stack.judging), "agentguard-proxy", "ag-admin", "shop", injected),
            pod("agent-2", local(stack.catching), "agentguard-proxy", "ag-admin", "shop", injected),
            pod("agent-1", local(1), "agent", "http", "shop", injected),
            pod("plain", local(1), "agentguard-proxy", "ag-admin", "shop", {}),
        ],
        "agentguard-exporters": [exporter("postgres_exporter", "pg-metrics"), exporter("redis_exporter", "redis-metrics"), exporter("nginx-prometheus-exporter", "nginx-metrics")],
        "kubernetes-cadvisor": [{"targets": [foreign], "labels": {"__metrics_path__": "/cadvisor"}}],
        "kubernetes-kubelet": [{"targets": [foreign], "labels": {"__metrics_path__": "/kubelet"}}],
        "kube-state-metrics": [{"targets": [foreign], "labels": {"__metrics_path__": "/kube-state-metrics", f"{META}service_label_app_kubernetes_io_name": "kube-state-metrics", f"{META}endpoint_port_name": "http-metrics"}}],
    }


def configuration(found: dict[str, list[dict]]) -> dict:
    """k8s/monitoring/prometheus.yml with discovery replaced, secrets of a cluster left out, and a second between scrapes."""
    config = yaml.safe_load((MONITORING / "prometheus.yml").read_text())
    assert config["rule_files"] == ["/etc/prometheus/rules/*.yml"]
    config["rule_files"] = [str(MONITORING / "rules/*.yml")]
    config["global"] = {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"}
    for scrape in config["scrape_configs"]:
        for discovery in scrape.pop("kubernetes_sd_configs"):
            assert discovery["role"] in ("pod", "node", "endpoints") and set(discovery) <= {"role", "namespaces"}
            assert set(discovery.get("namespaces", {})) <= {"names"}
        scrape["static_configs"] = found[scrape["job_name"]]
        for secret in ("scheme", "authorization", "tls_config"):
            scrape.pop(secret, None)
    return config


class Prometheus:
    """The server, asked over its API."""

    def __init__(self, folder: pathlib.Path, programs: Programs, config: dict):
        self.config = folder / "prometheus.yml"
        self.config.write_text(yaml.safe_dump(config))
        self.url = f"http://127.0.0.1:{free_port()}"
        command = [program("prometheus"), f"--config.file={self.config}", f"--storage.tsdb.path={folder / 'tsdb'}", f"--web.listen-address={self.url.removeprefix('http://')}"]
        programs.start("prometheus", [*command, "--log.level=warn"], f"{self.url}/-/ready")

    def api(self, path: str, **parameters: str):
        answer = json.loads(get(f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"))
        assert answer["status"] == "success", answer
        return answer["data"]

    def query(self, expr: str) -> list[dict]:
        """The result of an instant query."""
        return self.api("query", query=expr)["result"]
