"""One trace from a request to the work that follows from it; nothing at all without the extra ``otel``.

    HTTP request ── job "score" ── scorecard stored ── job "deliver"
    traceparent  ── in the job's arguments ──────────────────┘

Spans carry ids and names of our own making, never what a person wrote or said, and no path: a candidate's path holds
the secret of the link.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter

__all__ = ["TRACE", "TracingMissing", "carried", "name_span", "span", "start"]

TRACE = "traceparent"
"""The argument of a job, and the header of a request, that holds its trace (W3C Trace Context)."""


_PATIENCE_S = 2.0
"""For a collector that does not answer. The service's end waits no longer for it."""


class TracingMissing(RuntimeError):
    """Traces are wanted, and the extra is not installed."""


class _Off:
    tracer: Any = None


_state = _Off()


def start(service: str, endpoint: str | None = None, *, exporter: SpanExporter | None = None) -> Callable[[], None]:
    """Send spans by OTLP over HTTP to ``endpoint`` (``http://127.0.0.1:4318``), or to ``exporter``. The result ends it
    and sends what is left; it blocks for as long as that takes. Raises :class:`TracingMissing`."""
    if importlib.util.find_spec("opentelemetry.sdk") is None:
        raise TracingMissing("MELVIN_OTLP_ENDPOINT is set, and the extra is not installed: pip install '.[otel]'")
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor

    provider = TracerProvider(resource=Resource.create({"service.name": service}), shutdown_on_exit=False)
    if exporter is not None:
        provider.add_span_processor(SimpleSpanProcessor(exporter))
    else:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        address = f"{endpoint.rstrip('/')}/v1/traces" if endpoint else None
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(address, timeout=_PATIENCE_S)))
    _state.tracer = provider.get_tracer("interviewer")

    def end() -> None:
        _state.tracer = None
        provider.shutdown()

    return end


@contextmanager
def span(name: str, *, parent: str | None = None, kind: str = "internal", **about: str | int) -> Iterator[None]:
    """Around a piece of work: a child of ``parent`` (a traceparent) where one is given, else of the span around it.
    ``kind``: internal, server, producer or consumer. An error that passes marks it as failed, by its kind alone: an
    error's text may quote what a candidate said."""
    tracer = _state.tracer
    if tracer is None:
        yield
        return
    from opentelemetry.trace import SpanKind, Status, StatusCode
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    context = TraceContextTextMapPropagator().extract({TRACE: parent}) if parent else None
    with tracer.start_as_current_span(
        name, context=context, kind=SpanKind[kind.upper()], attributes=about, record_exception=False,
        set_status_on_exception=False,
    ) as made:  # fmt: skip
        try:
            yield
        except BaseException as error:
            made.set_status(Status(StatusCode.ERROR, type(error).__name__))
            raise


def name_span(name: str, about: Mapping[str, str | int]) -> None:
    """A better name for the span around, and what is known about it only now."""
    if _state.tracer is None:
        return
    from opentelemetry.trace import get_current_span

    current = get_current_span()
    current.update_name(name)
    current.set_attributes(dict(about))


def carried() -> dict[str, str]:
    """What a job's arguments need so that its work belongs to this trace; empty where there is none."""
    if _state.tracer is None:
        return {}
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    carrier: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(carrier)
    return {TRACE: carrier[TRACE]} if TRACE in carrier else {}
