"""The chat judge against a real model behind a real server: whatever a very small model writes, the rules hold."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

import tests.endpoint
from scoring.judges.chat import ChatJudge
from scoring.judges.chat_options import ChatOptions
from scoring.judges.local_model import CausalModel
from scoring.rubric import Rubric
from scoring.score import score
from scoring.scorecard import ScoreStatus
from scoring.transcript import Answer
from tests.endpoint.running import running
from tests.endpoint.served import served
from tests.scoring.judges.conftest import QUESTION, TEXT

pytestmark = pytest.mark.slow

SHORT = Path(tests.endpoint.__file__).with_name("short.yaml")
"""A prompt of a third of the shipped one's length: the model reads some hundred tokens a second here."""


@pytest.fixture(scope="module")
def url(smollm: CausalModel) -> Iterator[str]:
    with running(served(smollm)) as url:
        yield url


def test_a_small_model_gives_checked_levels_or_a_clear_failure(url: str, bread: Rubric) -> None:
    judge = ChatJudge(ChatOptions(url, "smollm2", timeout_s=150.0, deadline_s=300.0, seed=1, prompt=SHORT))
    one = bread.model_copy(update={"criteria": bread.criteria[:1]})
    able = judge.describe()["capabilities"]
    assert isinstance(able, dict)
    assert (able["schema"], able["logprobs"]) == (True, False)
    card = score(
        Answer("bread", TEXT, "en"), one, judge, question_text=QUESTION, now=datetime(2026, 11, 22, tzinfo=UTC)
    )
    for criterion in card.criteria:
        assert (criterion.status is ScoreStatus.SCORED) == (criterion.level is not None)
        assert criterion.status is not ScoreStatus.SCORED or criterion.evidence
        assert all(TEXT[e.start : e.end] == e.quote for e in criterion.evidence)
        assert criterion.reason
    assert card.calls
    for call in card.calls:
        assert (call.model, call.prompt_hash, call.seed) == ("smollm2", judge.prompt.hash, 1)
        assert call.raw is not None
        assert (call.input_tokens or 0) > 40
        assert (call.output_tokens or 0) >= 6
