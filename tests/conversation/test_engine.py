"""A whole interview: order of questions, probes, turn-taking, buttons, time, silence, loss of connection."""

from __future__ import annotations

import random

import pytest

from interviewer.conversation.actions import CloseAnswer, Notify, Say
from interviewer.conversation.engine import Conversation
from interviewer.conversation.events import (
    Disconnected,
    Draft,
    ModeChanged,
    Typed,
    event_from_dict,
    event_to_dict,
)
from interviewer.conversation.history import replay, turns
from interviewer.conversation.script import RATE, Script
from tests.conversation.scripted import Candidate, question, script

LONG = "I worked on this for two years and it went well in the end."


def begin(s: Script | None = None, **changes: object) -> Candidate:
    candidate = Candidate(Conversation(s or script()), **changes)  # type: ignore[arg-type]
    candidate.connect()
    return candidate


def answer(candidate: Candidate, text: str = LONG) -> None:
    candidate.wait_for_prompt()
    candidate.wait(1)
    candidate.speak(text)


def test_an_interview_runs_by_itself_from_greeting_to_closing() -> None:
    c = begin()
    for _ in range(4):
        answer(c)
    c.wait(10)
    assert c.said()[0] == "<greeting a>"
    assert c.prompts() == ["Question one?", "How one?", "Question two?", "How two?"]
    assert c.said()[-1].endswith("<closing a>")
    assert c.finished
    assert c.conversation.statuses() == {"one": "answered", "two": "answered"}


def test_the_probe_asks_for_what_is_missing() -> None:
    c = begin(covers=("how", "when"))
    answer(c)
    c.wait(5)
    assert c.prompts()[-1] == "Why one?"


def test_where_nothing_is_missing_the_probe_deepens_once() -> None:
    c = begin(script(question("one", max_probes=3), question("two")), covers=("how", "when", "why"))
    answer(c)
    answer(c)
    c.wait(5)
    assert c.prompts() == ["Question one?", "Deepen one?", "Question two?"]


def test_a_second_probe_is_asked_only_for_what_is_still_missing() -> None:
    c = begin(script(question("one", max_probes=2), question("two")))
    answer(c)
    c.wait(1)
    c.covers = ("how", "when")
    answer(c)
    c.wait_for_prompt()
    assert c.prompts() == ["Question one?", "How one?", "Why one?"]


def test_acknowledgements_vary() -> None:
    c = begin()
    for _ in range(3):
        answer(c)
    c.wait(5)
    lead_ins = [s.split(" Q")[0].split(" H")[0] for s in c.said()[2:5]]
    assert lead_ins == ["<acknowledge a>", "<acknowledge b>", "<acknowledge a>"]


@pytest.mark.parametrize(("text", "least", "most"), [
    (LONG, 1.5, 2.0),
    ("I worked on this for two years and then", 2.5, 3.1),
    ("Um, well.", 2.9, 3.5),
])  # fmt: skip
def test_the_tail_decides_how_long_melvin_waits(text: str, least: float, most: float) -> None:
    c = begin()
    answer(c, text)
    spoke_until = c.seconds
    c.wait(5)
    said_at = next(t for t, a in c.actions if isinstance(a, Say) and a.probe_id)
    assert least <= said_at - spoke_until <= most


def test_a_pause_inside_an_answer_does_not_end_it() -> None:
    c = begin()
    answer(c, "First I looked at the data because")
    c.wait(2.0)
    c.speak("it had never been checked by anyone.")
    c.wait(0.5)
    assert len(c.prompts()) == 1
    c.wait(5)
    assert len(c.prompts()) == 2
    heard = [t for t in turns(c.conversation.script, c.log) if t.side == "candidate"]
    assert [t.text for t in heard] == ["First I looked at the data because it had never been checked by anyone."]


def test_a_turn_is_not_closed_while_words_are_being_recognised() -> None:
    c = begin()
    c.recogniser_works = False
    answer(c)
    c.wait(8)
    assert len(c.prompts()) == 1
    c.wait(4)  # a recogniser that is dead does not hold the interview for ever
    assert len(c.prompts()) == 2
    unheard = [t for t in turns(c.conversation.script, c.log) if t.side == "candidate"]
    assert [(t.question_id, t.text, t.end - t.start) for t in unheard] == [("one", "", 5 * RATE)]


def test_speech_after_the_turn_was_closed_still_belongs_to_its_question() -> None:
    c = begin(script(question("one", max_probes=0), question("two", max_probes=0)))
    answer(c)
    c.recogniser_works = False
    c.speak("and one more thing that I forgot to say.")
    c.recogniser_works = True
    c.wait(12)
    assert c.conversation.current_question == "two"
    from interviewer.conversation.events import Heard

    c.feed(Heard(c.at, c.segment, c.at - 20 * RATE, c.at - 17 * RATE, "and one more thing", "one"))
    history = [t for t in turns(c.conversation.script, c.log) if t.side == "candidate"]
    assert {t.question_id for t in history} == {"one"}


def test_done_goes_on_at_once_and_still_asks_the_probe() -> None:
    c = begin()
    answer(c, "I worked on this and then")
    c.press("done")
    c.wait(0.5)
    assert c.prompts()[-1] == "How one?"


def test_done_without_a_word_is_no_answer_and_no_probe() -> None:
    c = begin()
    c.wait_for_prompt()
    c.press("done")
    c.wait(3)
    assert c.prompts()[-1] == "Question two?"
    assert c.conversation.statuses()["one"] == "no-answer"


def test_repeat_says_it_again_and_the_second_time_in_other_words() -> None:
    c = begin()
    c.wait_for_prompt()
    c.press("repeat")
    c.wait_for_prompt()
    c.press("repeat")
    c.wait_for_prompt()
    assert c.prompts() == ["Question one?", "Question one?", "Rephrased one?"]


def test_a_skipped_question_comes_back_once() -> None:
    c = begin()
    c.wait_for_prompt()
    c.press("skip")
    answer(c)
    answer(c)
    c.wait_for_prompt()
    c.wait(3)
    assert c.prompts()[-1] == "Question one?"
    c.press("skip")
    c.wait(5)
    assert c.finished
    assert c.conversation.statuses() == {"one": "skipped", "two": "answered"}


def test_a_moment_holds_all_offers_and_words_end_it() -> None:
    c = begin()
    c.wait_for_prompt()
    c.press("moment")
    c.wait(100)
    assert not any("offer" in s for s in c.said())
    assert c.conversation.view().phase.value == "holding"
    c.speak(LONG)
    c.wait(5)
    assert len(c.prompts()) == 2


def test_silence_is_met_with_three_offers_and_then_a_pause() -> None:
    c = begin()
    c.wait_for_prompt()
    c.wait(200)
    offers = [s for s in c.said() if "offer" in s]
    assert offers == ["<offer-1 a>", "<offer-2 a>", "<offer-3 a>"]
    assert c.paused
    assert c.said()[-1] == "<pause a>"
    c.press("resume")
    c.wait_for_prompt()
    assert c.said()[-1] == "<resume a> Question one?"


def test_noise_is_not_an_answer() -> None:
    c = begin()
    c.wait_for_prompt()
    c.speak("", seconds=1)
    c.wait(20)
    assert len(c.prompts()) == 1


def test_the_time_limit_is_announced_and_lets_a_sentence_end() -> None:
    c = begin(script(question("one", time_limit_s=60.0), question("two")))
    c.wait_for_prompt()
    c.speak(LONG, seconds=66)
    assert [a.code for _, a in c.of(Notify)] == ["time-warning"]  # type: ignore[attr-defined]
    assert len(c.prompts()) == 1
    c.wait(3)
    assert c.said()[-1] == "<time-up a> Question two?"


def test_accommodation_stretches_patience() -> None:
    c = begin(script(accommodation=2.0))
    answer(c)
    c.wait(2.4)
    assert len(c.prompts()) == 1
    c.wait(1)
    assert len(c.prompts()) == 2


def test_a_written_question_waits_for_its_text_and_keeps_a_draft_at_the_limit() -> None:
    c = begin(script(question("one", kind="written", time_limit_s=60.0), question("two")))
    c.wait_for_prompt()
    c.wait(20)
    c.feed(Draft(c.at, "one", "half a sentence"))
    c.wait(50)
    assert c.prompts()[-1] == "Question two?"
    typed = [t for t in turns(c.conversation.script, c.log) if t.mode == "typed"]
    assert [t.text for t in typed] == ["half a sentence"]
    assert c.conversation.statuses()["one"] == "answered"


def test_typing_instead_works_in_both_directions() -> None:
    c = begin()
    c.wait_for_prompt()
    c.feed(ModeChanged(c.at, True))
    c.wait(300 - 240)
    assert not c.paused
    c.type("I typed this.")
    c.feed(Typed(c.at, "one", "I typed this."))  # a page that sent again
    c.wait_for_prompt()
    assert c.prompts()[-1] == "How one?"
    c.feed(ModeChanged(c.at, False))
    c.speak(LONG)
    c.wait(5)
    assert c.prompts()[-1] == "Question two?"
    modes = [(t.mode, t.text) for t in turns(c.conversation.script, c.log) if t.side == "candidate"]
    assert modes == [("typed", "I typed this."), ("spoken", LONG)]


def test_without_a_microphone_the_whole_interview_is_typed() -> None:
    c = Candidate(Conversation(script()))
    c.connect(audio=False)
    for i in range(4):
        c.wait_for_prompt()
        c.type(f"Answer number {i}.")
        c.wait(1)
    c.wait(5)
    assert c.finished


def test_end_closes_everything_and_keeps_what_was_said() -> None:
    c = begin()
    answer(c)
    c.wait(0.5)
    c.press("end")
    c.wait(3)
    assert c.finished
    assert c.conversation.statuses() == {"one": "answered", "two": "not-reached"}
    assert len(c.of(CloseAnswer)) == 2


def test_replaying_the_log_gives_the_state_back_at_every_point() -> None:
    c = begin(script(question("one", max_probes=2), question("two"), question("three", kind="written")))
    answer(c)
    c.wait_for_prompt()
    c.press("repeat")
    answer(c)
    c.wait_for_prompt()
    c.press("skip")
    c.wait_for_prompt()
    c.feed(Draft(c.at, "three", "a draft"))
    c.type("written")
    c.wait(2)
    stored = [event_from_dict(event_to_dict(e)) for e in c.log]
    again, _ = replay(c.conversation.script, stored)
    assert again.view() == c.conversation.view()
    assert again.statuses() == c.conversation.statuses()
    live = Conversation(c.conversation.script)
    for i, event in enumerate(stored):
        live.handle(event)
        assert replay(c.conversation.script, stored[: i + 1])[0].view() == live.view()


def test_history_orders_both_sides_and_names_probes() -> None:
    c = begin()
    answer(c)
    answer(c, "Because it mattered to the people who used it.")
    c.wait(5)
    listed = [(t.side, t.question_id, t.probe_id) for t in turns(c.conversation.script, c.log)]
    assert listed == [
        ("melvin", None, None),
        ("melvin", "one", None),
        ("candidate", "one", None),
        ("melvin", "one", "one-how"),
        ("candidate", "one", "one-how"),
        ("melvin", "two", None),
    ]


@pytest.mark.parametrize("seed", range(20))
def test_replay_holds_for_candidates_who_do_anything(seed: int) -> None:
    """Whatever a candidate does, the log alone (without the ticks that had no effect) gives the same actions."""
    rng = random.Random(seed)
    c = begin(script(question("one", time_limit_s=40.0, max_probes=2), question("two"), question("w", kind="written")))
    for _ in range(40):
        c.recogniser_works = rng.random() < 0.8
        match rng.randrange(8):
            case 0 | 1:
                c.speak(rng.choice([LONG, "and then", "", "Um."]), seconds=rng.uniform(0.3, 30))
            case 2:
                c.press(rng.choice(["done", "repeat", "skip", "moment", "pause", "resume"]))
            case 3:
                c.feed(Disconnected(c.at, 1))
                c.wait(rng.uniform(0, 150))
                c.connect(epoch=2)
            case 4:
                c.feed(ModeChanged(c.at, rng.random() < 0.5))
            case 5 if c.conversation.current_question:
                c.feed(Draft(c.at, c.conversation.current_question, rng.choice(["draft", ""])))
            case 6 if c.conversation.current_question:
                c.type(f"typed {rng.random()}")
            case _:
                c.wait(rng.uniform(0, 60))
    c.press("end")
    c.wait(3)
    assert c.finished
    again = Conversation(c.conversation.script)
    replayed = [a for e in c.log for a in again.handle(event_from_dict(event_to_dict(e)))]
    assert replayed == [a for _, a in c.actions]
    assert again.view() == c.conversation.view()


@pytest.mark.parametrize(("text", "times"), [("I typed this answer to the question.", 1), ("Yes.", 2)])
def test_a_long_text_sent_again_late_counts_once_and_its_own_late_draft_not_at_all(text: str, times: int) -> None:
    c = begin()
    c.wait_for_prompt()
    c.feed(ModeChanged(c.at, True))
    c.feed(Typed(c.at, "one", text, once=True))
    c.feed(Draft(c.at, "one", f"{text} "))
    c.wait(12)
    c.feed(Typed(c.at, "one", text, once=True))
    c.feed(Draft(c.at, "one", text))
    c.wait(1)
    assert c.conversation._state.answers["one"].text == " ".join([text] * times)
    assert c.conversation._state.answers["one"].draft == ""
    assert [t.text for t in turns(c.conversation.script, c.log) if t.side == "candidate"] == [text] * times


@pytest.mark.parametrize("wait_s", [1, 50])
def test_a_short_text_is_known_by_the_name_of_its_message_when_it_comes_again(wait_s: float) -> None:
    c = begin()
    c.wait_for_prompt()
    c.feed(ModeChanged(c.at, True))
    for sent_as in ("first", "first", "second", "first", "second"):
        c.feed(Typed(c.at, "one", "Yes.", once=True, sent_as=sent_as))
        c.wait(wait_s)
    assert c.conversation._state.answers["one"].text == "Yes. Yes."
    assert [t.text for t in turns(c.conversation.script, c.log) if t.side == "candidate"] == ["Yes.", "Yes."]
