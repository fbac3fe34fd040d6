"""The candidate's own pace: chosen, learned from their pauses within bounds, stretched by the accommodation factor."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interviewer.conversation.actions import Decided, Decision, Say
from interviewer.conversation.cues import Cue, cue_of
from interviewer.conversation.engine import Conversation
from interviewer.conversation.events import Heard, PaceChosen, SpeechEnded, SpeechStarted, Tick
from interviewer.conversation.pace import KEPT_PAUSES, PACES, Pace, learned_s, patience_s
from interviewer.conversation.script import RATE
from interviewer.conversation.turns import POLICIES, Paced, TurnSoFar
from tests.conversation.scripted import Candidate, question, script
from tests.conversation.test_engine import LONG, answer, begin

pauses = st.lists(st.floats(0.5, 8.0), max_size=KEPT_PAUSES)
ALL = tuple(Pace)


def turn(text: str = LONG, pace: Pace = Pace.NORMAL, own: tuple[float, ...] = ()) -> TurnSoFar:
    return TurnSoFar(text, 6.0, pace, own)


@given(st.sampled_from(ALL), pauses)
@settings(max_examples=200, deadline=None)
def test_what_is_learned_stays_between_the_paces_floor_and_ceiling(pace: Pace, own: list[float]) -> None:
    assert PACES[pace].floor_s <= patience_s(pace, own) <= PACES[pace].ceiling_s


@given(pauses, st.integers(0, KEPT_PAUSES - 1), st.floats(0, 4))
@settings(max_examples=200, deadline=None)
def test_a_longer_pause_never_makes_melvin_less_patient(own: list[float], which: int, more: float) -> None:
    longer = [p + more if i == which else p for i, p in enumerate(own)]
    assert patience_s(Pace.NORMAL, longer) >= patience_s(Pace.NORMAL, own)


def test_too_few_pauses_teach_nothing() -> None:
    assert learned_s([2.0, 2.0, 2.0]) is None
    assert patience_s(Pace.NORMAL, [2.0, 2.0, 2.0]) == PACES[Pace.NORMAL].complete_s


def test_one_lost_thought_does_not_slow_the_rest() -> None:
    usual = [0.7, 0.8, 0.9, 0.8, 0.7, 0.9, 0.8, 0.7, 0.9, 0.8, 0.8]
    assert patience_s(Pace.NORMAL, [*usual, 8.0]) < patience_s(Pace.NORMAL, usual) + 0.1


def test_who_pauses_briefly_is_answered_sooner_and_who_pauses_long_is_waited_for() -> None:
    quick, slow = tuple([0.6] * 20), tuple([1.7] * 20)
    waits = [Paced().wait(turn(own=own)).wait_s for own in (quick, (), slow)]
    assert waits == sorted(waits)
    assert waits[0] < 1.4 < 1.6 < 2.0 < waits[2]


@pytest.mark.parametrize("text", [LONG, "I looked at it because", "I looked at it and then", "Um, well."])
def test_each_pace_waits_longer_than_the_one_before_whatever_was_said(text: str) -> None:
    waits = [Paced().wait(turn(text, pace)).wait_s for pace in ALL]
    assert waits[0] < waits[1] < waits[2]


@pytest.mark.parametrize(("text", "speech_s", "language", "cue"), [
    ("I worked on it for two years and it helped us.", 6.0, "en", Cue.COMPLETE),
    ("I worked on it for two years and it helped us", 6.0, "en", Cue.UNFINISHED),
    ("I worked on it for two years and it helped us...", 6.0, "en", Cue.UNFINISHED),
    ("I worked on it for two years and then.", 6.0, "en", Cue.UNFINISHED),
    ("I worked on it for two years because.", 6.0, "en", Cue.OPEN),
    ("So what we did was, um", 6.0, "en", Cue.OPEN),
    ("Because the", 1.0, "en", Cue.OPEN),
    ("It went well.", 6.0, "en", Cue.OPENING),
    ("I worked on it for years.", 2.0, "en", Cue.OPENING),
    ("", 0.0, "en", Cue.OPENING),
    ("Tôi làm việc ở đó hai năm và", 6.0, "vi", Cue.OPEN),
    ("Tôi làm việc ở đó hai năm và em nghĩ rằng.", 6.0, "vi", Cue.OPEN),
    ("Đó là công việc đầu tiên của tôi.", 6.0, "vi", Cue.UNFINISHED),
    ("Tôi đã làm việc ở đó hai năm rưỡi.", 6.0, "vi", Cue.COMPLETE),
    ("Am vorbit cu toți colegii despre.", 6.0, "ro", Cue.OPEN),
    ("Colegii mei au crezut la fel ca eu.", 6.0, "ro", Cue.UNFINISHED),
    ("Am lucrat acolo doi ani pentru că", 6.0, "ro", Cue.OPEN),
    ("Am lucrat acolo doi ani și a mers bine.", 6.0, "ro", Cue.COMPLETE),
])  # fmt: skip
def test_how_words_end(text: str, speech_s: float, language: str, cue: Cue) -> None:
    assert cue_of(text, speech_s, language) is cue


def gap(c: Candidate) -> float:
    """Seconds from the end of the candidate's last speech to Melvin's next words."""
    spoke_until = c.seconds
    known = len(c.said())
    while len(c.said()) == known and c.seconds - spoke_until < 30:
        c.wait(0.1)
    return next(t for t, a in reversed(c.actions) if isinstance(a, Say)) - spoke_until


@pytest.mark.parametrize(("pace", "least", "most"), [("brisk", 1.0, 1.4), ("normal", 1.5, 1.9), ("relaxed", 2.7, 3.1)])
def test_the_chosen_pace_holds_from_the_moment_it_is_chosen(pace: str, least: float, most: float) -> None:
    c = begin()
    c.wait_for_prompt()
    c.speak(LONG)
    c.feed(PaceChosen(c.at, Pace(pace)))
    assert least <= gap(c) <= most
    assert c.conversation.view().pace is Pace(pace)


def test_the_accommodation_factor_stretches_the_chosen_pace_too() -> None:
    c = begin(script(accommodation=2.0))
    c.feed(PaceChosen(c.at, Pace.BRISK))
    c.wait_for_prompt()
    c.speak(LONG)
    assert 2.1 <= gap(c) <= 2.5


def with_pauses(c: Candidate, seconds: float, times: int) -> None:
    for _ in range(times):
        c.speak("And so it went on for a while there.")
        c.wait(seconds)
    c.speak(LONG)


def test_melvin_learns_from_pauses_that_the_candidate_went_on_after() -> None:
    c = begin(script(question("one", max_probes=0), question("two", max_probes=0)))
    c.wait_for_prompt()
    with_pauses(c, 1.3, 8)
    assert 1.6 < gap(c) <= 2.5
    over = [a for _, a in c.of(Decided) if isinstance(a, Decided) and a.what.value == "turn-over"]
    assert over[-1].facts["pauses"] == 8
    assert over[-1].facts["learned_s"] == pytest.approx(1.25 * 1.3, abs=0.1)


def test_a_pause_that_melvin_filled_or_a_cough_ended_is_not_learned() -> None:
    c = begin()
    c.wait_for_prompt()
    c.speak("I looked at the data because")
    c.press("repeat")
    c.wait_for_prompt()
    c.speak("it had never been checked by anyone.")
    c.wait(0.8)
    c.speak("", seconds=0.3)
    c.wait(5)
    facts = [a.facts for _, a in c.of(Decided) if isinstance(a, Decided) and "pauses" in a.facts]
    assert facts
    assert {f["pauses"] for f in facts} == {0}


def test_a_cut_in_is_learned_from_too() -> None:
    """The pause that Melvin took for the end was none: the candidate speaks into his thanks."""
    c = begin(part_s=2.0)
    c.wait_for_prompt()
    c.speak(LONG)
    before = gap(c)
    c.wait(0.3)
    c.speak("And one thing more that I wanted to say.", seconds=4)
    c.wait(1.0)
    over = [a for _, a in c.of(Decided) if isinstance(a, Decided)]
    assert [a.what.value for a in over][-2:] == ["interrupted", "yielded"]
    c.wait(10)
    last = [a for _, a in c.of(Decided) if isinstance(a, Decided) and a.what.value == "turn-over"][-1]
    assert last.facts["pauses"] == 1
    assert before < 2


def test_a_held_turn_says_what_melvin_waited_for() -> None:
    c = begin()
    answer(c, "First I looked at the data because")
    c.wait(1.5)
    c.feed(SpeechStarted(c.at))
    held = [a for _, a in c.of(Decided) if isinstance(a, Decided) and a.what.value == "turn-held"]
    assert [a.facts for a in held] == [{
        "silence_s": 1.5, "policy": "weighed", "limit_s": 6.5, "cue": "open", "pace": "normal", "learned_s": None,
        "pauses": 0,
    }]  # fmt: skip


@pytest.mark.parametrize("name", POLICIES)
def test_every_policy_holds_an_interview(name: str) -> None:
    c = Candidate(Conversation(script(), POLICIES[name]))
    c.connect()
    for _ in range(4):
        answer(c)
    c.wait(12)
    assert c.finished
    over = [a.facts["policy"] for _, a in c.of(Decided) if isinstance(a, Decided) and a.what.value == "turn-over"]
    assert over == [name] * 4


def test_a_script_of_before_names_the_policy_that_its_interview_began_with() -> None:
    stored = script().to_dict()
    del stored["policy"], stored["requests"]
    again = type(script()).from_dict(stored)
    assert Conversation(again).policy.name == "tail-aware"


def test_segments_out_of_order_teach_nothing() -> None:
    c = begin()
    c.wait_for_prompt()
    first, second = c.at + RATE, c.at + 5 * RATE
    c.feed(SpeechEnded(c.at, 1))
    c.feed(Heard(c.at, 2, second, second + RATE, "and then it was checked again", "one"))
    c.feed(Heard(c.at, 1, first, first + RATE, "it had never been checked", "one"))
    c.wait(5)
    facts = [a.facts for _, a in c.of(Decided) if isinstance(a, Decided) and "pauses" in a.facts]
    assert {f["pauses"] for f in facts} == {0}


def told_to_wait(c: Candidate) -> list[float]:
    return [t for t, a in c.of(Decided) if isinstance(a, Decided) and a.what is Decision.WAITS]


def test_who_falls_silent_in_mid_sentence_is_shown_once_that_melvin_waits_until_they_go_on() -> None:
    c = begin()
    c.wait_for_prompt()
    c.speak("I looked at all of it for a week because")
    fell_silent = c.seconds
    c.wait(1.9)
    assert not c.conversation.view().waits
    c.wait(2.0)
    assert c.conversation.view().waits
    assert [round(t - fell_silent, 1) for t in told_to_wait(c)] == [2.0]
    (told,) = [e for entry in c.entries for e in entry.get("decided", ()) if e["what"] == "waits"]
    assert told["cue"] == "open"
    assert told["limit_s"] == 6.5
    c.speak("it had never been checked by anyone.", 3.0)
    assert not c.conversation.view().waits
    c.wait(2.5)
    assert len(told_to_wait(c)) == 1  # a finished sentence is not waited for so long
    assert not c.conversation.view().waits


def test_nothing_is_shown_of_waiting_where_melvin_is_about_to_speak_or_the_candidate_asked_for_a_moment() -> None:
    c = begin()
    c.wait_for_prompt()
    c.speak("I looked at all of it for a week and then")  # waited for 2.6 s
    c.wait(2.5)
    assert told_to_wait(c) == []
    c = begin()
    c.wait_for_prompt()
    c.speak("I looked at all of it for a week because")
    c.wait(2.5)
    assert c.conversation.view().waits
    c.press("moment")
    c.wait(3.0)
    assert not c.conversation.view().waits
    assert len(told_to_wait(c)) == 1


def decides_at(c: Candidate) -> int | None:
    return c.conversation.decides_at


def test_the_conversation_says_when_silence_will_have_ended_the_turn_and_ends_it_at_that_sample() -> None:
    c = begin()
    c.wait_for_prompt()
    assert decides_at(c) is None  # nothing was said yet
    c.speak(LONG)
    ended = c.at
    c.wait(0.5)
    at = decides_at(c)
    assert at is not None
    assert at == ended + round(PACES[Pace.NORMAL].complete_s * RATE)
    c.feed(Tick(at - 1))
    assert decides_at(c) == at
    c.feed(Tick(at))
    assert [a.what for _, a in c.of(Decided) if isinstance(a, Decided)] == [Decision.TURN_OVER]
    assert decides_at(c) is None


def test_nothing_is_to_be_decided_while_the_candidate_speaks_or_words_are_on_their_way() -> None:
    c = begin()
    c.wait_for_prompt()
    c.speak(LONG)
    assert decides_at(c) is None
    c.wait(0.5)
    assert decides_at(c) is not None
    c.feed(SpeechStarted(c.at))
    assert decides_at(c) is None
