"""One HTTP/1.1 connection, kept between requests: each reply within one deadline from first to last byte, and bounded.

An HTTP library's timeouts begin anew with each packet, so an endpoint that drips its headers or its body would hold a
slot for ever; and what such a library does besides (pools, cookies, redirects, its own parser) costs more processor
time than all else that is asked of an endpoint.
"""

from __future__ import annotations

import contextlib
import http.client
import io
import select
import socket
import ssl
import sys
import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

__all__ = ["Answered", "Connection", "Lost", "TooMuch", "TooSlow"]

AT_ONCE = 65_536  # bytes


class TooMuch(Exception):
    """The reply is larger than allowed."""


class TooSlow(Exception):
    """The reply did not end in time."""


class Lost(Exception):
    """Nobody is there, the certificate is not good, or what comes back is not HTTP or ends too early."""


@dataclass(frozen=True, slots=True)
class Answered:
    """``headers`` as they came, in order; ``body`` is no longer compressed."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


class Connection:
    """To the host of ``base_url``, made at the first request; for one thread at a time."""

    def __init__(self, base_url: str, security: ssl.SSLContext | None, most_bytes: int) -> None:
        parts = urlsplit(base_url)
        self._host, self._port = parts.hostname or "", parts.port
        self._security = security
        self._most_bytes = most_bytes
        self._http: http.client.HTTPConnection | None = None
        self._wire: _Wire | None = None

    def send(self, method: str, target: str, headers: Mapping[str, str], body: bytes, seconds: float) -> Answered:
        """``headers`` name the host and the length too. Raises TooMuch, TooSlow and Lost, and is closed then."""
        until = time.monotonic() + seconds
        try:
            http_, wire = self._ready(until)
            http_.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
            for name, value in headers.items():
                http_.putheader(name, value)
            http_.endheaders(body)
            wire.flush()
            response = http_.getresponse()
            held = self._plain(self._read(response), response.headers.get("content-encoding", ""))
            answered = Answered(response.status, response.getheaders(), held)
        except TimeoutError:
            self.close()
            raise TooSlow from None
        except (OSError, http.client.HTTPException, ValueError, zlib.error) as error:
            self.close()
            raise Lost from error
        except BaseException:
            self.close()
            raise
        if response.will_close:
            self.close()
        return answered

    def close(self) -> None:
        if self._http is not None:
            self._http.close()
        if self._wire is not None:
            self._wire.shut()
        self._http = self._wire = None

    def ended(self) -> bool:
        """True where the other side has closed it: what can be read before anything was asked is nothing else."""
        return self._wire is not None and self._wire.readable()

    def _ready(self, until: float) -> tuple[http.client.HTTPConnection, _Wire]:
        if self._http is not None and self._wire is not None and not self.ended():
            self._wire.until = until
            return self._http, self._wire
        self.close()
        patience = max(0.001, until - time.monotonic())
        if self._security is None:
            made = http.client.HTTPConnection(self._host, self._port, timeout=patience)
        else:
            made = http.client.HTTPSConnection(self._host, self._port, timeout=patience, context=self._security)
        made.connect()
        wire = _Wire(made.sock, until)
        made.sock = wire  # it has what http.client uses of a socket
        self._http, self._wire = made, wire
        return made, wire

    def _read(self, response: http.client.HTTPResponse) -> bytes:
        if response.length is not None and response.length > self._most_bytes:
            raise TooMuch
        held = bytearray()
        while chunk := response.read1(AT_ONCE):
            held += chunk
            if len(held) > self._most_bytes:
                raise TooMuch
        if response.length:
            raise http.client.IncompleteRead(b"", response.length)
        response.close()  # not by itself where it was read a part at a time
        return bytes(held)

    def _plain(self, body: bytes, encoding: str) -> bytes:
        """Nothing compressed is asked for; who sends it all the same may not fill the memory with it."""
        if encoding.strip().casefold() not in ("gzip", "x-gzip", "deflate"):
            return body
        plain = zlib.decompressobj(zlib.MAX_WBITS | 32).decompress(body, self._most_bytes + 1)
        if len(plain) > self._most_bytes:
            raise TooMuch
        return plain


class _Wire:
    """A socket as http.client sees it, of which every step ends by ``until``; it sends headers and body together."""

    def __init__(self, sock: socket.socket, until: float) -> None:
        self._sock = sock
        self._unsent: list[bytes] = []
        self.until = until

    def patient(self) -> socket.socket:
        left = self.until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._sock.settimeout(left)
        return self._sock

    def readable(self) -> bool:
        if sys.platform == "win32":
            return bool(select.select([self._sock], [], [], 0)[0])
        poll = select.poll()
        poll.register(self._sock, select.POLLIN)
        return bool(poll.poll(0))

    def sendall(self, data: bytes) -> None:
        self._unsent.append(data)

    def flush(self) -> None:
        data, self._unsent = b"".join(self._unsent), []
        # Who refuses a request may do so before having read it; the reply says why.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.patient().sendall(data)

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Incoming(self), AT_ONCE)

    def close(self) -> None:
        """http.client closes a connection that is not to be kept before its reply is read."""

    def shut(self) -> None:
        self._sock.close()


class _Incoming(io.RawIOBase):
    def __init__(self, wire: _Wire) -> None:
        self._wire = wire

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        return self._wire.patient().recv_into(buffer)
