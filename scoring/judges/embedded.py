"""The embedded judge: sentence embeddings, key-point coverage and text features. No network, no language model.

It reads what was said and nothing else: not how, not for how long, not with which buttons. It is uncalibrated: its
levels are hints with their evidence, and this is all there is to them:

    q = mean of the criterion's measures, each 0 to 1, by WEIGHTS                    scoring/features
    x = 1 + 4 q                                                                      place on the scale of levels
    p(level) ~ exp(-(level - x)^2 / (2 SPREAD^2)), level 1..5, made to sum to 1      wide on purpose

A criterion may name the measure "anchors" too, which reads the answer against the written levels (scoring/anchors).
Alone, its probabilities are the criterion's; beside others, p(level) is multiplied by q(level) ^ (ANCHORS_BESIDE * b),
where q is what it says if all is about the criterion and b, 0 to 1, how sure that is (scoring/anchors/belief.py).
Only rubrics that name it use it: on our nine rubrics, whose key points are authored, it helps where levels are told
apart by how definite an account is, and harms where they are not. With the exponent at 0, 0.3, 0.4 and 0.5 the Spearman
below is 0.76, 0.79, 0.84 and 0.89 for handling-instructions. The model of version 4, at 0.35 with "anchors" added to
every criterion, had 0.86 over all nine, as without it, and failed in 21 of 355 cases of the stress suite for that
rubric, against 19 without and 28 at 1.

More of any other measure never lowers the expected level. On our own worked answers it orders each rubric's ten by
their given level with Spearman 0.81 to 0.96 (median 0.86; ``python -m scoring.coverage_check``); which measures two of
the rubrics name was chosen on these answers. How belief moves with evidence is measured on interviews of others, with
the model of "anchors" fitted on another job (``python -m tests.benchmarks scoring --part rubric_judge``).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from scoring.anchors.belief import SAID_AT, AnchorReader, AnchorReading
from scoring.anchors.model import Model, shipped
from scoring.content import Content, ContentSentence, Dropped, Sources, content
from scoring.coverage import Coverage, Match, covered
from scoring.embeddings import Embedder, Vectors
from scoring.empty_talk import EMPTY_TALK
from scoring.evidence import is_quotable, parts
from scoring.features.meaning import OFF_TOPIC_BELOW, ON_TOPIC_PEAK
from scoring.features.reading import Context, Reading
from scoring.features.table import MEASURES, OF_THE_CRITERION
from scoring.judges.base import Citation, CriterionJudgement, JudgeFailed, Judgement, Probabilities
from scoring.lexicon import but_articles
from scoring.relevance import relevant
from scoring.rubric import Criterion, Measure, Rubric
from scoring.sentences import sentences, words
from scoring.transcript import Answer

__all__ = ["EmbeddedJudge"]

VERSION = "6"  # of this code; the model that reads anchors adds its own hash
LEVELS = (1.0, 2.0, 3.0, 4.0, 5.0)
SPREAD = 1.0  # levels; until human ratings say better, the level beside is never out of the question
WEIGHTS: Mapping[Measure, float] = {"coverage": 2.0, "on-topic": 0.5}
"""What is said weighs more than how; to be on the topic is only where an answer begins. The others count 1."""

ANCHORS_BESIDE = 0.4  # exponent of what anchors say, where a criterion has other measures too
OFF_TOPIC = "The answer does not speak about what was asked."
FEWEST_WORDS = 7  # that count, articles aside; less cannot show a level
MOST_KNOWN = 64  # rubrics with their questions whose meaning is kept
MOST_QUOTES = 3  # for a criterion, besides one for each covered key point


@dataclass(frozen=True, slots=True)
class _Asked:
    """What an answer may be copied from, and what it may be about: the question, the key points and their examples, a
    row each; and empty talk, a row for each sentence."""

    sources: Sources
    meaning: Vectors
    empty: Vectors


class EmbeddedJudge:
    name = "embedded"
    calibration = "uncalibrated"

    def __init__(self, embedder: Embedder, anchors: Model | None = None) -> None:
        """``anchors``: another model for reading anchors than the one that ships."""
        self._embedder = embedder
        self._coverage = Coverage(embedder)
        self._anchors = AnchorReader(embedder, anchors or shipped())
        self.version = f"{VERSION}+{self._anchors.model.hash}"
        self._known: dict[tuple[str, str], _Asked] = {}

    @property
    def model(self) -> str:
        return self._embedder.version

    def judge(self, answer: Answer, rubric: Rubric, question_text: str) -> Judgement:
        if answer.language.split("-")[0].casefold() != "en":
            raise JudgeFailed("The embedded judge reads English only, so this answer is left to people.")
        asked = self._asked(rubric, question_text)
        counted = content(
            answer.text, asked.sources, keep_fillers=rubric.scores_fluency, on_scoring=rubric.speaks_of_scoring
        )
        rows = self._rows(counted)
        near = relevant(counted, rows, asked.meaning, asked.empty, len(rubric.key_points))
        if near is not counted:
            counted, rows = near, self._rows(near)
        about: Vectors = (rows @ asked.meaning.T).max(axis=1)
        windows = self._coverage.windows(counted, rows)
        if reason := _nothing_to_judge(answer, counted):
            return Judgement({c.id: _refused(c, reason) for c in rubric.criteria})
        matches = self._coverage.matches(windows, rubric.key_points)
        place = float(about.mean())
        anchors = self._read_anchors(answer, counted, rows, rubric)
        off_topic = bool(place < OFF_TOPIC_BELOW and np.sort(about)[-3:].mean() < ON_TOPIC_PEAK)
        shared: dict[Measure, Reading] = {}
        return Judgement(
            {
                # Anchors know by themselves what is about them; the other measures do not.
                c.id: _refused(c, OFF_TOPIC)
                if off_topic and c.measures != ("anchors",)
                else self._criterion(
                    answer,
                    Context(c, question_text, counted, {p.id: matches[p.id] for p in c.key_points}, place),
                    anchors.get(c.id),
                    shared,
                )
                for c in rubric.criteria
            }
        )

    def _read_anchors(
        self, answer: Answer, counted: Content, rows: Vectors, rubric: Rubric
    ) -> Mapping[str, AnchorReading]:
        if not any("anchors" in c.measures for c in rubric.criteria):
            return {}
        return self._anchors.read(counted, rows, answer.turn_offsets, rubric)

    def _criterion(
        self, answer: Answer, context: Context, anchors: AnchorReading | None, shared: dict[Measure, Reading]
    ) -> CriterionJudgement:
        """``shared``: what was read of this answer for criteria before, added to here."""
        criterion, matches = context.criterion, context.matches
        readings = {name: _reading(name, context, shared) for name in criterion.measures if name != "anchors"}
        weights = {name: WEIGHTS.get(name, 1.0) for name in readings}
        found = covered(matches)
        missing = tuple(p.id for p in criterion.key_points if p.id not in found)
        notes = [r.note for r in readings.values() if r.note]
        quoted = [s for r in readings.values() for s in r.sentences]
        if anchors is not None and "anchors" in criterion.measures:
            if not readings and anchors.weight < SAID_AT:
                return CriterionJudgement(None, "Nothing was said about this.", missing=missing)
            notes.append(_spoken_for(anchors))
            quoted += anchors.sentences
        spoken = anchors if "anchors" in criterion.measures else None
        p: Sequence[float] = spoken.probabilities.tolist() if spoken else ()
        if readings:
            q = sum(weights[n] * r.value for n, r in readings.items()) / sum(weights.values())
            p = _normal(1 + 4 * q)
            if spoken:
                weight = ANCHORS_BESIDE * spoken.weight
                p = [own * at**weight for own, at in zip(p, spoken.if_about.tolist(), strict=True)]
        return CriterionJudgement(
            _rounded(p), " ".join(notes), self._citations(answer, criterion, quoted, matches), missing
        )

    def _citations(
        self, answer: Answer, criterion: Criterion, quoted: Sequence[ContentSentence], matches: Mapping[str, Match]
    ) -> tuple[Citation, ...]:
        """Quotes for what was found; where nothing was, the nearest stretch, so that a low level can be checked."""
        wanted: list[tuple[int, int, str | None, float | None]] = []
        nearest = sorted(matches.items(), key=lambda item: -item[1].margin)
        if "coverage" in criterion.measures:
            held = frozenset(covered(matches))
            wanted += [(m.start, m.end, point, m.similarity) for point, m in nearest if point in held]
        wanted += [(s.start, s.end, None, None) for s in quoted]
        if not wanted:
            wanted = [(m.start, m.end, None, m.similarity) for _, m in nearest[:1]]
        citations: list[Citation] = []
        for start, end, point, similarity in wanted:
            # Every covered key point has its quote, even a shared one; other quotes only show what is not yet shown.
            if point is None and (
                len(citations) >= MOST_QUOTES or any(c.start < end and c.end > start for c in citations)
            ):
                continue
            quote = self._quotable(answer.text, start, end, criterion)
            if quote is not None:
                citations.append(Citation(*quote, answer.text[slice(*quote)], point, similarity))
        return tuple(citations)

    def _quotable(self, text: str, start: int, end: int, criterion: Criterion) -> tuple[int, int] | None:
        """The span itself; or, where it is too much of the answer, the sentence or clause in it that says most."""
        if is_quotable(text, start, end):
            return start, end
        inside = [(s.start, s.end) for s in sentences(text) if s.start < end and s.end > start]
        choices = inside if len(inside) > 1 else parts(text, start, end)
        choices = [c for c in choices if is_quotable(text, *c)]
        if not choices:
            return None
        meaning = self._embedder.encode([p.text for p in criterion.key_points])
        own = self._embedder.encode([text[a:b] for a, b in choices])
        return choices[int((own @ meaning.T).max(axis=1).argmax())]

    def _rows(self, counted: Content) -> Vectors:
        return self._embedder.encode([s.text for s in counted.sentences])

    def _asked(self, rubric: Rubric, question_text: str) -> _Asked:
        """Worked out once for a rubric and question, since many answers follow."""
        key = (rubric.hash, question_text)
        known = self._known.get(key)
        if known is None:
            question = [question_text] if question_text.strip() else []
            texts = [*question, *(t for p in rubric.key_points for t in (p.text, *p.examples))]
            encode = self._embedder.encode
            known = _Asked(sources_of(rubric, question_text), encode(texts), encode(EMPTY_TALK))
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            self._known[key] = known
        return known


def _reading(name: Measure, context: Context, shared: dict[Measure, Reading]) -> Reading:
    if name in OF_THE_CRITERION:
        return MEASURES[name](context)
    if name not in shared:
        shared[name] = MEASURES[name](context)
    return shared[name]


def probabilities_at(x: float) -> Probabilities:
    """A normal of standard deviation SPREAD around x (1 to 5), cut to the five levels."""
    return _rounded(_normal(x))


def _normal(x: float) -> list[float]:
    """Five numbers, which plain Python handles quicker than an array."""
    return [math.exp(-((level - x) ** 2) / (2 * SPREAD**2)) for level in LEVELS]


def _rounded(p: Sequence[float]) -> Probabilities:
    total = sum(p)
    p1, p2, p3, p4, p5 = p
    return round(p1 / total, 4), round(p2 / total, 4), round(p3 / total, 4), round(p4 / total, 4), round(p5 / total, 4)


def _spoken_for(anchors: AnchorReading) -> str:
    if anchors.weight < SAID_AT:
        return "Little that was said belongs to its levels."
    level = int(anchors.probabilities.argmax()) + 1
    return f"What was said about it is nearest to what level {level} describes."


def sources_of(rubric: Rubric, question_text: str) -> Sources:
    """What a candidate might read back: the question, and all that the rubric says."""
    texts: list[str] = []
    for c in rubric.criteria:
        texts += [c.description, *(c.anchors[level] for level in range(1, 6)), *(p.text for p in c.key_points)]
    examples = tuple(e for p in rubric.key_points for e in p.examples)
    return Sources((question_text,), tuple(texts), examples)


def _enough_words(counted: Content) -> bool:
    """Looks no further than it has to."""
    found = 0
    for sentence in counted.sentences:
        found += but_articles(sentence.words)
        if found >= FEWEST_WORDS:
            return True
    return False


def _refused(criterion: Criterion, reason: str) -> CriterionJudgement:
    return CriterionJudgement(None, reason, missing=tuple(p.id for p in criterion.key_points))


def _nothing_to_judge(answer: Answer, counted: Content) -> str | None:
    """Why the answer gives no ground for any level, in a sentence; None where it does."""
    if not answer.text.strip():
        return "There is no answer."
    if not _enough_words(counted):
        if but_articles(words(answer.text)) < FEWEST_WORDS:
            return "The answer is too short to judge."
        why = [w for _, _, w in counted.dropped]
        common = max(Dropped, key=why.count)
        return f"What was said {common}, so there is too little to judge."
    return None
