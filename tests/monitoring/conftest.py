"""One run of everything: AgentGuard, the exporters, Prometheus."""

import pytest
from exporters import Exporters
from programs import until
from scraping import Prometheus, configuration, targets
from stack import HIGH_VOLUME, Stack


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
    until(lambda: server.query("hallucination_detections_total"), "the first verdicts are scraped")
    stack.drive(HIGH_VOLUME)
    stack.settled(HIGH_VOLUME)
    stack.distrust_counted()
    return server
