"""Every PromQL expression that rules, dashboards and the adapter hold, and the metrics and labels that each asks for."""

import json
import re
from dataclasses import dataclass, field

import promql_parser
import yaml
from programs import MONITORING

RULE_FILES = sorted((MONITORING / "rules").glob("*.yml"))
DASHBOARDS = sorted((MONITORING / "grafana/dashboards").glob("*.json"))
ADAPTER = MONITORING / "prometheus-adapter/config.yaml"
NAMED = re.compile(r"label_values\((\w+), (\w+)\)")


@dataclass
class Asked:
    """A metric, the labels by which it is selected or grouped, and the values that are asked for."""

    metric: str
    where: str
    labels: set[str] = field(default_factory=set)
    values: set[tuple[str, str]] = field(default_factory=set)


def rules() -> list[dict]:
    """Every rule, with the file that it stands in."""
    return [{**rule, "file": path.name} for path in RULE_FILES for group in yaml.safe_load(path.read_text())["groups"] for rule in group["rules"]]


def panels() -> list[tuple[str, dict]]:
    return [(path.stem, panel) for path in DASHBOARDS for panel in json.loads(path.read_text())["panels"]]


def filled(expr: str) -> str:
    """A dashboard's expression as Grafana sends it."""
    return expr.replace("$__rate_interval", "1m").replace("$namespace", ".*")


def adapter_rules() -> list[dict]:
    return yaml.safe_load(ADAPTER.read_text())["rules"]


def adapter_query(rule: dict, matchers: str, group: str) -> str:
    """A rule's query as the adapter sends it."""
    series = promql_parser.parse(rule["seriesQuery"]).name
    return rule["metricsQuery"].replace("<<.Series>>", series).replace("<<.LabelMatchers>>", matchers).replace("<<.GroupBy>>", group)


def dashboard_queries() -> list[tuple[str, str]]:
    return [(f"{name}: {panel['title']}", filled(target["expr"])) for name, panel in panels() for target in panel.get("targets", [])]


def expressions() -> list[tuple[str, str]]:
    """All of them, each with where it stands."""
    found = [(f"{rule['file']}: {rule.get('alert') or rule.get('record')}", rule["expr"]) for rule in rules()]
    found += dashboard_queries()
    for rule in adapter_rules():
        found += [(f"adapter: {rule['seriesQuery']}", rule["seriesQuery"]), ("adapter", adapter_query(rule, 'namespace="agentguard", pod="agentguard-api-1"', "pod"))]
    return found


def asked() -> list[Asked]:
    """Every metric of every expression, and those of the dashboards' variables."""
    found = [one for where, expr in expressions() for one in selectors(promql_parser.parse(expr), where, frozenset())]
    for path in DASHBOARDS:
        for variable in json.loads(path.read_text())["templating"]["list"]:
            if variable["type"] == "query":
                metric, label = NAMED.fullmatch(variable["definition"]).groups()
                found.append(Asked(metric, f"{path.stem}: ${variable['name']}", {label}))
    return found


def selectors(node, where: str, grouped: frozenset[str]) -> list[Asked]:
    """The selectors below a node; `grouped`: labels by which what is above it groups or matches."""
    kind = type(node).__name__
    if kind == "VectorSelector":
        one = Asked(node.name, where, set(grouped))
        for matcher in node.matchers.matchers:
            one.labels.add(matcher.name)
            one.values |= {(matcher.name, value) for value in matcher.value.split("|") if re.fullmatch(r"[a-z_]+", value)}
        return [one]
    if kind == "MatrixSelector":
        return selectors(node.vector_selector, where, grouped)
    if kind == "Call":
        return [one for argument in node.args for one in selectors(argument, where, grouped)]
    if kind == "AggregateExpr":
        # What is grouped inside is all that an outer group can see.
        return selectors(node.expr, where, frozenset(node.modifier.labels if node.modifier else ()))
    if kind == "BinaryExpr":
        matching = node.modifier and node.modifier.matching
        more = grouped | frozenset(matching.labels if matching else ())
        return selectors(node.lhs, where, more) + selectors(node.rhs, where, more)
    if kind in ("ParenExpr", "SubqueryExpr", "UnaryExpr"):
        return selectors(node.expr, where, grouped)
    assert kind in ("NumberLiteral", "StringLiteral"), f"{where}: {kind} is not known to this test"
    return []
