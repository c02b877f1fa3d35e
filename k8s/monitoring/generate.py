#!/usr/bin/env python3
"""Writes what is derived: the PrometheusRule objects from rules/*.yml, the dashboards' JSON from dashboards.py.

    k8s/monitoring/generate.py

tests/monitoring fails where a file is not what this writes. Needs PyYAML.
"""

import json
import pathlib
import sys

import yaml

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import dashboards  # noqa: E402  (beside this file)

RULES = ("recording", "api", "sidecars", "infrastructure", "postgres")


class Block(yaml.SafeDumper):
    """Texts of several lines stay readable."""


def text(dumper: yaml.SafeDumper, value: str):
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


Block.add_representer(str, text)


def rule(name: str) -> dict:
    """The PrometheusRule of one rule file."""
    labels = {"app": "agentguard", "app.kubernetes.io/part-of": "agentguard"}
    spec = yaml.safe_load((HERE / f"rules/{name}.yml").read_text())
    return {"apiVersion": "monitoring.coreos.com/v1", "kind": "PrometheusRule", "metadata": {"name": f"agentguard-{name}", "labels": labels}, "spec": spec}


def derived() -> dict[pathlib.Path, str]:
    """Every derived file and what is in it."""
    rules = "---\n".join(yaml.dump(rule(name), Dumper=Block, sort_keys=False, width=140, allow_unicode=True) for name in RULES)
    files = {HERE / "prometheusrule.yaml": "# Written by generate.py from rules/*.yml; change those.\n" + rules}
    for name, made in (("agentguard-overview", dashboards.overview()), ("infrastructure-health", dashboards.infrastructure())):
        files[HERE / f"grafana/dashboards/{name}.json"] = json.dumps(made, indent=2, ensure_ascii=False) + "\n"
    return files


if __name__ == "__main__":
    for path, content in derived().items():
        path.write_text(content)
        print(path.relative_to(HERE))
