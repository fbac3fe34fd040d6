"""Spoken requests: what the candidate asks of Melvin instead of answering.

The matcher would rather miss a request than take a word from an answer: the whole utterance has to be the request.
"I had to repeat the experiment" is none, nor is "can you repeat the question, I asked her". What it misses, a button
does. Nothing it finds is ever part of what a judge reads.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import lru_cache

from interviewer.plans.requests import plain_words, way_pattern

__all__ = ["Ask", "Asking", "asking_for"]

LONGEST_WORDS = 16
"""The longest way with everything that may stand around it; whoever says more is telling something."""


class Ask(StrEnum):
    """The values are the keys of the requests file."""

    REPEAT = "repeat"
    REPHRASE = "rephrase"
    SKIP = "skip"
    MOMENT = "moment"
    DONE = "done"
    STOP = "stop"
    CONFIRM = "confirm"  # after Melvin has asked whether to end the interview
    DECLINE = "decline"


_REPLIES = (Ask.CONFIRM, Ask.DECLINE)


class Asking:
    """Use :func:`asking_for`, which remembers what it has compiled."""

    def __init__(self, requests: Mapping[str, tuple[str, ...]]) -> None:
        fillers = _one_of(requests.get("fillers", ()))
        self._fillers = re.compile(rf"(?<!\S){fillers}") if fillers else None
        self._requests = _whole(requests, [a for a in Ask if a not in _REPLIES])
        self._replies = _whole(requests, _REPLIES)

    def find(self, text: str, *, asked_back: bool = False) -> Ask | None:
        """The request that ``text`` is, if it is one. ``asked_back``: Melvin has asked whether to end it all, so "yes"
        and "no" mean something."""
        plain = plain_words(text)
        if self._fillers is not None:
            plain = self._fillers.sub("", plain)
        if not plain or plain.count(" ") > LONGEST_WORDS:
            return None
        for pattern in (self._requests, self._replies if asked_back else None):
            found = pattern.fullmatch(plain) if pattern else None
            if found is not None and found.lastgroup is not None:
                return Ask(found.lastgroup)
        return None


def _whole(requests: Mapping[str, tuple[str, ...]], asks: Iterable[Ask]) -> re.Pattern[str] | None:
    ways = [f"(?P<{ask.value}>{_one_of(requests[ask.value])})" for ask in asks if requests.get(ask.value)]
    around = [f"{one_of}*" if (one_of := _one_of(requests.get(key, ()))) else "" for key in ("before", "after")]
    return re.compile(f"{around[0]}(?:{'|'.join(ways)}){around[1]}") if ways else None


def _one_of(ways: Iterable[str]) -> str:
    patterns = "|".join(way_pattern(way) for way in ways)
    return f"(?:{patterns})" if patterns else ""


def asking_for(requests: Mapping[str, tuple[str, ...]]) -> Asking:
    """The matcher for a script's requests; with none it finds nothing."""
    return _compiled(tuple((key, tuple(ways)) for key, ways in requests.items()))


@lru_cache(maxsize=32)
def _compiled(requests: tuple[tuple[str, tuple[str, ...]], ...]) -> Asking:
    return Asking(dict(requests))
