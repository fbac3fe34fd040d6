"""The local judge on a real small model: levels from logits, evidence by code, nothing cut, nothing fetched."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from scoring.embeddings import Embedder
from scoring.judges.base import JudgeFailed
from scoring.judges.local import LocalJudge
from scoring.judges.local_model import CausalModel, LocalModelMissing, LocalOptions, TooLong
from scoring.rubric import Rubric
from scoring.score import score
from scoring.scorecard import Scorecard, ScoreStatus
from scoring.transcript import Answer
from tests.scoring.judges.conftest import QUESTION, TEXT

pytestmark = pytest.mark.slow

NOW = datetime(2026, 11, 22, tzinfo=UTC)
ANSWER = Answer("bread", TEXT, "en")


@pytest.fixture(scope="module")
def judge(smollm: CausalModel, embedder: Embedder) -> LocalJudge:
    return LocalJudge(replace(smollm.options, calibrate=True), embedder, smollm)


@pytest.fixture(scope="module")
def card(judge: LocalJudge, bread: Rubric) -> Scorecard:
    return score(ANSWER, bread, judge, question_text=QUESTION, now=NOW)


def test_each_criterion_has_five_probabilities_and_quotes_that_hold(card: Scorecard) -> None:
    for criterion in card.criteria:
        assert criterion.status is ScoreStatus.SCORED
        assert criterion.probabilities is not None
        assert min(criterion.probabilities) > 0
        assert sum(criterion.probabilities) == pytest.approx(1, abs=1e-4)
        assert criterion.evidence
        assert all(TEXT[e.start : e.end] == e.quote for e in criterion.evidence)
    assert "warm place" in " ".join(e.quote for e in card.criteria[1].evidence)
    (call,) = card.calls
    assert (call.output_tokens, call.problem) == (0, None)
    assert set(json.loads(call.raw or "")) == {"cause", "time"}
    assert call.model == card.provenance.model


def test_what_prompts_share_is_computed_once_and_changes_nothing(smollm: CausalModel) -> None:
    start = "Bread rises because yeast makes gas. "
    prompts = [("You judge.", start + end, "Level:") for end in ("Is it all there?", "How long? Say a digit.", "Why?")]
    together, tokens = smollm.level_logprobs(prompts)
    alone = [smollm.level_logprobs([p]) for p in prompts]
    assert np.allclose(together, np.concatenate([rows for rows, _ in alone]), atol=1e-4)
    assert tokens < sum(n for _, n in alone)
    assert np.allclose(np.exp(together).sum(axis=1), 1)


def test_the_probabilities_are_those_of_the_model(smollm: CausalModel) -> None:
    """Against a plain pass through transformers, and in the order that a model of any size gets right."""
    import torch

    tokenizer, model = smollm.loaded()
    rows, _ = smollm.level_logprobs(
        [("You repeat.", f"Repeat this digit: {n} {n} {n} {n}", "The digit:") for n in (1, 4)]
    )
    assert [int(r.argmax()) + 1 for r in rows] == [1, 4]
    turns = [{"role": "system", "content": "You repeat."}, {"role": "user", "content": "Repeat this digit: 4 4 4 4"}]
    text = tokenizer.apply_chat_template(turns, add_generation_prompt=True, tokenize=False) + "The digit: "
    with torch.inference_mode():
        logits = model(torch.tensor([tokenizer(text)["input_ids"]])).logits[0, -1]
    digits = [tokenizer(str(n))["input_ids"][-1] for n in range(1, 6)]
    assert np.allclose(rows[1], torch.log_softmax(logits[digits].double(), 0).numpy(), atol=1e-3)


def test_what_the_model_says_of_nothing_is_taken_out(
    card: Scorecard, judge: LocalJudge, bread: Rubric, embedder: Embedder
) -> None:
    plain = LocalJudge(replace(judge.options, calibrate=False), embedder, judge._model)
    assert plain.version != judge.version
    leaning = judge._leaning(bread, QUESTION)  # of both criteria, log probabilities
    assert leaning.shape == (2, 5)
    raw = plain.judge(ANSWER, bread, QUESTION).criteria["cause"].probabilities
    ratio = np.log(raw) - np.log(card.criteria[0].probabilities) - leaning[0]
    assert np.ptp(ratio) < 0.01  # p without it is p with it times the leaning, up to one factor


def test_an_answer_that_is_too_long_is_left_to_people_and_never_cut(
    smollm: CausalModel, embedder: Embedder, bread: Rubric
) -> None:
    small = CausalModel(replace(smollm.options, most_tokens=300))
    small._loaded = smollm.loaded()
    with pytest.raises(TooLong):
        small.level_logprobs([("You judge.", "word " * 400, "Level:")])
    with pytest.raises(JudgeFailed, match="never cut"):
        LocalJudge(small.options, embedder, small).judge(ANSWER, bread, QUESTION)


def test_an_empty_answer_needs_no_model(tmp_path: Path, embedder: Embedder, bread: Rubric) -> None:
    judge = LocalJudge(LocalOptions(tmp_path), embedder)
    judged = judge.judge(Answer("bread", "Thought process:", "en"), bread, QUESTION)
    assert {c.probabilities for c in judged.criteria.values()} == {None}


def test_a_model_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(LocalModelMissing, match="no language model at"):
        _ = CausalModel(LocalOptions(tmp_path)).fingerprint
    (tmp_path / "model.safetensors").write_bytes(b"none")
    with pytest.raises(LocalModelMissing, match="cannot be read"):
        CausalModel(LocalOptions(tmp_path)).loaded()
