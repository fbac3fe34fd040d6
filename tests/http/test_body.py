"""Request bodies that never come to their end."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

import pytest
from starlette.requests import Request

from interviewer.http.body import read_bytes
from interviewer.http.problems import Problem


async def test_a_request_that_is_cut_off_in_its_body_is_an_answered_problem_and_no_fault() -> None:
    parts: list[MutableMapping[str, Any]] = [
        {"type": "http.request", "body": b"v=0", "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def receive() -> MutableMapping[str, Any]:
        return parts.pop(0)

    with pytest.raises(Problem) as refused:
        await read_bytes(Request({"type": "http", "method": "POST", "headers": []}, receive), 100)
    assert (refused.value.status, refused.value.code) == (400, "cut-off")
