"""An endpoint beside the workers that answers every question after the same time (scoring/slow_endpoint.py)."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from scoring.rubric import Rubric

__all__ = ["SECONDS", "SLOTS", "scripted_endpoint"]

SECONDS = 0.5
SLOTS = 16
"""Requests that one worker has under way at once."""


@contextmanager
def scripted_endpoint(rubric: Rubric) -> Iterator[dict[str, str]]:
    """The settings with which a worker asks it. It finds nothing to quote for any criterion of ``rubric``."""
    nothing: dict[str, object] = {
        "evidence": [],
        "missing": [],
        "reason": "The answer does not speak of this.",
        "levels": None,
    }
    reply = json.dumps({"criteria": {c.id: nothing for c in rubric.criteria}})
    command = [sys.executable, "-m", "tests.benchmarks.scoring.slow_endpoint", str(SECONDS)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as endpoint:
        assert endpoint.stdin is not None
        assert endpoint.stdout is not None
        endpoint.stdin.write(json.dumps(reply) + "\n")
        endpoint.stdin.flush()
        port = int(endpoint.stdout.readline())
        try:
            yield {
                "MELVIN_JUDGE_URL": f"http://127.0.0.1:{port}/v1", "MELVIN_JUDGE_MODEL": "scripted",
                "MELVIN_JUDGE_SLOTS": str(SLOTS),
            }  # fmt: skip
        finally:
            endpoint.stdin.close()
