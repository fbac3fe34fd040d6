"""Where webhooks may go: out, and not into the network that this machine stands in.

A name is resolved once, every address it has is checked, and the connection is made to a checked address; resolving it
again for the connection would let a name that changes its mind lead inside (DNS rebinding).
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

__all__ = ["RefusedTarget", "Resolve", "Target", "check_url", "checked_target", "system_resolve"]

LONGEST_URL = 2048
LONGEST_LABEL = 63
_INSIDE = (".localhost", ".local", ".internal", ".home.arpa", ".lan")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_PORTS = {"http": 80, "https": 443}

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""Host and port to addresses. Raises ``OSError``."""


class RefusedTarget(ValueError):
    """Its text is a plain sentence for whoever gave the address."""


@dataclass(frozen=True, slots=True)
class Target:
    """``url`` has the checked address in place of the name; ``host`` is for the Host header, ``name`` for TLS."""

    url: str
    host: str
    name: str


def check_url(url: str, private_allowed: bool) -> None:
    """What can be said without asking the network. Raises :class:`RefusedTarget`."""
    _parts(url, private_allowed)


async def checked_target(url: str, private_allowed: bool, resolve: Resolve) -> Target:
    """Raises :class:`RefusedTarget`, also where the name has no address."""
    scheme, name, port, rest = _parts(url, private_allowed)
    try:
        addresses = await resolve(name, port)
    except (OSError, UnicodeError):  # the second where it is no name at all
        addresses = []
    if not addresses:
        raise RefusedTarget("The name has no address.")
    if not private_allowed and not all(is_public(address) for address in addresses):
        raise RefusedTarget("The name leads into a private network.")
    address = addresses[0]
    bare = f"[{address}]" if ":" in address else address
    host = f"[{name}]" if ":" in name else name
    return Target(f"{scheme}://{bare}:{port}{rest}", host if port == _PORTS[scheme] else f"{host}:{port}", name)


def is_public(address: str) -> bool:
    """Whether anybody on the internet has this address. One that carries another inside counts as that other, or as
    private where it is a way through a translator."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return is_public(str(ip.ipv4_mapped))
        if ip.sixtofour is not None or ip.teredo is not None or ip in _NAT64:
            return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved)


async def system_resolve(host: str, port: int) -> list[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for _, _, _, _, address in found]


def _parts(url: str, private_allowed: bool) -> tuple[str, str, int, str]:
    """Scheme, name, port, and path with query."""
    if len(url) > LONGEST_URL or any(c.isspace() or not c.isprintable() for c in url) or not url.isascii():
        raise RefusedTarget(f"An address has at most {LONGEST_URL} plain characters and no spaces.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise RefusedTarget("This is not an address.") from None
    schemes = ("https", "http") if private_allowed else ("https",)
    if parts.scheme not in schemes or not parts.hostname:
        raise RefusedTarget("An address looks like https://hooks.example.com/melvin.")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise RefusedTarget("An address has no user name, password or fragment; requests are signed instead.")
    name = parts.hostname
    if not private_allowed and _is_inside(name):
        raise RefusedTarget("The address is of a private network.")
    if ":" not in name and not all(0 < len(label) <= LONGEST_LABEL for label in name.removesuffix(".").split(".")):
        raise RefusedTarget("The name in this address is not one: between two dots stand 1 to 63 characters.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return parts.scheme, name, port or _PORTS[parts.scheme], path


def _is_inside(name: str) -> bool:
    name = name.rstrip(".")
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return "." not in name or name.endswith(_INSIDE)
    return not is_public(name)
