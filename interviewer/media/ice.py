"""Which STUN and TURN servers a connection uses."""

from __future__ import annotations

from dataclasses import dataclass, field

from aiortc import RTCBundlePolicy, RTCConfiguration, RTCIceServer
from aiortc.rtcconfiguration import RTCIceTransportPolicy
from aiortc.rtcicetransport import parse_stun_turn_uri

__all__ = ["BadIceServers", "IceServer", "PeerOptions"]


class BadIceServers(ValueError):
    """The configured servers cannot be used; said at start, not in a candidate's call."""


@dataclass(frozen=True, slots=True)
class IceServer:
    """``url`` as in RFC 7064 and 7065: ``stun:host:port``, ``turn:host:port?transport=udp``, ``turns:host``."""

    url: str
    username: str | None = None
    credential: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class PeerOptions:
    """Without servers only this machine's own addresses are offered, which is right on a public address or a local
    network, and takes no time. ``relay_only`` sends everything through the TURN server."""

    ice_servers: tuple[IceServer, ...] = ()
    relay_only: bool = False

    def __post_init__(self) -> None:
        schemes: list[str] = []
        for server in self.ice_servers:
            try:
                schemes.append(str(parse_stun_turn_uri(server.url)["scheme"]))
            except ValueError as error:
                raise BadIceServers(f"{server.url!r} is no STUN or TURN address: {error}") from error
        stun = sum(s == "stun" for s in schemes)
        turn = sum(s in ("turn", "turns") for s in schemes)
        if stun + turn < len(schemes):
            raise BadIceServers("stuns: addresses are not supported; use stun: or turns:")
        if stun > 1 or turn > 1:
            # aiortc takes the first of each and says nothing about the others.
            raise BadIceServers("only one STUN and one TURN server can be used")
        if self.relay_only and not turn:
            raise BadIceServers("relay_only needs a TURN server")

    def configuration(self) -> RTCConfiguration:
        """For aiortc, whose own default asks a public STUN server in each call."""
        return RTCConfiguration(
            iceServers=[RTCIceServer(s.url, s.username, s.credential) for s in self.ice_servers],
            iceTransportPolicy=RTCIceTransportPolicy.RELAY if self.relay_only else RTCIceTransportPolicy.ALL,
            bundlePolicy=RTCBundlePolicy.MAX_BUNDLE,
        )
