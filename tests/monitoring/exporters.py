"""The exporters that are not ours, played from k8s/monitoring/exporters.yml: every allowed metric with its labels, counters that grow."""

import itertools
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import yaml
from programs import MONITORING

VALUES = {
    "namespace": ["agentguard"],
    "pod": ["agentguard-api-1"],
    "container": ["agentguard-api", "agentguard-proxy"],
    "condition": ["true", "false"],
    "phase": ["Running", "Pending"],
    "resource": ["memory"],
    "unit": ["byte"],
    "deployment": ["agentguard-api"],
    "horizontalpodautoscaler": ["agentguard-api-hpa"],
    "interface": ["eth0"],
    "persistentvolumeclaim": ["postgres-data-agentguard-postgres-0"],
    "datname": ["agentguard"],
    "state": ["active", "idle"],
}


def allowed() -> dict[str, dict]:
    """By exporter: what k8s/monitoring/exporters.yml says."""
    return yaml.safe_load((MONITORING / "exporters.yml").read_text())


def page(metrics: dict[str, list[str]], seconds: float) -> str:
    """The exposition of an exporter that has run for so long."""
    lines = []
    for name, labels in metrics.items():
        counts = name.endswith("_total") or name.startswith("pg_stat_database_") or name in ("nginx_connections_accepted", "nginx_connections_handled")
        value = seconds * 10 if counts else 1
        for values in itertools.product(*(VALUES[label] for label in labels)):
            pairs = ",".join(f'{label}="{value}"' for label, value in zip(labels, values))
            lines.append(f"{name}{{{pairs}}} {value}")
    return "\n".join(lines) + "\n"


class Exporters:
    """One server; the path is the exporter's name."""

    def __init__(self):
        begun, metrics = time.monotonic(), {name: about["metrics"] for name, about in allowed().items() if name != "prometheus"}

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                body = page(metrics[self.path.strip("/")], time.monotonic() - begun).encode()
                self.send_response(200)
                self.send_header("content-type", "text/plain; version=0.0.4")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
