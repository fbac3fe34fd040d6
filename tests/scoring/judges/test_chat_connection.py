"""The connection to an endpoint: one deadline for the whole reply, a bound on its size, and connections kept and lost.

A header or a body that drips does not outlast the deadline; a reply that is compressed, cut off, too large or no HTTP
is told; a connection that the other side has closed is made again before it is asked; proxies are used.
"""

from __future__ import annotations

import gzip
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from scoring.judges.chat_connection import Answered, Connection, Lost, TooMuch, TooSlow

HEADERS = {"Host": "x", "Content-Length": "2"}
MOST = 1000  # bytes


class Server:
    """Each connection is answered by the next of ``talks``, which is given it after each whole request."""

    def __init__(self, *talks: Callable[[socket.socket], object]) -> None:
        self.talks = list(talks)
        self.over = threading.Event()
        self.served = self.requests = 0
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listening.getsockname()[1]}/v1"

    def run(self) -> None:
        while True:
            try:
                conn, _ = self.listening.accept()
            except OSError:
                return
            talk = self.talks[min(self.served, len(self.talks) - 1)]
            self.served += 1
            with conn:
                try:
                    while conn.recv(65_536):
                        self.requests += 1
                        if talk(conn) is False:
                            break
                except OSError:  # the other side has had enough
                    continue


@contextmanager
def serving(*talks: Callable[[socket.socket], object]) -> Iterator[Server]:
    server = Server(*talks)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.over.set()
        server.listening.shutdown(socket.SHUT_RDWR)
        server.listening.close()
        thread.join()


def reply(body: bytes, *more: str, length: int | None = None) -> bytes:
    lines = ["HTTP/1.1 200 OK", f"Content-Length: {len(body) if length is None else length}", *more]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def says(data: bytes, *, then: bool = True) -> Callable[[socket.socket], bool]:
    def talk(conn: socket.socket) -> bool:
        conn.sendall(data)
        return then

    return talk


def asked(connection: Connection, seconds: float = 5.0) -> Answered:
    return connection.send("POST", "/v1", HEADERS, b"{}", seconds)


@contextmanager
def to(server: Server) -> Iterator[Connection]:
    connection = Connection(server.url, None, MOST)
    try:
        yield connection
    finally:
        connection.close()


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 50, reply(b"", length=900)])
def test_neither_headers_nor_a_body_that_drip_outlast_the_deadline(head: bytes) -> None:
    def drip(conn: socket.socket) -> None:
        for at in range(len(head) + 900):
            conn.sendall(head[at : at + 1] or b"x")
            if server.over.wait(0.01):
                return

    with serving(drip) as server, to(server) as connection:
        started = time.monotonic()
        with pytest.raises(TooSlow):
            asked(connection, 0.3)
        assert time.monotonic() - started < 5  # it would be 9


def test_one_connection_is_kept_for_one_request_after_the_other() -> None:
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"
    with serving(says(chunked)) as server, to(server) as connection:
        assert [asked(connection).body for _ in range(3)] == [b"abc"] * 3
        assert (server.served, server.requests) == (1, 3)


def test_a_connection_that_was_closed_meanwhile_is_made_again_unasked() -> None:
    with serving(says(reply(b"one"), then=False), says(reply(b"two"))) as server, to(server) as connection:
        assert asked(connection).body == b"one"
        while server.served == 1 and not connection.ended():
            time.sleep(0.005)
        assert asked(connection).body == b"two"
        assert (server.served, server.requests) == (2, 2)


def test_what_says_that_it_closes_is_read_to_its_end() -> None:
    until_closed = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall of it"
    with serving(says(until_closed, then=False)) as server, to(server) as connection:
        assert [asked(connection).body for _ in range(2)] == [b"all of it"] * 2
        assert server.served == 2


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (reply(b"half", length=8), Lost),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\nhalf", Lost),
        (b"SSH-2.0-OpenSSH_9.6\r\n", Lost),
        (b"", Lost),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 300 + b"\r\n", Lost),
        (reply(b"x", length=MOST + 1), TooMuch),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * (MOST + 1), TooMuch),
        (reply(gzip.compress(b"x" * 100_000), "Content-Encoding: gzip"), TooMuch),
        (reply(b"no gzip", "Content-Encoding: gzip"), Lost),
    ],
)
def test_what_is_cut_off_too_large_or_no_reply_is_told(data: bytes, error: type[Exception]) -> None:
    with serving(says(data, then=False), says(reply(b"good"))) as server, to(server) as connection:
        with pytest.raises(error):
            asked(connection)
        assert asked(connection).body == b"good", "what came too late is not taken for the next reply"


def test_what_is_compressed_unasked_is_read() -> None:
    data = reply(gzip.compress(b"plain"), "Content-Encoding: gzip")
    with serving(says(data)) as server, to(server) as connection:
        assert asked(connection).body == b"plain"
