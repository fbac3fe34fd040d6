"""What a running service has counted and used so far."""

from __future__ import annotations

import time
from dataclasses import dataclass

import httpx
import psutil
from prometheus_client.parser import text_string_to_metric_families

from tests.end_to_end.service import RunningService

__all__ = ["Usage", "usage"]


@dataclass(frozen=True, slots=True)
class Usage:
    """``metrics``: the samples of /metrics by name and the values of their labels, that of ``le`` last.
    ``service_s``: processor seconds of the service with its children; ``own_s``: those of this process."""

    at: float
    metrics: dict[tuple[str, str], float]
    service_s: float
    own_s: float

    def grown(self, before: Usage, name: str, labels: str = "") -> float:
        return self.metrics.get((name, labels), 0.0) - before.metrics.get((name, labels), 0.0)


def usage(service: RunningService) -> Usage:
    assert service.process is not None
    metrics = {}
    text = httpx.get(f"{service.address}/metrics", trust_env=False).text
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = [v for k, v in sorted(sample.labels.items(), key=lambda label: label[0] == "le")]
            metrics[(sample.name, " ".join(labels))] = sample.value
    parent = psutil.Process(service.process.pid)
    times = [p.cpu_times() for p in (parent, *parent.children(recursive=True))]
    return Usage(time.monotonic(), metrics, sum(t.user + t.system for t in times), time.process_time())
