"""Which STUN and TURN servers a connection uses, and with what credentials."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from aiortc import RTCBundlePolicy, RTCConfiguration, RTCIceServer
from aiortc.rtcconfiguration import RTCIceTransportPolicy
from aiortc.rtcicetransport import parse_stun_turn_uri

__all__ = ["LASTS_S", "BadIceServers", "IceServer", "PeerOptions"]

LASTS_S = 12 * 3600
"""How long credentials made from a secret are good: longer than any page of an interview stays open."""


class BadIceServers(ValueError):
    """The configured servers cannot be used; said at start, not in a candidate's call."""


@dataclass(frozen=True, slots=True)
class IceServer:
    """``url`` as in RFC 7064 and 7065: ``stun:host:port``, ``turn:host:port?transport=udp``, ``turns:host``.

    A TURN server wants a name and a credential, or shares a ``secret`` with us (coturn's ``use-auth-secret``), from
    which each connection gets its own that expire. The secret goes to no page.
    """

    url: str
    username: str | None = None
    credential: str | None = field(default=None, repr=False)
    secret: str | None = field(default=None, repr=False)

    def signed(self, now: float) -> IceServer:
        """With a name and a credential that are good for ``LASTS_S`` from ``now`` (seconds since 1970), where it has a
        secret. The form is that of "A REST API For Access To TURN Services" (draft-uberti-behave-turn-rest-00)."""
        if self.secret is None:
            return self
        username = f"{int(now) + LASTS_S}:melvin"
        digest = hmac.new(self.secret.encode(), username.encode(), hashlib.sha1).digest()
        return replace(self, username=username, credential=base64.b64encode(digest).decode(), secret=None)

    def for_page(self, now: float) -> dict[str, Any]:
        """In the shape of a browser's RTCIceServer."""
        server = self.signed(now)
        shown = {"urls": server.url, "username": server.username, "credential": server.credential}
        return {name: value for name, value in shown.items() if value is not None}


@dataclass(frozen=True, slots=True)
class PeerOptions:
    """Without servers only this machine's own addresses are offered, which is right on a public address or a local
    network, and takes no time. ``relay_only`` sends everything through the TURN server."""

    ice_servers: tuple[IceServer, ...] = ()
    relay_only: bool = False
    clock: Callable[[], float] = time.time

    def __post_init__(self) -> None:
        schemes = [self._scheme(server) for server in self.ice_servers]
        stun = sum(s == "stun" for s in schemes)
        turn = sum(s in ("turn", "turns") for s in schemes)
        if stun + turn < len(schemes):
            raise BadIceServers("stuns: addresses are not supported; use stun: or turns:")
        if stun > 1 or turn > 1:
            # aiortc takes the first of each and says nothing about the others.
            raise BadIceServers("only one STUN and one TURN server can be used")
        if self.relay_only and not turn:
            raise BadIceServers("relay_only needs a TURN server")

    @property
    def uses_turn(self) -> bool:
        return any(self._scheme(server) != "stun" for server in self.ice_servers)

    @staticmethod
    def _scheme(server: IceServer) -> str:
        try:
            scheme = str(parse_stun_turn_uri(server.url)["scheme"])
        except ValueError as error:
            raise BadIceServers(f"{server.url!r} is no STUN or TURN address: {error}") from error
        if server.secret is not None and (server.username or server.credential):
            raise BadIceServers(f"{server.url} has a secret: leave out its username and credential")
        if scheme.startswith("turn") and server.secret is None and not (server.username and server.credential):
            raise BadIceServers(f"{server.url} needs a secret, or a username and a credential")
        return scheme

    def configuration(self) -> RTCConfiguration:
        """For aiortc, whose own default asks a public STUN server in each call."""
        servers = [s.signed(self.clock()) for s in self.ice_servers]
        return RTCConfiguration(
            iceServers=[RTCIceServer(s.url, s.username, s.credential) for s in servers],
            iceTransportPolicy=RTCIceTransportPolicy.RELAY if self.relay_only else RTCIceTransportPolicy.ALL,
            bundlePolicy=RTCBundlePolicy.MAX_BUNDLE,
        )
