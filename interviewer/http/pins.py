"""Signed addresses of nodes: where a candidate's page finds the node that holds its interview.

A page sends the candidate's link, which is a secret, to the address that it is given. So an address is signed with what
all nodes share, for one interview and a day; the page shows it with each request, and a forged one is refused.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import datetime, timedelta

__all__ = ["PIN_HEADER", "BadPin", "Pin", "Pins"]

PIN_HEADER = "X-Node"
GOOD_FOR = timedelta(days=1)
LONGEST = 1_000
"""Characters; an address and a few ids take 300."""


class BadPin(ValueError):
    """Not signed by any of our nodes, or for another interview, or long ago."""


@dataclass(frozen=True, slots=True)
class Pin:
    node: str
    address: str


class Pins:
    def __init__(self, secret: str) -> None:
        self._key = secret.encode()

    def sign(self, interview_id: str, pin: Pin, now: datetime) -> str:
        claims = {
            "interview": interview_id, "node": pin.node, "address": pin.address,
            "until": int((now + GOOD_FOR).timestamp()),
        }  # fmt: skip
        body = _encoded(json.dumps(claims, separators=(",", ":")).encode())
        return f"{body}.{_encoded(self._signature(body))}"

    def read(self, signed: str, interview_id: str, now: datetime) -> Pin:
        """Raises :class:`BadPin`."""
        body, _, signature = signed.partition(".")
        if len(signed) > LONGEST or not signed.isascii() or not hmac.compare_digest(
            signature.encode(), _encoded(self._signature(body)).encode()
        ):  # fmt: skip
            raise BadPin("it is not signed by one of our nodes")
        claims = json.loads(_decoded(body))
        if claims["interview"] != interview_id:
            raise BadPin("it is for another interview")
        if claims["until"] < now.timestamp():
            raise BadPin("it is too old")
        return Pin(claims["node"], claims["address"])

    def _signature(self, body: str) -> bytes:
        return hmac.new(self._key, body.encode(), hashlib.sha256).digest()


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error as error:  # ours never is: it was signed
        raise BadPin("it cannot be read") from error
