"""Many stored answers, each with its transcript, scorecard and embeddings, as interviews of every day leave them.

What applicants said (../shared/data/rubric_judge, pieces of 150 words) is judged once under the first version of the
rubric, with its embeddings kept; then each piece is stored many times over, each time written with other white space,
so that no memory of a text helps with the next. Five answers make an interview, words carry their times.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from interviewer.plans.library import Library, default_folder
from interviewer.records.database import libpq_url
from interviewer.records.ids import new_id
from scoring.judges.embedded import EmbeddedJudge
from scoring.remembered import RememberingEmbedder, texts_of
from scoring.rubric import Rubric
from scoring.score import score
from scoring.transcript import Answer, Mode, Side, Turn, Word
from tests.benchmarks.scoring.rubric_judge_data import ROLES, read, rubric_of
from tests.benchmarks.scoring.throughput import version_of

__all__ = ["ASKED", "Seeded", "rubric_version", "seed"]

PLAN = "generalist-ai-trainer"
WORDS = 150
ASKED = "Tell me how you work."
GAPS = 12
"""Places in a piece where one space or two make 4,096 ways of writing it."""
WORD_S = 0.5


@dataclass(frozen=True, slots=True)
class Seeded:
    answers: int
    questions: list[str]


@dataclass(frozen=True, slots=True)
class _Piece:
    words: list[str]
    card: str
    texts: bytes
    vectors: bytes


def rubric_version(data: Path, number: int) -> Rubric:
    """The rubric's first version is 0; in each later one anchors, order and key points differ."""
    found = read(data)
    return version_of(rubric_of(ROLES[0], found.dimensions[ROLES[0]]), number)


def seed(url: str, data: Path, answers: int, *, embeddings: bool = True) -> Seeded:
    """Fill a migrated database without interviews."""
    bundle = Library.load(default_folder()).get(PLAN)
    questions = [q.id for q in bundle.plan.questions]
    rubric = rubric_version(data, 0)
    pieces, judge_version, model = _judged(data)
    count = -(-answers // len(questions))
    rows = _Rows(questions, pieces, rubric.hash, judge_version, model, count)
    with psycopg.connect(libpq_url(url)) as connection:
        connection.execute("SET synchronous_commit = off")
        plan = (new_id("plan"), PLAN, bundle.plan.version, bundle.hash, bundle.plan.title, json.dumps(bundle.to_dict()))
        stored = connection.execute(
            """INSERT INTO plan_versions (id, name, version, hash, title, body) VALUES (%s, %s, %s, %s, %s, %s)
            ON CONFLICT (hash) DO UPDATE SET title = excluded.title RETURNING id""",
            plan,
        ).fetchone()
        assert stored is not None
        _numbered(connection, str(stored[0]), count)
        for table, columns, found in rows.tables(embeddings):
            copy = sql.SQL("COPY {} ({}) FROM STDIN").format(
                sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
            )
            with connection.cursor().copy(copy) as into:
                for row in found:
                    into.write_row(row)
    with psycopg.connect(libpq_url(url), autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
    return Seeded(count * len(questions), questions)


def _numbered(connection: psycopg.Connection[Any], plan_id: str, count: int) -> None:
    """People, invitations and interviews without a story of their own."""
    number = {"n": count, "plan": plan_id}
    connection.execute(
        "INSERT INTO candidates (id, name) SELECT 'cand_' || i, 'Person ' || i FROM generate_series(1, %(n)s) i", number
    )
    connection.execute(
        """INSERT INTO invitations
            (id, token_hash, candidate_id, plan_id, variables, accommodation, livemode, expires_at)
        SELECT 'inv_' || i, 't' || i, 'cand_' || i, %(plan)s, '{}', 1, true, now() FROM generate_series(1, %(n)s) i""",
        number,
    )
    connection.execute(
        """INSERT INTO interviews (id, invitation_id, script, status, ended_at)
        SELECT 'int_' || lpad(i::text, 8, '0'), 'inv_' || i, '{"questions": []}', 'scored', now()
        FROM generate_series(1, %(n)s) i""",
        number,
    )


@dataclass(frozen=True, slots=True)
class _Rows:
    questions: Sequence[str]
    pieces: Sequence[_Piece]
    rubric_hash: str
    judge_version: str
    model: str
    interviews: int

    def tables(self, embeddings: bool) -> Iterator[tuple[str, tuple[str, ...], Iterator[tuple[object, ...]]]]:
        yield "answers", ("id", "interview_id", "question_id", "position", "kind", "status"), self._answers()
        yield "transcripts", ("id", "interview_id", "version", "source", "body"), self._transcripts()
        columns = ("id", "answer_id", "transcript_version", "rubric_hash", "judge", "judge_version", "body")
        yield "scorecards", columns, self._scorecards()
        if embeddings:
            yield "answer_embeddings", ("answer_id", "model", "texts", "vectors"), self._embeddings()

    def _each(self) -> Iterator[tuple[int, int, str, _Piece, int]]:
        """Interview, position, answer id, piece, copy."""
        for interview in range(1, self.interviews + 1):
            for position in range(len(self.questions)):
                n = (interview - 1) * len(self.questions) + position
                piece = self.pieces[n % len(self.pieces)]
                yield interview, position, f"ans_{n:08}", piece, n // len(self.pieces)

    def _answers(self) -> Iterator[tuple[object, ...]]:
        for interview, position, answer, _, _ in self._each():
            yield answer, f"int_{interview:08}", self.questions[position], position, "spoken", "answered"

    def _transcripts(self) -> Iterator[tuple[object, ...]]:
        turns: list[dict[str, Any]] = []
        for interview, position, _, piece, copy in self._each():
            turns.append(_turn(piece, copy, self.questions[position], 100.0 * position))
            if len(turns) == len(self.questions):
                body = json.dumps({"language": "en", "turns": turns})
                yield f"tr_{interview:08}", f"int_{interview:08}", 1, "record", body
                turns = []

    def _scorecards(self) -> Iterator[tuple[object, ...]]:
        for _, _, answer, piece, _ in self._each():
            yield f"scd_{answer}", answer, 1, self.rubric_hash, "embedded", self.judge_version, piece.card

    def _embeddings(self) -> Iterator[tuple[object, ...]]:
        for _, _, answer, piece, _ in self._each():
            yield answer, self.model, piece.texts, piece.vectors


def _turn(piece: _Piece, copy: int, question: str, start: float) -> dict[str, Any]:
    spaced = [w + ("  " if i < GAPS and copy >> i & 1 else " ") for i, w in enumerate(piece.words)]
    times = [
        {
            "text": w,
            "start": round(start + i * WORD_S, 2),
            "end": round(start + (i + 1) * WORD_S, 2),
            "confidence": 0.93,
        }
        for i, w in enumerate(piece.words)
    ]
    return {
        "side": Side.CANDIDATE.value, "mode": Mode.SPOKEN.value, "text": "".join(spaced).strip(), "start": start,
        "end": start + len(piece.words) * WORD_S, "question_id": question, "words": times, "request": "",
    }  # fmt: skip


@cache
def _judged(data: Path) -> tuple[list[_Piece], str, str]:
    found = read(data)
    said = " ".join(e.reply for s in found.simulated if s.role == ROLES[0] for e in s.exchanges).split()
    cut = [said[at : at + WORDS] for at in range(0, len(said) - WORDS + 1, WORDS)]
    rubric = rubric_version(data, 0)
    embedder = RememberingEmbedder()
    judge = EmbeddedJudge(embedder)
    pieces = []
    for words in cut:
        with embedder.of_answer({}, texts_of(rubric, ASKED)) as remembered:
            card = score(_answer(words), rubric, judge, question_text=ASKED, now=datetime.now(UTC))
        pieces.append(_Piece(words, json.dumps(card.to_dict()), remembered.texts, remembered.vectors))
    return pieces, judge.version, embedder.version


def _answer(words: Sequence[str]) -> Answer:
    text = " ".join(words)
    own = tuple(Word(w, i * WORD_S, (i + 1) * WORD_S, 0.93) for i, w in enumerate(words))
    return Answer.from_turns("q", [Turn(Side.CANDIDATE, Mode.SPOKEN, text, 0.0, 1.0, "q", own)], "en")
