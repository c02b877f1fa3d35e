"""One run of everything: AgentGuard, the exporters, Prometheus."""

import pytest
from exporters import Exporters
from programs import until
from scraping import Prometheus, configuration, targets
from stack import HIGH_VOLUME, Stack

# Counts that are absent until their first event.
BEGIN_LATE = [
    'hallucination_detections_total{score="high"}',
    "agentguard_ingest_refused_total",
    'agentguard_proxy_errors_total{kind="tls"}',
    'agentguard_proxy_errors_total{kind="connect"}',
    "agentguard_proxy_caught_connections_total",
    "agentguard_proxy_connections_not_checked_total",
    "agentguard_proxy_tls_handshake_failures_total",
    "agentguard_exchanges_judged_total",
    "agentguard_exchanges_not_judged_total",
    "agentguard_verdicts_total",
    "agentguard_model_sentences_total",
]


@pytest.fixture(scope="session")
def stack(tmp_path_factory):
    running = Stack(tmp_path_factory.mktemp("agentguard"))
    yield running
    running.close()


@pytest.fixture(scope="session")
def exporters():
    running = Exporters()
    yield running
    running.close()


@pytest.fixture(scope="session")
def prometheus(stack, exporters, tmp_path_factory):
    """Scrapes from before the many calls on, so that rates see them."""
    server = Prometheus(tmp_path_factory.mktemp("prometheus"), stack.programs, configuration(targets(stack, exporters)))
    stack.drive(1)
    # A rate sees a count grow only if it was scraped before.
    stack.distrust_counted()
    for begun in BEGIN_LATE:
        until(lambda begun=begun: server.query(begun), f"{begun} is scraped")
    stack.drive(HIGH_VOLUME)
    stack.settled(HIGH_VOLUME)
    return server
