"""A real S3-compatible server for tests: moto's, over HTTP on this machine."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from unittest import mock

import httpx
from moto.server import ThreadedMotoServer

__all__ = ["S3Server", "s3_server"]

_numbers = count(1)
_PREFIX = "service"
_SOMEBODY = "AWS4-HMAC-SHA256 Credential=tests/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=none"
"""The server wants a signature and does not check it."""


class S3Server:
    """Its buckets, past our own code, as a fault or a stranger would get at them."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._client = httpx.Client(trust_env=False, headers={"Authorization": _SOMEBODY})

    def new_bucket(self) -> str:
        """The URL of an empty place, as ``MELVIN_OBJECTS`` names it."""
        name = f"melvin-{next(_numbers)}"
        self._client.put(f"{self.address}/{name}").raise_for_status()
        return f"s3://{name}/{_PREFIX}"

    def put(self, place: str, key: str, data: bytes) -> None:
        self._client.put(f"{self._address(place)}/{key}", content=data).raise_for_status()

    def keys(self, place: str) -> list[str]:
        bucket = self._address(place).removesuffix(f"/{_PREFIX}")
        listed = self._client.get(bucket, params={"list-type": "2"}).raise_for_status().text
        return sorted(key.removeprefix(f"{_PREFIX}/") for key in re.findall(r"<Key>([^<]*)</Key>", listed))

    def _address(self, place: str) -> str:
        return place.replace("s3://", f"{self.address}/", 1)


@contextmanager
def s3_server() -> Iterator[S3Server]:
    """With the variables in the environment that S3 clients read their credentials and the address from."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    address = "http://{}:{}".format(*server.get_host_and_port())
    environment = {
        "AWS_ACCESS_KEY_ID": "tests", "AWS_SECRET_ACCESS_KEY": "tests", "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT": address, "AWS_ALLOW_HTTP": "true", "NO_PROXY": "127.0.0.1",
    }  # fmt: skip
    try:
        with mock.patch.dict(os.environ, environment):
            yield S3Server(address)
    finally:
        server.stop()
