"""Spans reach a collector over HTTP; without one that answers, nothing waits; switched off, nothing is done."""

import http.server
import threading
import time
from collections.abc import Iterator

import pytest

from interviewer import tracing


class Collector(http.server.BaseHTTPRequestHandler):
    came: list[tuple[str, bytes]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.came.append((self.path, body))
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        return None


@pytest.fixture
def collector() -> Iterator[tuple[str, list[tuple[str, bytes]]]]:
    came: list[tuple[str, bytes]] = []
    server = http.server.HTTPServer(("127.0.0.1", 0), type("Here", (Collector,), {"came": came}))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", came
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_collector_gets_the_spans_by_name_and_an_error_by_its_kind_alone(
    collector: tuple[str, list[tuple[str, bytes]]],
) -> None:
    address, came = collector
    end = tracing.start("melvin-tests", address)
    with pytest.raises(ValueError, match="what they said"), tracing.span("a job", subject="int_1"):
        raise ValueError("what they said")
    end()
    assert {path for path, _ in came} == {"/v1/traces"}
    sent = b"".join(body for _, body in came)
    for wanted in (b"melvin-tests", b"a job", b"int_1", b"ValueError"):
        assert wanted in sent
    assert b"what they said" not in sent


def test_stopping_does_not_wait_for_a_collector_that_is_not_there() -> None:
    end = tracing.start("melvin-tests", "http://127.0.0.1:1")
    with tracing.span("a job"):
        pass
    began = time.monotonic()
    end()
    assert time.monotonic() - began < 6


def test_without_it_nothing_is_carried() -> None:
    with tracing.span("a job", parent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"):
        tracing.name_span("another name", {})
        assert tracing.carried() == {}
