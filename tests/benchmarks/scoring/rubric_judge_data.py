"""The rubric-judge cases and simulated interviews, as answers and rubrics of ours."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scoring.rubric import Rubric
from scoring.sentences import sentences
from scoring.transcript import Answer, Mode, Side, Turn
from tests.benchmarks.report import DataMissing

__all__ = ["LEVELS", "ROLES", "Case", "Data", "Exchange", "Simulated", "answer_of", "asked", "read", "rubric_of"]

LEVELS = ("low", "medium", "high")
ROLES = ("gd", "ml")
INVARIANT = ("irrelevance", "repetition", "aggrandising")

Dimensions = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Exchange:
    question: str
    reply: str


@dataclass(frozen=True, slots=True)
class Case:
    """``before``: the interview as it stood; ``added``: the exchange that must, or must not, move a judge.

    A case that debases evidence stands after the exchange that gave the evidence. ``level`` is an index of LEVELS;
    ``sign`` +1 or -1. For "uniform-prior" nothing is added, and ``dimension`` is that of another job.
    """

    test: str
    interview: str
    before: tuple[Exchange, ...]
    added: tuple[Exchange, ...]
    dimension: str | None = None
    level: int | None = None
    sign: int = 0

    @property
    def role(self) -> str:
        return self.interview.split("_")[0]


@dataclass(frozen=True, slots=True)
class Simulated:
    role: str
    exchanges: tuple[Exchange, ...]
    levels: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Data:
    """``unusable``: cases about a rubric that the data does not hold."""

    dimensions: Mapping[str, Dimensions]
    base: Mapping[str, tuple[Exchange, ...]]
    cases: tuple[Case, ...]
    simulated: tuple[Simulated, ...]
    unusable: int


def read(folder: Path) -> Data:
    """``folder`` holds data/rubric_judge. Raises DataMissing."""
    place = folder / "data" / "rubric_judge"
    if not (place / "stress_cases.jsonl").exists():
        raise DataMissing(f"no rubric-judge cases in {place}")
    dimensions: dict[str, Dimensions] = {r: json.loads((place / f"rubric_{r}.json").read_text("utf-8")) for r in ROLES}
    base = {row["id"]: _exchanges(row["turns"]) for row in _rows(place / "base_interviews.jsonl")}
    rows = _rows(place / "stress_cases.jsonl")
    said = {
        (r["test"], r["interview"]): Exchange(r["interviewer_turn"], r["applicant_turn"])
        for r in rows
        if "applicant_turn" in r
    }
    cases: list[Case] = []
    unusable = 0
    for row in rows:
        test, interview = row["test"], row["interview"]
        before = base[interview]
        if test == "uniform-prior":
            if row["rubric"] in dimensions:
                cases.append(Case(test, interview, before, (), row["dimension"]))
            else:
                unusable += 1
            continue
        if test.endswith("-debase"):
            before = (*before, said[test.removesuffix("-debase"), interview])
        update = row.get("belief_update")
        moved = (
            (update["dimension"], LEVELS.index(update["level"]), 1 if update["direction"] == "up" else -1)
            if update
            else (None, None, 0)
        )
        cases.append(Case(test, interview, before, (said[test, interview],), *moved))
    simulated = tuple(
        Simulated(r["role"], _exchanges(r["turns"]), {d: LEVELS.index(x) for d, x in r["levels"].items()})
        for r in _rows(place / "simulated_interviews.jsonl")
    )
    return Data(dimensions, base, tuple(cases), simulated, unusable)


def rubric_of(name: str, dimensions: Dimensions) -> Rubric:
    """Low, medium and high as levels 1, 3 and 5; key points are the sentences of high."""
    return Rubric.model_validate(
        {
            "rubric": name,
            "version": 1,
            "title": name,
            "job_analysis": "Converted from three described levels for a benchmark.",
            "criteria": [
                {
                    "id": _slug(dimension),
                    "title": dimension.replace("_", " "),
                    "description": dimension.replace("_", " "),
                    "measures": ["anchors"],
                    "anchors": {
                        "1": levels["low"],
                        "2": "Between level 1 and level 3.",
                        "3": levels["medium"],
                        "4": "Between level 3 and level 5.",
                        "5": levels["high"],
                    },
                    "key_points": [
                        {"id": f"{_slug(dimension)}-{i}", "text": levels["high"][s.start : s.end]}
                        for i, s in enumerate(sentences(levels["high"]))
                    ],
                }
                for dimension, levels in dimensions.items()
            ],
        }
    )


def answer_of(exchanges: Sequence[Exchange]) -> Answer:
    """All that the candidate said, a turn for each exchange."""
    turns = [
        Turn(Side.CANDIDATE, Mode.TYPED, e.reply, float(i), float(i), "interview") for i, e in enumerate(exchanges)
    ]
    return Answer.from_turns("interview", turns, "en")


def asked(exchanges: Sequence[Exchange]) -> str:
    return "\n".join(e.question for e in exchanges)


def _slug(dimension: str) -> str:
    return dimension.replace("_", "-")


def _exchanges(turns: Sequence[Mapping[str, str]]) -> tuple[Exchange, ...]:
    found: list[Exchange] = []
    question = ""
    for turn in turns:
        if turn["role"] == "interviewer":
            question = turn["message"]
        else:
            found.append(Exchange(question, turn["message"]))
    return tuple(found)


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
