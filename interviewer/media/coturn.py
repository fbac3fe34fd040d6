"""A configuration for coturn that fits ours: credentials that expire, and no way into the network behind it."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["coturn_configuration"]

PRIVATE = (
    "0.0.0.0-0.255.255.255", "10.0.0.0-10.255.255.255", "100.64.0.0-100.127.255.255", "127.0.0.0-127.255.255.255",
    "169.254.0.0-169.254.255.255", "172.16.0.0-172.31.255.255", "192.0.0.0-192.0.0.255", "192.168.0.0-192.168.255.255",
    "198.18.0.0-198.19.255.255", "224.0.0.0-255.255.255.255", "::1", "fc00::-fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    "fe80::-febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
)  # fmt: skip
"""Where a relay must not lead: whoever has a candidate's credentials could else reach the machines beside it."""


def coturn_configuration(host: str, secret: str, melvin: Sequence[str]) -> str:
    """The text of a ``turnserver.conf``. ``host`` is the name that browsers use, ``melvin`` the addresses of the
    machines that hold interviews: they may be reached where they are private."""
    lines = [
        "# For coturn 4.5 and later. Start it with: turnserver -c turnserver.conf",
        "# Open to the world: 3478 (UDP and TCP), 5349 (TCP, with a certificate), and the UDP ports below.",
        "listening-port=3478",
        "min-port=49152",
        "max-port=65535",
        f"realm={host}",
        f"server-name={host}",
        "fingerprint",
        "use-auth-secret",
        f"static-auth-secret={secret}",
        "# Behind NAT, coturn must know the address that the world sees: external-ip=PUBLIC/PRIVATE",
        f"# With a certificate, browsers behind strict firewalls come in by turns:{host}:5349?transport=tcp",
        "# cert=/etc/ssl/turn.pem",
        "# pkey=/etc/ssl/turn.key",
        "# An interview takes 10 kB a second; more is something else.",
        "max-bps=64000",
        "total-quota=1200",
        "stale-nonce=600",
        "no-cli",
        "no-tcp-relay",
        "no-multicast-peers",
        *(f"denied-peer-ip={network}" for network in PRIVATE),
        *(f"allowed-peer-ip={address}" for address in melvin),
    ]
    return "\n".join(lines) + "\n"
