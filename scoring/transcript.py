"""What was said: words, turns, transcripts, and the answer that a judge reads.

Times are seconds on the interview's clock. Offsets are characters (Python ``str`` indices), half open.
"""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from functools import lru_cache
from operator import attrgetter
from typing import Any, NamedTuple

__all__ = ["Answer", "AnswerWord", "Mode", "Side", "Transcript", "Turn", "Word", "content_hash"]


class Side(StrEnum):
    CANDIDATE = "candidate"
    MELVIN = "melvin"


class Mode(StrEnum):
    SPOKEN = "spoken"
    TYPED = "typed"


@dataclass(frozen=True, slots=True)
class Word:
    """One recognised word. ``confidence`` is the recogniser's probability, 0 to 1; None for words a person typed."""

    text: str
    start: float
    end: float
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """One stretch of speech (or typing) by one side. Candidate turns carry the question that they answer. ``request``
    is what the candidate asks for in these words ("repeat", "skip", ...): such a turn is no part of an answer."""

    side: Side
    mode: Mode
    text: str
    start: float
    end: float
    question_id: str | None = None
    words: tuple[Word, ...] = ()
    request: str = ""

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Turn:
        return cls(
            side=Side(data["side"]),
            mode=Mode(data["mode"]),
            text=str(data["text"]),
            start=float(data["start"]),
            end=float(data["end"]),
            question_id=data.get("question_id"),
            words=tuple(Word(w["text"], w["start"], w["end"], w.get("confidence")) for w in data.get("words", ())),
            request=str(data.get("request", "")),
        )


@dataclass(frozen=True, slots=True)
class Transcript:
    """All turns of one interview in order of time."""

    language: str
    turns: tuple[Turn, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Transcript:
        return cls(language=str(data["language"]), turns=tuple(Turn.from_dict(t) for t in data["turns"]))

    def answer(self, question_id: str) -> Answer:
        """Everything the candidate said or typed to one question, but for what they asked of Melvin."""
        own = [
            t
            for t in self.turns
            if t.side is Side.CANDIDATE and t.question_id == question_id and t.text.strip() and not t.request
        ]
        return Answer.from_turns(question_id, own, self.language)


class AnswerWord(NamedTuple):
    """A word placed in ``Answer.text`` by offsets. A tuple, because a scoring run makes millions."""

    start: int
    end: int
    audio_start: float
    audio_end: float
    confidence: float | None


_START, _END = attrgetter("start"), attrgetter("end")


@dataclass(frozen=True, slots=True)
class Answer:
    """The text a judge reads: the candidate's turns to one question, joined by a blank line; never a name."""

    question_id: str
    text: str
    language: str
    words: tuple[AnswerWord, ...] = ()
    turn_offsets: tuple[int, ...] = field(default=(0,))

    @classmethod
    def from_turns(cls, question_id: str, turns: Iterable[Turn], language: str) -> Answer:
        """Join turns; words are placed by searching forward, so a word that is not in its turn's text is left out."""
        return cls._joined(
            question_id,
            ((t.text, [asdict(w) for w in t.words]) for t in turns),
            language,
        )

    @classmethod
    def from_stored(cls, question_id: str, transcript: Mapping[str, Any]) -> Answer:
        """The same as :meth:`Transcript.answer` of the transcript's JSON, without building its turns: for those who
        read thousands."""
        own = (
            (str(t["text"]), t.get("words", ()))
            for t in transcript["turns"]
            if t["side"] == Side.CANDIDATE.value
            and t.get("question_id") == question_id
            and str(t["text"]).strip()
            and not t.get("request")
        )
        return cls._joined(question_id, own, str(transcript["language"]))

    @classmethod
    def _joined(
        cls,
        question_id: str,
        turns: Iterable[tuple[str, Sequence[Mapping[str, Any]]]],
        language: str,
    ) -> Answer:
        parts: list[str] = []
        words: list[AnswerWord] = []
        offsets: list[int] = []
        length = 0
        for text, spoken in turns:
            base = length + (2 if parts else 0)
            offsets.append(base)
            words += _placed(text, spoken, base)
            parts.append(text)
            length = base + len(text)
        return cls(question_id, "\n\n".join(parts), language, tuple(words), tuple(offsets) or (0,))

    def audio_span(self, start: int, end: int) -> tuple[float, float] | None:
        """Audio times (seconds) of the words that overlap [start, end), or None where nothing there was spoken."""
        inside = self.words[self.words_in(start, end)]
        if not inside:
            return None
        return inside[0].audio_start, inside[-1].audio_end

    def words_in(self, start: int, end: int) -> slice:
        """Which of the words, which stand in their order, overlap [start, end)."""
        first = bisect_right(self.words, start, key=_END)
        return slice(first, bisect_left(self.words, end, lo=first, key=_START))

    @property
    def hash(self) -> str:
        return _hash_of(self.text, self.language)


def _placed(text: str, spoken: Sequence[Mapping[str, Any]], base: int) -> list[AnswerWord]:
    """Words of a transcript's JSON, each searched for behind the one before it, ``base`` before the text's start."""
    words: list[AnswerWord] = []
    cursor = 0
    for word in spoken:
        token = word["text"].strip()
        at = text.find(token, cursor) if token else -1
        if at < 0:
            continue
        cursor = at + len(token)
        placed = (base + at, base + cursor, word["start"], word["end"], word.get("confidence"))
        # As AnswerWord(...) does, in two thirds of its time: a scoring run makes millions.
        words.append(tuple.__new__(AnswerWord, placed))
    return words


@lru_cache(maxsize=1024)
def _hash_of(text: str, language: str) -> str:
    """Of an answer; remembered, since it stands on the scorecard of every rubric that the answer is judged by."""
    return content_hash({"text": text, "language": language})


def content_hash(value: Any) -> str:
    """SHA-256 (hex) of a value's canonical JSON: sorted keys, no spaces, UTF-8."""
    raw = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
    return hashlib.sha256(raw.encode()).hexdigest()
