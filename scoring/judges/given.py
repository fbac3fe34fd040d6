"""What a language model is given of an answer, and the answers that hold nothing to judge, both found by code.

A model can be talked into a level by an order, by ":" or by its own question read back; code cannot. So sentences that
speak to whoever scores are left out before any model reads, and an answer with too little beside them is not sent.
"""

from __future__ import annotations

from dataclasses import dataclass

from scoring.content import Dropped, Sources, content, surely_counts
from scoring.judges.base import CriterionJudgement, Judgement
from scoring.judges.embedded import FEWEST_WORDS, sources_of
from scoring.lexicon import but_articles
from scoring.rubric import Rubric
from scoring.sentences import words
from scoring.transcript import Answer

__all__ = ["LEFT_OUT", "Given", "given", "judged_nothing"]

LEFT_OUT = "[…]"
MOST_KNOWN = 64  # rubrics with their questions


@dataclass(frozen=True, slots=True)
class Given:
    """``nothing`` says why the answer gives no ground for any level; None where it may."""

    text: str
    nothing: str | None = None


def given(answer: Answer, rubric: Rubric, question_text: str) -> Given:
    """Only English is read closely; of other languages just what speaks to whoever scores is known."""
    text = answer.text
    if not text.strip():
        return Given("", "There is no answer.")
    if but_articles(words(text)) < FEWEST_WORDS:
        return Given(text, "The answer is too short to judge.")
    sources = _sources(rubric, question_text)
    fluency, on_scoring = rubric.scores_fluency, rubric.speaks_of_scoring
    if surely_counts(text, sources, FEWEST_WORDS, keep_fillers=fluency, on_scoring=on_scoring):
        return Given(text)
    counted = content(text, sources, keep_fillers=fluency, on_scoring=on_scoring)
    left, at = [], 0
    for start, end, why in counted.dropped:
        if why is Dropped.ADDRESSED:
            left += [text[at:start], LEFT_OUT]
            at = end
    left.append(text[at:])
    shown = "".join(left)
    english = answer.language.split("-")[0].casefold() == "en"
    if english and but_articles(counted.words) < FEWEST_WORDS:
        why_dropped = [w for _, _, w in counted.dropped]
        common = max(Dropped, key=why_dropped.count)
        return Given(shown, f"What was said {common}, so there is too little to judge.")
    if left[1:] and but_articles(words(shown)) < FEWEST_WORDS:
        return Given(shown, f"What was said {Dropped.ADDRESSED}, so there is too little to judge.")
    return Given(shown)


_known: dict[tuple[int, str], tuple[Rubric, Sources]] = {}
"""By identity, because hashing a rubric costs more than putting its texts together."""


def _sources(rubric: Rubric, question_text: str) -> Sources:
    known = _known.get((id(rubric), question_text))
    if known is not None and known[0] is rubric:
        return known[1]
    if len(_known) >= MOST_KNOWN:
        _known.clear()
    sources = sources_of(rubric, question_text)
    _known[id(rubric), question_text] = (rubric, sources)
    return sources


def judged_nothing(rubric: Rubric, reason: str) -> Judgement:
    return Judgement(
        {c.id: CriterionJudgement(None, reason, missing=tuple(p.id for p in c.key_points)) for c in rubric.criteria}
    )
