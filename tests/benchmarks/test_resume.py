"""What the benchmarks of killed servers and of long runs count, on logs and samples whose answer is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import psutil
import pytest

from interviewer.conversation.casting import script_for
from interviewer.conversation.engine import Conversation
from interviewer.conversation.events import Disconnected
from interviewer.plans.library import Library
from tests.benchmarks.network.interview import PLAN, prompts_with
from tests.benchmarks.nodes.candidate import Candidate as Page
from tests.benchmarks.nodes.candidate import loud_frames
from tests.benchmarks.nodes.words import found
from tests.benchmarks.resume import kept
from tests.benchmarks.resume.log import asked_twice
from tests.benchmarks.soak import Memory
from tests.conversation.scripted import Candidate


@pytest.fixture(scope="module")
def prompts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prompts_with(tmp_path_factory.mktemp("plan"), 2)


def talk(prompts: Path, away_s: float, *, cut: bool) -> Candidate:
    """One lost connection, in mid-question or after it."""
    one = Candidate(Conversation(script_for(Library.load(prompts).get(PLAN), {})))
    one.connect()
    while not one.prompts():
        one.wait(0.1)
    if not cut:
        one.wait_for_prompt()
    one.feed(Disconnected(one.at, 1))
    one.wait(away_s)
    one.connect(epoch=2)
    one.wait(10)
    return one


@pytest.mark.parametrize(("away_s", "cut", "twice"), [(5.0, False, 0), (5.0, True, 0), (100.0, False, 1)])
def test_a_prompt_counts_as_asked_twice_where_it_had_been_said_whole(
    prompts: Path, away_s: float, cut: bool, twice: int
) -> None:
    assert asked_twice(talk(prompts, away_s, cut=cut).entries, prompts) == twice


def test_an_answer_is_kept_by_the_share_of_its_words_whatever_stands_between_them() -> None:
    assert kept("one two three four", "one two, well, one two three four") == 1.0
    assert kept("one two three four", "one two") == 0.5
    assert kept("one two", "") == 0.0


def test_the_words_of_an_answer_that_a_transcript_has_are_told_by_their_number() -> None:
    assert found("One two, three two.", "well one two two") == {0: "one", 1: "two", 3: "two"}
    assert found("one two", "") == {}


def test_who_is_handed_over_in_a_pause_of_an_answer_is_told_from_who_is_in_speech() -> None:
    phrase, pause = np.full(2 * 48_000, 8000, np.int16), np.zeros(48_000, np.int16)
    loud = loud_frames(np.concatenate([phrase, pause, phrase]))
    assert len(loud) == 500
    talks = {at: Page("http://localhost/i/token", []) for at in (150, 270, 500)}
    for at, talk in talks.items():
        talk._interrupted(loud, at)
    told = {at: (talk.in_speech, talk.in_pause) for at, talk in talks.items()}
    assert told == {150: (1, 0), 270: (0, 1), 500: (1, 0)}


def test_growth_is_the_slope_after_the_beginning() -> None:
    memory = Memory(psutil.Process())
    memory.samples["service"] = [(float(s), 50.0 + max(0, 100 - s)) for s in range(0, 100, 5)]
    memory.samples["service"] += [(float(s), 50.0 + (s - 100) / 600) for s in range(100, 400, 5)]
    assert memory.growth(100)["service"] == pytest.approx(1.0)
