"""Whatever happens in whatever order: nothing said is lost, nothing is asked twice without a reason, it always ends,
and the log alone gives the same interview again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from interviewer.conversation.actions import CloseAnswer, Decided, Decision, Finish, Listen, Say, SayKind
from interviewer.conversation.engine import Conversation
from interviewer.conversation.events import (
    Abandoned,
    Covered,
    Disconnected,
    Draft,
    Event,
    Heard,
    ModeChanged,
    PaceChosen,
    SayingEnded,
    SayingReached,
    SpeechEnded,
    SpeechStarted,
    Tick,
    event_from_dict,
)
from interviewer.conversation.history import turns
from interviewer.conversation.pace import Pace
from interviewer.conversation.script import RATE
from tests.conversation.long_interview import best_of, long_interview
from tests.conversation.scripted import Candidate, question, script

Do = Callable[[Candidate], None]

WORDS = (
    "{} and so it went well in the end.", "{} because", "{}", "", "Could you repeat the question?", "I'm finished.",
    "Give me a moment.", "Stop the interview.", "Yes.", "No.", "Can we skip this one?",
)  # fmt: skip
REASONS = ("repeat", "skip", "resume", "keep", "pause")
seconds = st.floats(0.1, 12.0)


class Named:
    """Everything that a candidate says or types holds a word of its own, so that none can be lost unseen."""

    def __init__(self) -> None:
        self.count = 0

    def word(self) -> str:
        self.count += 1
        return f"word{self.count}"


def speaks(words: str, length: float, works: bool) -> Do:
    def do(c: Candidate) -> None:
        c.recogniser_works = works
        c.speak(words.format(NAMED.word()), seconds=length)

    return do


def speaks_into_melvin(words: str, length: float, after: float) -> Do:
    """Has him say something, and talks into it."""

    def do(c: Candidate) -> None:
        if c.conversation.view().phase.value != "speaking":
            c.press("repeat")
        c.wait(after)
        speaks(words, length, True)(c)
        c.wait(after)

    return do


def types(c: Candidate) -> None:
    if c.conversation.current_question:
        c.type(f"{NAMED.word()} typed")


def leaves(away: float) -> Do:
    def do(c: Candidate) -> None:
        c.feed(Disconnected(c.at, 1))
        c.wait(away)
        c.connect(epoch=2)

    return do


def strays(make: Callable[[int, int], Event]) -> Callable[[int], Do]:
    """An event that fits nothing, or comes twice, or too late."""
    return lambda number: lambda c: c.feed(make(c.at, number))


def waits_out_a_moment(c: Candidate) -> None:
    c.press("moment")
    c.wait(130)


NAMED = Named()
STRAY = [
    strays(lambda at, n: SayingEnded(at, n)),
    strays(lambda at, n: SayingReached(at, n, n % 3)),
    strays(lambda at, n: SpeechStarted(max(0, at - n * 500))),
    strays(lambda at, n: SpeechEnded(max(0, at - n * 500), 1000 + n)),
    strays(lambda at, n: Heard(at, 1000 + n, max(0, at - n * RATE), at, NAMED.word(), ["", "one", "two", "w"][n % 4])),
    strays(lambda at, n: Covered(at, "one", n, ("why",))),
    strays(lambda at, n: Draft(at, "w", "draft" * (n % 2))),
    strays(lambda at, n: Tick(at + n)),
]

doings = st.lists(
    st.one_of(
        st.builds(speaks, st.sampled_from(WORDS), seconds, st.booleans()),
        st.builds(speaks_into_melvin, st.sampled_from(WORDS), seconds, st.floats(0.0, 4.0)),
        st.builds(lambda s: lambda c: c.wait(s), st.one_of(seconds, st.floats(12, 90))),
        st.sampled_from(["done", "repeat", "skip", "moment", "pause", "resume", "keep"]).map(
            lambda button: lambda c: c.press(button)
        ),
        st.just(types),
        st.just(waits_out_a_moment),
        st.builds(leaves, st.one_of(seconds, st.floats(100, 150))),
        st.booleans().map(lambda typing: lambda c: c.feed(ModeChanged(c.at, typing))),
        st.sampled_from(Pace).map(lambda pace: lambda c: c.feed(PaceChosen(c.at, pace))),
        st.builds(lambda stray, n: stray(n), st.sampled_from(STRAY), st.integers(0, 40)),
    ),
    min_size=8,
    max_size=25,
)
scripts = st.builds(
    lambda limit, probes, factor: script(
        question("one", time_limit_s=limit * factor, max_probes=probes,
                 text="What was the work that you did there? What was hard about it?"),
        question("two", max_probes=probes),
        question("w", kind="written"),
        accommodation=factor,
    ),
    st.sampled_from([40.0, 240.0]), st.integers(0, 2), st.sampled_from([1.0, 1.5]),
)  # fmt: skip
thorough = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def through(c: Candidate, done: list[Do]) -> None:
    NAMED.count = 0
    c.connect()
    c.wait(3)
    for do in done:
        do(c)


def test_a_sound_that_was_under_way_when_typing_began_does_not_hold_the_turn() -> None:
    c = Candidate(Conversation(script(question("one", max_probes=0), question("two", max_probes=0))))
    c.connect()
    c.feed(ModeChanged(c.at, True))
    c.feed(SpeechStarted(c.at))
    lead_to_the_end(c)


def lead_to_the_end(c: Candidate) -> None:
    """A candidate who answers whatever stands open; it takes a few answers to each question."""
    c.recogniser_works = True
    for _ in range(40):
        phase = c.conversation.view().phase.value
        if c.conversation.finished:
            return
        if not c.conversation.connected:
            c.connect(epoch=9)
        elif phase == "paused":
            c.press("resume")
        elif phase == "writing":
            types(c)
        elif phase in ("listening", "holding"):
            c.speak(f"{NAMED.word()} and so it went well in the end.")
        c.wait(14)
    raise AssertionError(f"it does not end: {c.conversation.view()}")


@given(scripts, doings, st.sampled_from([None, 0.4, 3.0]))
@thorough
def test_it_always_comes_to_its_end_and_nothing_said_is_lost(s: object, done: list[Do], part_s: float | None) -> None:
    c = Candidate(Conversation(s), part_s=part_s)  # type: ignore[arg-type] # a Script, for hypothesis' eyes an object
    through(c, done)
    lead_to_the_end(c)
    recorded = " ".join(t.text for t in turns(c.conversation.script, c.log) if t.side == "candidate").split()
    heard = [e for e in c.log if isinstance(e, Heard)]
    words = {w for e in c.log for w in getattr(e, "text", "").split() if w.startswith("word")}
    assert words <= set(recorded)
    over = c.of(Finish)[0][0] * RATE
    while_it_ran = [e for e in c.log if e.at < over - 1]
    for event in (e for e in while_it_ran if isinstance(e, Heard) and e.question_id in c.conversation.statuses()):
        kept = c.conversation._state.answers[event.question_id].text.split()
        assert {w for w in event.text.split() if w.startswith("word")} <= set(kept)
    with_words = {e.question_id for e in heard if "word" in e.text and e.question_id in c.conversation.statuses()}
    assert {q for q in with_words if c.conversation.statuses()[q] != "answered"} == set()


@given(scripts, doings, st.sampled_from([None, 0.4, 3.0]))
@thorough
def test_nothing_is_asked_twice_without_a_reason(s: object, done: list[Do], part_s: float | None) -> None:
    c = Candidate(Conversation(s), part_s=part_s)  # type: ignore[arg-type]
    through(c, done)
    lead_to_the_end(c)
    says = [a for _, a in c.actions if isinstance(a, Say) and a.kind is not SayKind.PHRASE and not a.again]
    reasons = sum(1 for e in c.entries if e["kind"] == "pressed" and e["button"] in REASONS)
    reasons += sum(1 for e in c.entries if e["kind"] == "connected")
    decided = [a for _, a in c.of(Decided) if isinstance(a, Decided)]
    reasons += sum(1 for a in decided if a.what in (Decision.REQUEST, Decision.CONFIRM, Decision.YIELDED))
    reasons += sum(1 for e in c.entries if e["kind"] in ("typed",))  # sent while Melvin only acknowledged
    asked = Counter((a.question_id, a.probe_id) for a in says)
    assert sum(n - 1 for n in asked.values()) <= reasons
    listens = Counter(a.question_id for _, a in c.actions if isinstance(a, Listen))
    skips = sum(1 for _, a in c.actions if isinstance(a, Say) and a.texts and a.texts[0].startswith("<skip"))
    assert sum(n - 1 for n in listens.values()) <= skips
    closed = Counter(a.question_id for _, a in c.actions if isinstance(a, CloseAnswer))
    assert set(closed.values()) == {1}
    assert set(closed) == {"one", "two", "w"}


@given(scripts, doings)
@thorough
def test_the_log_alone_gives_the_same_interview_again(s: object, done: list[Do]) -> None:
    c = Candidate(Conversation(s))  # type: ignore[arg-type]
    through(c, done)
    again = Conversation(c.conversation.script)
    replayed = [a for entry in c.entries for a in again.handle(event_from_dict(entry))]
    assert replayed == [a for _, a in c.actions]
    assert again.statuses() == c.conversation.statuses()


@given(scripts, doings)
@thorough
def test_without_a_word_it_pauses_or_waits_and_can_always_be_closed(s: object, done: list[Do]) -> None:
    c = Candidate(Conversation(s))  # type: ignore[arg-type]
    through(c, done)
    if not c.conversation.finished:
        c.feed(Disconnected(c.at, 1))
        c.wait(200)
        assert c.conversation.finished or c.conversation.paused
        c.feed(Abandoned(c.at))
    assert c.conversation.finished
    assert None not in c.conversation.statuses().values()


def test_half_an_hour_takes_the_engine_a_moment() -> None:
    """50 ms on a quiet machine; ten times that here, for machines that are not."""
    assert best_of(3, *long_interview()) < 0.5
