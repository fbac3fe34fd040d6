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
from typing import Any, NamedTuple, Protocol

import msgspec
from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

__all__ = ["Answer", "AnswerWord", "Mode", "Side", "StoredTranscript", "Transcript", "Turn", "Word", "content_hash"]


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


class _SomeWord(Protocol):
    @property
    def text(self) -> str: ...
    @property
    def start(self) -> float: ...
    @property
    def end(self) -> float: ...
    @property
    def confidence(self) -> float | None: ...


class _SomeTurn(Protocol):
    @property
    def side(self) -> Side: ...
    @property
    def text(self) -> str: ...
    @property
    def question_id(self) -> str | None: ...
    @property
    def words(self) -> Sequence[_SomeWord]: ...
    @property
    def request(self) -> str: ...


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
        return _answer(question_id, self.turns, self.language)


class _GivenWord(NamedTuple):
    start: int
    end: int
    audio_start: float
    audio_end: float
    confidence: float | None


class AnswerWord(msgspec.Struct, frozen=True, gc=False):
    """A word placed in ``Answer.text`` by offsets. Untracked by the collector, because a scoring run makes millions."""

    start: int
    end: int
    audio_start: float
    audio_end: float
    confidence: float | None

    def at(self, start: int, end: int) -> AnswerWord:
        """The same word in a text where it stands elsewhere."""
        return AnswerWord(start, end, self.audio_start, self.audio_end, self.confidence)

    @classmethod
    def __get_pydantic_core_schema__(cls, _: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        """As JSON Lines give it: an object of these names, or their values in this order."""
        given = handler.generate_schema(_GivenWord)
        return core_schema.no_info_after_validator_function(lambda word: cls(*word), given)


class StoredWord(msgspec.Struct, gc=False):
    """A :class:`Word` as it is read from a transcript's JSON."""

    text: str
    start: float
    end: float
    confidence: float | None = None


class StoredTurn(msgspec.Struct):
    """What an answer needs of a :class:`Turn` in a transcript's JSON."""

    side: Side
    text: str
    question_id: str | None = None
    words: list[StoredWord] = []
    request: str = ""


class StoredTranscript(msgspec.Struct):
    """A transcript's JSON, read for its answers alone by those who read thousands: in a quarter of the time, and with
    nothing for the collector to walk."""

    language: str
    turns: list[StoredTurn]

    @classmethod
    def read(cls, body: str | bytes) -> StoredTranscript:
        """Raises :class:`msgspec.ValidationError` with the place."""
        return _STORED.decode(body)

    def answer(self, question_id: str) -> Answer:
        """The same as :meth:`Transcript.answer`."""
        return _answer(question_id, self.turns, self.language)


_STORED = msgspec.json.Decoder(StoredTranscript)
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
    def from_turns(cls, question_id: str, turns: Iterable[_SomeTurn], language: str) -> Answer:
        """Join turns; words are placed by searching forward, so a word that is not in its turn's text is left out."""
        parts: list[str] = []
        words: list[AnswerWord] = []
        offsets: list[int] = []
        length = 0
        for turn in turns:
            base = length + (2 if parts else 0)
            offsets.append(base)
            words += _placed(turn.text, turn.words, base)
            parts.append(turn.text)
            length = base + len(turn.text)
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


def _answer(question_id: str, turns: Iterable[_SomeTurn], language: str) -> Answer:
    own = [
        t
        for t in turns
        if t.side is Side.CANDIDATE and t.question_id == question_id and t.text.strip() and not t.request
    ]
    return Answer.from_turns(question_id, own, language)


def _placed(text: str, spoken: Iterable[_SomeWord], base: int) -> list[AnswerWord]:
    """Each word searched for behind the one before it, ``base`` before the text's start."""
    words: list[AnswerWord] = []
    cursor = 0
    for word in spoken:
        token = word.text.strip()
        at = text.find(token, cursor) if token else -1
        if at < 0:
            continue
        cursor = at + len(token)
        words.append(AnswerWord(base + at, base + cursor, word.start, word.end, word.confidence))
    return words


@lru_cache(maxsize=1024)
def _hash_of(text: str, language: str) -> str:
    """Of an answer; remembered, since it stands on the scorecard of every rubric that the answer is judged by."""
    return content_hash({"text": text, "language": language})


def content_hash(value: Any) -> str:
    """SHA-256 (hex) of a value's canonical JSON: sorted keys, no spaces, UTF-8."""
    raw = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
    return hashlib.sha256(raw.encode()).hexdigest()
