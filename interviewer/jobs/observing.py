"""What is seen of jobs from outside: how long each takes, how it ends, how much waits and for how long; and the trace
that a job belongs to."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from procrastinate import JobContext
from procrastinate.worker import Worker
from prometheus_client import Gauge, Histogram, start_http_server
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from interviewer import tracing

__all__ = ["look_at_queue", "observed", "serve_metrics"]

log = structlog.get_logger(__name__)

JOB_SECONDS = Histogram(
    "melvin_job_seconds",
    "Time from a job's start to its end, by how it ended.",
    ("task", "outcome"),
    buckets=(0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 1200.0),
)
"""``outcome``: done or failed (it is tried again, or was given up)."""
QUEUE_JOBS = Gauge("melvin_queue_jobs", "Jobs in the queue now.", ("task", "state"))
"""``state``: due, later (waits for its time), doing, or failed (given up and set aside)."""
QUEUE_AGE = Gauge("melvin_queue_oldest_seconds", "For how long the oldest job that is due has been waiting.", ("task",))

_QUEUE = """
SELECT j.task_name, CASE WHEN j.status <> 'todo' THEN j.status::text
        WHEN j.scheduled_at > now() THEN 'later' ELSE 'due' END AS state, count(*),
    max(extract(epoch FROM now() - COALESCE(j.scheduled_at,
        (SELECT max(e.at) FROM procrastinate_events e WHERE e.job_id = j.id)))) AS waited_s
FROM procrastinate_jobs j WHERE j.status IN ('todo', 'doing', 'failed') GROUP BY 1, 2"""


async def observed(call_next: Callable[[], Awaitable[Any]], context: JobContext, worker: Worker) -> Any:
    """Around each job of a worker. The trace is taken out of the arguments: tasks know nothing of it."""
    del worker
    job = context.job
    trace = job.task_kwargs.pop(tracing.TRACE, None)
    subject = str(job.task_kwargs.get("interview_id") or job.task_kwargs.get("subject") or "")
    began, outcome = time.perf_counter(), "failed"
    about: dict[str, str | int] = {"job.id": job.id or 0, "job.attempt": job.attempts + 1, "subject": subject}
    parent = trace if isinstance(trace, str) else None
    with (
        structlog.contextvars.bound_contextvars(job=job.id),
        tracing.span(f"job {job.task_name}", parent=parent, kind="consumer", **about),
    ):
        try:
            result = await call_next()
            outcome = "done"
        finally:
            JOB_SECONDS.labels(job.task_name, outcome).observe(time.perf_counter() - began)
    return result


def serve_metrics(host: str, port: int) -> tuple[int, Callable[[], None]]:
    """This process's metrics at ``http://host:port/metrics``: the port (0 asks for any), and what ends it. Where
    another worker has the port, this one does its work without: that is logged, and the port is 0."""
    try:
        server, thread = start_http_server(port, host)
    except OSError as error:
        log.warning("worker.metrics_not_served", at=f"{host}:{port}", reason=error.strerror)
        return 0, lambda: None

    def end() -> None:
        server.shutdown()
        thread.join()
        server.server_close()

    return server.server_port, end


async def look_at_queue(session: AsyncSession) -> None:
    """Sets the queue's gauges. A task that has nothing waiting any more is told no more, not left as it was."""
    QUEUE_JOBS.clear()
    QUEUE_AGE.clear()
    for task, state, jobs, waited_s in await session.execute(text(_QUEUE)):
        QUEUE_JOBS.labels(task, state).set(jobs)
        if state == "due":
            QUEUE_AGE.labels(task).set(max(0.0, float(waited_s or 0)))
