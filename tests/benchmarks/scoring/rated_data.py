"""The human-rated answers of ../shared/data, read once: what a scorer sees of each answer, and what people gave it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from scoring.calibration.encoder import read_texts
from scoring.calibration.pairs import pair_features
from scoring.calibration.pooled import PooledAnswers
from scoring.calibration.surface import surface
from tests.benchmarks.report import DataMissing

__all__ = ["RatedSet", "read_rated"]

SEVERAL = " || "  # between the references of one Beetle question


@dataclass(frozen=True, slots=True)
class RatedSet:
    """``scores`` from 0 to 1. ``splits``: the source's own, empty where it has none. ``references`` as one text."""

    answers: PooledAnswers
    scores: npt.NDArray[np.float64]
    splits: npt.NDArray[np.str_]
    references: tuple[str, ...]

    @property
    def questions(self) -> npt.NDArray[np.str_]:
        return np.array(self.answers.questions)

    def take(self, rows: npt.NDArray[np.intp]) -> RatedSet:
        return RatedSet(
            self.answers.take(rows), self.scores[rows], self.splits[rows], tuple(self.references[i] for i in rows)
        )


def read_rated(folder: Path, questions: int | None = None, splits: Sequence[str] = ()) -> RatedSet:
    """Answers of ``splits``, or all; to the first so many ``questions`` of each split and collection. A set with
    labels instead of scores gives 1 for correct and 0 for all else. Raises DataMissing."""
    rows = [r for r in _rows(folder / "answers.jsonl") if not splits or r["split"] in splits]
    if (folder / "prompts.jsonl").is_file():
        asked = {p["prompt_id"]: p for p in _rows(folder / "prompts.jsonl")}
        rows = [{**r, **asked[r["prompt_id"]], "resolved": float(r["label"] == "correct")} for r in rows]
    if questions is not None:
        rows = _first(rows, questions)
    references = sorted({part for r in rows for part in r["reference"].split(SEVERAL)})
    asked_texts = sorted({r["prompt"] or "" for r in rows})
    read = dict(zip(references, read_texts(references), strict=True))
    asked_read = dict(zip(asked_texts, read_texts(asked_texts), strict=True))
    said = read_texts([r["answer"] for r in rows])
    own = [[read[part] for part in r["reference"].split(SEVERAL)] for r in rows]
    middle = np.array([np.mean([x.vector for x in some], axis=0) for some in own], dtype=np.float64)
    answers = PooledAnswers(
        [r["prompt_id"] for r in rows],
        [r["answer"] for r in rows],
        np.array([a.vector for a in said], dtype=np.float64),
        middle / np.linalg.norm(middle, axis=1, keepdims=True),
        np.array([
            pair_features(a, asked_read[r["prompt"] or ""], some) for a, r, some in zip(said, rows, own, strict=True)
        ]),
        np.array([surface(r["answer"]) for r in rows]),
    )  # fmt: skip
    return RatedSet(
        answers, np.array([float(r["resolved"]) for r in rows]), np.array([r.get("split") or "" for r in rows]),
        tuple(" / ".join(r["reference"].split(SEVERAL)[:4]) for r in rows),
    )  # fmt: skip


def _first(rows: list[dict[str, Any]], questions: int) -> list[dict[str, Any]]:
    kept: dict[str, list[str]] = {}
    for row in rows:
        collection, named, _ = row["prompt_id"].partition(":")
        own = kept.setdefault(f"{collection} {row['split']}" if named else "", [])
        if row["prompt_id"] not in own and len(own) < questions:
            own.append(row["prompt_id"])
    allowed = {question for own in kept.values() for question in own}
    return [r for r in rows if r["prompt_id"] in allowed]


def _rows(file: Path) -> list[dict[str, Any]]:
    if not file.is_file():
        raise DataMissing(f"{file} is not there")
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]
