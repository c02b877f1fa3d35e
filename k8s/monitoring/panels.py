"""The parts that the dashboards are made of: Grafana's classic JSON model, schema version 42, which Grafana 12 and 13 load."""

SOURCE = {"type": "prometheus", "uid": "${datasource}"}
WIDTH = 24


def query(expr: str, legend: str = "") -> tuple[str, str]:
    """A PromQL expression and what its lines are called."""
    return expr, legend


def steps(*limits: tuple[float | None, str]) -> dict:
    """Colours from a value on; the first begins at nothing."""
    return {"mode": "absolute", "steps": [{"value": value, "color": color} for value, color in limits]}


GOOD = steps((None, "green"))


def panel(kind: str, title: str, about: str, queries, unit: str, width: int, height: int, thresholds: dict = GOOD, **more) -> dict:
    """One panel; `place` gives it its number and its place."""
    targets = [
        {"refId": chr(ord("A") + at), "datasource": SOURCE, "editorMode": "code", "expr": expr, "legendFormat": legend or "__auto", "range": kind != "stat", "instant": kind == "stat"}
        for at, (expr, legend) in enumerate(queries)
    ]
    defaults = {"unit": unit, "thresholds": thresholds, "color": {"mode": "thresholds" if kind == "stat" else "palette-classic"}, "mappings": [], **more.pop("defaults", {})}
    return {
        "type": kind,
        "title": title,
        "description": about,
        "datasource": SOURCE,
        "gridPos": {"x": 0, "y": 0, "w": width, "h": height},
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "targets": targets,
        **more,
    }


def stat(title: str, about: str, expr: str, unit: str = "short", thresholds: dict = GOOD, width: int = 4) -> dict:
    """One number."""
    options = {
        "colorMode": "value",
        "graphMode": "none",
        "justifyMode": "auto",
        "orientation": "auto",
        "textMode": "auto",
        "wideLayout": True,
        "showPercentChange": False,
        "percentChangeColorMode": "standard",
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
    }
    return panel("stat", title, about, [query(expr)], unit, width, 4, thresholds, options=options)


def graph(title: str, about: str, *queries, unit: str = "short", width: int = 8, stack: bool = False, limit: float | None = None, share: bool = False) -> dict:
    """Lines over time. `limit`: a threshold that is drawn; `share`: the axis begins at 0 and ends at 1."""
    custom = {
        "drawStyle": "line",
        "lineInterpolation": "linear",
        "lineWidth": 1,
        "fillOpacity": 20 if stack else 8,
        "showPoints": "never",
        "spanNulls": False,
        "axisPlacement": "auto",
        "stacking": {"mode": "normal" if stack else "none", "group": "A"},
        "thresholdsStyle": {"mode": "dashed" if limit is not None else "off"},
    }
    thresholds = GOOD if limit is None else steps((None, "green"), (limit, "red"))
    defaults = {"custom": custom, "min": 0, **({"max": 1} if share else {})}
    options = {
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []},
        "tooltip": {"mode": "multi", "sort": "desc", "hideZeros": False},
    }
    return panel("timeseries", title, about, queries, unit, width, 8, thresholds, options=options, defaults=defaults)


def row(title: str) -> dict:
    """A heading."""
    return {"type": "row", "title": title, "collapsed": False, "panels": [], "gridPos": {"x": 0, "y": 0, "w": WIDTH, "h": 1}}


def place(panels: list[dict]) -> list[dict]:
    """Numbers the panels and lays them out from left to right, line by line."""
    x = y = height = 0
    for number, item in enumerate(panels, 1):
        at = item["gridPos"]
        if x + at["w"] > WIDTH:
            x, y, height = 0, y + height, 0
        item["id"], at["x"], at["y"] = number, x, y
        x, height = x + at["w"], max(height, at["h"])
    return panels


def variable(name: str, label: str, expr: str) -> dict:
    """A choice of values of a label; all at first. `.*` also takes series without the label."""
    return {
        "type": "query",
        "name": name,
        "label": label,
        "datasource": SOURCE,
        "query": {"qryType": 1, "query": expr, "refId": "PrometheusVariableQueryEditor-VariableQuery"},
        "definition": expr,
        "refresh": 2,
        "sort": 1,
        "multi": True,
        "includeAll": True,
        "allValue": ".*",
        "current": {"text": ["All"], "value": ["$__all"]},
        "options": [],
        "regex": "",
        "hide": 0,
    }


def dashboard(uid: str, title: str, about: str, variables: list[dict], panels: list[dict]) -> dict:
    """The whole."""
    source = {
        "type": "datasource",
        "name": "datasource",
        "label": "Prometheus",
        "query": "prometheus",
        "current": {},
        "options": [],
        "regex": "",
        "refresh": 1,
        "hide": 0,
        "multi": False,
        "includeAll": False,
    }
    return {
        "uid": uid,
        "title": title,
        "description": about,
        "tags": ["agentguard"],
        "schemaVersion": 42,
        "version": 1,
        "editable": False,
        "graphTooltip": 1,
        "fiscalYearStartMonth": 0,
        "preload": False,
        "timezone": "browser",
        "weekStart": "",
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "timepicker": {},
        "links": [{"type": "dashboards", "title": "AgentGuard", "tags": ["agentguard"], "asDropdown": False, "includeVars": False, "keepTime": True, "targetBlank": False, "icon": "dashboard", "tooltip": "", "url": ""}],
        "annotations": {"list": []},
        "templating": {"list": [source, *variables]},
        "panels": place(panels),
    }
