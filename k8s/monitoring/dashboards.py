"""What the two dashboards show. `generate.py` writes them."""

from panels import dashboard, graph, query, row, stat, steps, variable

API = 'job="agentguard-api"'
SIDECAR = 'job="agentguard-sidecar", namespace=~"$namespace"'
OURS = 'namespace="agentguard"'
RATE = "[$__rate_interval]"


def share(some: str, all_: str) -> str:
    """A ratio that is 0, not absent, where nobody has counted what is above the line."""
    return f"(sum({some}) or 0 * sum({all_})) / sum({all_})"


def quantiles(metric: str, labels: str, by: str = "") -> list:
    """The median, the 95th and the 99th percentile of a histogram."""
    group, name = (f"{by}, le", f" {{{{{by}}}}}") if by else ("le", "")
    return [query(f"histogram_quantile({q}, sum by ({group}) (rate({metric}_bucket{{{labels}}}{RATE})))", f"p{q * 100:.0f}{name}") for q in (0.5, 0.95, 0.99)]


def requests() -> list:
    total, failed = f"rate(http_requests_total{{{API}}}{RATE})", f'rate(http_requests_total{{{API}, status=~"5.."}}{RATE})'
    judged, seen = f"rate(agentguard_exchanges_judged_total{{{SIDECAR}}}{RATE})", f"rate(agentguard_exchanges_total{{{SIDECAR}}}{RATE})"
    return [
        stat("Requests", "To the control plane, a second.", f"sum({total})", "reqps"),
        stat("Errors", "Share of 5xx; above 10 % for five minutes is an alert.", share(failed, total), "percentunit", steps((None, "green"), (0.05, "orange"), (0.10, "red"))),
        stat("95th percentile", "Of the control plane's answers; above 1 s for five minutes is an alert.", quantiles("http_request_duration_seconds", API)[1][0], "s", steps((None, "green"), (0.5, "orange"), (1, "red"))),
        stat("Exchanges", "Of agents with models, a second.", f"sum({seen})", "reqps"),
        stat("Judged", "Share of all exchanges; the coverage alert leaves out what holds nothing to judge.", share(judged, seen), "percentunit", steps((None, "red"), (0.8, "orange"), (0.95, "green"))),
        stat("Lost in a day", "Verdicts that the control plane will never have.", f"sum(increase(agentguard_spool_lost_total{{{SIDECAR}}}[1d]))", "short", steps((None, "green"), (1, "red"))),
        row("Requests and errors"),
        graph("Requests by status", "To the control plane.", query(f"sum by (status) ({total})", "{{status}}"), unit="reqps", stack=True),
        graph("Share of 5xx", "True ratio to all requests.", query(share(failed, total), "5xx"), unit="percentunit", limit=0.10),
        graph("Requests by route", "Routes as they are declared.", query(f"sum by (route) ({total})", "{{route}}"), unit="reqps"),
        row("Response times"),
        graph("Response time", "Until the head of the control plane's answer.", *quantiles("http_request_duration_seconds", API), unit="s", limit=1, width=12),
        graph("95th percentile by route", "Of the control plane's answers.", query(quantiles("http_request_duration_seconds", API, "route")[1][0], "{{route}}"), unit="s", width=12),
    ]


def hallucinations() -> list:
    detections = f"rate(hallucination_detections_total{{{API}}}{RATE})"
    return [
        row("Hallucinations"),
        graph("Detections by risk", "Judged answers: low below 0.3, high from 0.7 on.", query(f"sum by (score) ({detections})", "{{score}}"), unit="cps", stack=True),
        graph(
            "Share at high risk in an hour",
            "And from where on it is unusual against the same hour of the seven days before.",
            query("agentguard:hallucinations:ratio_rate1h", "share"),
            query("agentguard:hallucinations:ratio_rate1h_limit", "unusual from here on"),
            query("agentguard:hallucinations:ratio_rate1h_median7d", "the days before"),
            unit="percentunit",
        ),
        graph("Actions", "What was done with judged answers.", query(f"sum by (action) ({detections})", "{{action}}"), unit="cps"),
        graph("Verdicts", "As the sidecars give them.", query(f"sum by (verdict) (rate(agentguard_verdicts_total{{{SIDECAR}}}{RATE}))", "{{verdict}}"), unit="cps", stack=True),
        graph("Coverage", "Of the exchanges that hold something to judge.", query('agentguard:coverage:ratio_rate5m{namespace=~"$namespace"}', "{{namespace}}"), unit="percentunit", share=True),
        graph("Not judged", "By reason.", query(f"sum by (reason) (rate(agentguard_exchanges_not_judged_total{{{SIDECAR}}}{RATE}))", "{{reason}}"), unit="cps", stack=True),
        graph("Inference", "Time in the judge for an answer, by version of the judge.", *quantiles("model_inference_duration_seconds", API, "model"), unit="s"),
        graph("Held back", "How long the longest-held byte of a held answer waited.", *quantiles("agentguard_hold_seconds", SIDECAR), unit="s"),
        graph("The model's sentences", "Read; left because nobody waited any more; no room.", query(f"sum by (outcome) (rate(agentguard_model_sentences_total{{{SIDECAR}}}{RATE}))", "{{outcome}}"), unit="cps"),
    ]


def delivery() -> list:
    return [
        row("Verdicts on their way, providers and interception"),
        graph("Queue length", "Verdicts that wait for their commit, by replica; the autoscaler's target is 50.", query(f"sum by (pod, instance) (hallucination_detection_queue_length{{{API}}})", "{{pod}}"), limit=50),
        graph("Ingest", "Events by what became of them; batches refused.", query(f"sum by (result) (rate(agentguard_ingest_events_total{{{API}}}{RATE}))", "{{result}}"), query(f"sum by (reason) (rate(agentguard_ingest_refused_total{{{API}}}{RATE}))", "refused: {{reason}}"), unit="cps"),
        graph("Waiting and lost", "In the sidecars' spools.", query(f"sum(agentguard_spool_records{{{SIDECAR}}})", "waiting"), query(f"sum by (reason) (increase(agentguard_spool_lost_total{{{SIDECAR}}}{RATE}))", "lost: {{reason}}")),
        graph("Provider errors", "By provider and kind.", query(f"sum by (upstream, kind) (rate(agentguard_proxy_errors_total{{{SIDECAR}}}{RATE}))", "{{upstream}}: {{kind}}"), unit="cps"),
        graph("Caught connections", "Intercepted, tunnelled, refused.", query(f"sum by (decision) (rate(agentguard_proxy_caught_connections_total{{{SIDECAR}}}{RATE}))", "{{decision}}"), unit="cps"),
        graph("Failed handshakes", "Of clients with the sidecar. Distrust: a client that pins certificates.", query(f"sum by (reason) (rate(agentguard_proxy_tls_handshake_failures_total{{{SIDECAR}}}{RATE}))", "{{reason}}"), unit="cps"),
    ]


def use() -> list:
    ours = f'{OURS}, container!=""'
    return [
        row("Resource utilization"),
        graph("CPU", "Cores, by pod of the control plane's namespace.", query(f"sum by (pod) (rate(container_cpu_usage_seconds_total{{{ours}}}{RATE}))", "{{pod}}")),
        graph("Memory", "By pod of the control plane's namespace, file cache included.", query(f"sum by (pod) (container_memory_usage_bytes{{{ours}}})", "{{pod}}"), unit="bytes"),
        graph("Replicas", "Of agentguard-api: there and wanted.", query(f'kube_deployment_status_replicas{{{OURS}, deployment="agentguard-api"}}', "there"), query(f'kube_deployment_spec_replicas{{{OURS}, deployment="agentguard-api"}}', "wanted")),
        graph("Sidecars' CPU", "Cores, all of a namespace together.", query(f'sum by (namespace) (rate(container_cpu_usage_seconds_total{{container="agentguard-proxy", namespace=~"$namespace"}}{RATE}))', "{{namespace}}"), width=12),
        graph("Sidecars' memory", "The largest of a namespace.", query('max by (namespace) (container_memory_working_set_bytes{container="agentguard-proxy", namespace=~"$namespace"})', "{{namespace}}"), unit="bytes", width=12),
    ]


def overview() -> dict:
    """The seed's "AgentGuard Overview"."""
    namespace = variable("namespace", "Agents' namespace", "label_values(agentguard_proxy_connections, namespace)")
    panels = [*requests(), *hallucinations(), *delivery(), *use()]
    return dashboard("agentguard-overview", "AgentGuard Overview", "Requests and errors, response times, hallucinations, resources.", [namespace], panels)


def pods() -> list:
    ours = f'{OURS}, container!=""'
    return [
        stat("Pods ready", "In the control plane's namespace.", f'sum(kube_pod_status_ready{{{OURS}, condition="true"}})'),
        stat("Restarts in an hour", "More than three of one container is an alert.", f"sum(increase(kube_pod_container_status_restarts_total{{{OURS}}}[1h]))", "short", steps((None, "green"), (1, "orange"), (4, "red"))),
        stat("Fullest memory", "Share of its limit; above 90 % for five minutes is an alert.", "max(agentguard:container_memory:ratio)", "percentunit", steps((None, "green"), (0.8, "orange"), (0.9, "red"))),
        stat("PostgreSQL", "Whether its exporter can log in; nothing with SQLite.", 'min(pg_up{job="agentguard-postgres"})', "bool_on_off", steps((None, "red"), (1, "green"))),
        stat("Cache hits", "Of the control plane's cache of overviews.", share(f'rate(cache_hits_total{{{API}, result="hit"}}{RATE})', f"rate(cache_hits_total{{{API}}}{RATE})"), "percentunit"),
        stat("Targets down", "Of the control plane and the sidecars.", 'count(up{job=~"agentguard-.*"} == 0) or vector(0)', "short", steps((None, "green"), (1, "red"))),
        row("Pods"),
        graph("Pods by phase", "In the control plane's namespace.", query(f"sum by (phase) (kube_pod_status_phase{{{OURS}}})", "{{phase}}"), stack=True),
        graph("Ready", "1: ready.", query(f'max by (pod) (kube_pod_status_ready{{{OURS}, condition="true"}})', "{{pod}}")),
        graph("Replicas", "By deployment: there, and those that serve.", query(f"kube_deployment_status_replicas{{{OURS}}}", "{{deployment}}"), query(f"kube_deployment_status_replicas_available{{{OURS}}}", "{{deployment}}, serving")),
        graph("CPU", "Cores, by pod.", query(f"sum by (pod) (rate(container_cpu_usage_seconds_total{{{ours}}}{RATE}))", "{{pod}}")),
        graph("CPU withheld", "Share of the periods in which a container had used up its limit.", query(f"sum by (pod) (rate(container_cpu_cfs_throttled_periods_total{{{ours}}}{RATE})) / sum by (pod) (rate(container_cpu_cfs_periods_total{{{ours}}}{RATE}))", "{{pod}}"), unit="percentunit", share=True),
        graph("Memory", "What the kernel cannot take back, as a share of the limit.", query("agentguard:container_memory:ratio", "{{namespace}}/{{pod}} {{container}}"), unit="percentunit", limit=0.90),
        graph("Restarts", "In an hour, by container; the sidecars' as well.", query(f"sum by (pod, container) (increase(kube_pod_container_status_restarts_total{{{OURS}}}[1h]))", "{{pod}} {{container}}"), query('sum by (namespace, pod) (increase(kube_pod_init_container_status_restarts_total{container="agentguard-proxy"}[1h]))', "{{namespace}}/{{pod}} sidecar")),
        graph("Autoscaler", "Replicas there and the limit.", query(f'kube_horizontalpodautoscaler_status_current_replicas{{{OURS}}}', "{{horizontalpodautoscaler}}"), query(f'kube_horizontalpodautoscaler_spec_max_replicas{{{OURS}}}', "{{horizontalpodautoscaler}}, limit")),
        graph("Volumes", "Share that is full.", query(f"max by (persistentvolumeclaim) (kubelet_volume_stats_used_bytes{{{OURS}}} / kubelet_volume_stats_capacity_bytes{{{OURS}}})", "{{persistentvolumeclaim}}"), unit="percentunit", share=True),
    ]


def databases() -> list:
    pg = 'job="agentguard-postgres"'
    hit, read = (f"rate(pg_stat_database_blks_{what}{{{pg}}}{RATE})" for what in ("hit", "read"))
    return [
        row("Store: the control plane's own times, and PostgreSQL's exporter"),
        graph("Commits", "Time of a durable commit of verdicts, whatever the store.", *quantiles("agentguard_ingest_commit_seconds", API), unit="s"),
        graph("Failed commits", "By replica.", query(f"sum by (pod, instance) (increase(agentguard_ingest_commit_failures_total{{{API}}}{RATE}))", "{{pod}}")),
        graph("Connections", "By state, and the limit.", query(f"sum by (state) (pg_stat_activity_count{{{pg}}})", "{{state}}"), query(f"max(pg_settings_max_connections{{{pg}}})", "limit")),
        graph("Transactions", "A second.", query(f"sum(rate(pg_stat_database_xact_commit{{{pg}}}{RATE}))", "committed"), query(f"sum(rate(pg_stat_database_xact_rollback{{{pg}}}{RATE}))", "rolled back"), query(f"sum(rate(pg_stat_database_deadlocks{{{pg}}}{RATE}))", "deadlocks"), unit="ops"),
        graph("Buffer hits", "Share of the blocks that PostgreSQL found in its memory.", query(f"sum({hit}) / (sum({hit}) + sum({read}))", "hits"), unit="percentunit", share=True),
        graph("Size", "Of the databases.", query(f"sum by (datname) (pg_database_size_bytes{{{pg}}})", "{{datname}}"), unit="bytes"),
    ]


def caches() -> list:
    redis = 'job="agentguard-redis"'
    hits, misses = (f"rate(redis_keyspace_{what}_total{{{redis}}}{RATE})" for what in ("hits", "misses"))
    return [
        row("Caches"),
        graph("Control plane", "Share of looks into its own cache that hit.", query(f'sum by (cache) (rate(cache_hits_total{{{API}, result="hit"}}{RATE})) / sum by (cache) (rate(cache_hits_total{{{API}}}{RATE}))', "{{cache}}"), unit="percentunit", share=True, width=6),
        graph("Redis", "Share of looks for a key that hit, by its exporter.", query(f"sum({hits}) / (sum({hits}) + sum({misses}))", "hits"), unit="percentunit", share=True, width=6),
        graph("Redis' memory", "By its exporter.", query(f"sum(redis_memory_used_bytes{{{redis}}})", "used"), unit="bytes", width=6),
        graph("Redis' clients", "And whether it answers its exporter.", query(f"sum(redis_connected_clients{{{redis}}})", "clients"), query(f"min(redis_up{{{redis}}})", "answers"), width=6),
    ]


def network() -> list:
    nginx, every = 'job="agentguard-nginx"', 'job="agentguard-sidecar"'
    return [
        row("Network"),
        graph("Pods", "Bytes in and out, all pods of the control plane's namespace.", query(f"sum by (pod) (rate(container_network_receive_bytes_total{{{OURS}}}{RATE}))", "{{pod}} in"), query(f"sum by (pod) (rate(container_network_transmit_bytes_total{{{OURS}}}{RATE}))", "{{pod}} out"), unit="Bps"),
        graph("Through the sidecars", "Bytes of bodies.", query(f"sum(rate(agentguard_proxy_request_bytes_total{{{every}}}{RATE}))", "requests"), query(f"sum(rate(agentguard_proxy_response_bytes_total{{{every}}}{RATE}))", "responses"), unit="Bps"),
        graph("Sidecars' connections", "Open now; turned away.", query(f"sum(agentguard_proxy_connections{{{every}}})", "open"), query(f"sum(increase(agentguard_proxy_connections_refused_total{{{every}}}{RATE}))", "refused"), query(f"sum(increase(agentguard_proxy_exchanges_shed_total{{{every}}}{RATE}))", "answered 503")),
        graph("NGINX requests", "By replica, by its exporter.", query(f"sum by (pod) (rate(nginx_http_requests_total{{{nginx}}}{RATE}))", "{{pod}}"), unit="reqps"),
        graph("NGINX connections", "Open now; taken and not handled means that its workers are full.", query(f"sum by (pod) (nginx_connections_active{{{nginx}}})", "{{pod}}"), query(f"sum(rate(nginx_connections_accepted{{{nginx}}}{RATE})) - sum(rate(nginx_connections_handled{{{nginx}}}{RATE}))", "not handled")),
        graph("NGINX", "1: answers its exporter.", query(f"min by (pod) (nginx_up{{{nginx}}})", "{{pod}}")),
    ]


def infrastructure() -> dict:
    """The seed's "Infrastructure Health"."""
    panels = [*pods(), *databases(), *caches(), *network()]
    return dashboard("agentguard-infrastructure", "Infrastructure Health", "Pods and their resources, the store, caches, network.", [], panels)
