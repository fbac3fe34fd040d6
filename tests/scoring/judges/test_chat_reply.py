"""What a model replies is read as it was meant: its thoughts are no judgement, and an unsure level stays that level."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from scoring.judges.base import Judgement
from scoring.judges.chat_reply import Unusable, read
from scoring.rubric import Rubric
from scoring.score import level_of, score
from scoring.scorecard import ScoreStatus
from scoring.transcript import Answer
from tests.scoring.judges.conftest import TEXT

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def reply(rubric: Rubric, quote: str = TEXT[: TEXT.index(".") + 1], **level: object) -> str:
    own = {"evidence": [{"quote": quote}], "missing": [], "reason": "So it is.", **level}
    return json.dumps({"criteria": {c.id: own for c in rubric.criteria}})


def level(raw: str, rubric: Rubric) -> int:
    found, _ = read(raw, rubric, TEXT)
    (one,) = {level_of(j.probabilities)[0] for j in found.values() if j.probabilities is not None}
    return one


@pytest.mark.parametrize("named", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("confidence", [None, 0.0, 0.2, 0.25, 0.3, 0.34, 0.5, 1.0])
def test_the_level_that_is_named_is_the_level(bread: Rubric, named: int, confidence: float | None) -> None:
    assert level(reply(bread, level=named, confidence=confidence), bread) == named


def test_a_draft_among_thoughts_is_no_judgement(bread: Rubric) -> None:
    draft, final = reply(bread, level=1), reply(bread, level=5)
    for thought in (
        f"<think>A draft: {draft} Too strict.</think>",
        f"A draft: {draft} Too strict.</think>",  # where the endpoint put the beginning into its prompt
        f"<think>Is {{this}} fair? {draft}</think> So <think>once more: {draft}</think>",
        f"{draft}</think>{draft}</THINKING>",
        "What {a} question.</think>",
    ):
        assert level(f"{thought}\n{final}", bread) == 5
    for cut in (f"<think>A draft: {draft} No, that is far too strict, so I", "<think>", f"ok <think>{draft}"):
        with pytest.raises(Unusable, match="within its thoughts"):
            read(cut, bread, TEXT)
    with pytest.raises(Unusable, match="no JSON object"):
        read(f"{draft}</think> I would rather not say.", bread, TEXT)


def test_thoughts_within_the_judgement_are_words(bread: Rubric) -> None:
    raw = reply(bread, level=4).replace("So it is.", "They said </think> and <think> aloud.")
    assert level(raw, bread) == 4
    assert read(raw, bread, TEXT)[0][bread.criteria[0].id].reason == "They said </think> and <think> aloud."


def test_true_is_no_level(bread: Rubric) -> None:
    with pytest.raises(Unusable, match="true and false are no numbers"):
        read(reply(bread, level=True), bread, TEXT)


@pytest.mark.parametrize("people", [("Anna", "Maria"), ("Nguyen Thi Minh Anh", "Tran Thi Bich Ngoc")])
def test_long_names_of_colleagues_cost_no_quote(bread: Rubric, people: tuple[str, str]) -> None:
    """Masked they are a word each, so a sentence that is short enough to be quoted may be too long as it was said."""
    said = (
        "Last year I read a forty page labelling guideline with {} and {} and made a checklist of every rule and "
        "checked each finished item against it and then fixed the three which we had got wrong. "
        "I sent it in two days early."
    ).format(*people)

    class Quoting:
        name, version, model, calibration = "chat", "1", "m", "uncalibrated"

        def judge(self, answer: Answer, rubric: Rubric, question_text: str) -> Judgement:
            first = answer.text[: answer.text.index(". ") + 1]
            return Judgement(read(reply(rubric, first, level=5), rubric, answer.text)[0])

    card = score(Answer("q", said, "en"), bread, Quoting(), question_text="How?", now=NOW)
    assert {(c.status, c.level) for c in card.criteria} == {(ScoreStatus.SCORED, 5)}
    assert all(people[0] in e.quote for c in card.criteria for e in c.evidence), "shown as it was said"
