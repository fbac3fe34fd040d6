"""What the last minute says about one interview more."""

from __future__ import annotations

from interviewer.live.load import LATE_S, LEAST, WINDOW_S, Load
from tests.live.test_lobby import Clock


def minute(speaking: int, requests: int, worked_s: float, waited_s: float | None = None) -> tuple[Load, Clock]:
    """A minute in which that many requests each took that long."""
    clock = Clock()
    load = Load(clock)
    start = clock.now
    for second in range(60):
        clock.now = start + second
        load.sampled(speaking, 0.001)
    for i in range(requests):
        clock.now = start + 59 + i / 1000
        load.recognised(worked_s if waited_s is None else waited_s, worked_s)
    return load, clock


def test_where_nothing_is_known_nobody_waits() -> None:
    load, _ = minute(3, LEAST - 1, 5.0)
    assert load.takes_another(3)
    assert not load.loop_is_late


def test_a_machine_that_keeps_up_takes_another() -> None:
    load, _ = minute(2, 20, 0.4)  # busy for 8 s of the minute
    assert load.takes_another(2)


def test_words_that_already_come_late_keep_newcomers_out() -> None:
    load, _ = minute(2, 20, 0.4, waited_s=LATE_S + 0.1)
    assert not load.takes_another(2)
    assert load.takes_another(0)  # all have left since; there is nobody whose words would be late


def test_words_that_nobody_waits_for_yet_may_come_late_but_their_work_counts() -> None:
    load, _ = minute(2, 20, 0.4)
    for _ in range(30):
        load.recognised(LATE_S + 3, 0.4, urgent=False)
    assert load.takes_another(2)
    for _ in range(60):
        load.recognised(LATE_S + 3, 0.4, urgent=False)
    assert not load.takes_another(2)


def test_what_one_more_would_cost_is_reckoned_before_it_is_felt() -> None:
    load, _ = minute(4, 80, 0.45)  # busy for 36 s of 60: words in time for four
    assert not load.takes_another(4)
    assert load.takes_another(3)


def test_who_has_just_entered_counts_before_the_window_shows_it() -> None:
    load, _ = minute(1, 20, 0.5)
    assert load.takes_another(1)
    assert not load.takes_another(6)


def test_what_was_before_the_last_minute_is_forgotten() -> None:
    load, clock = minute(2, 20, 0.4, waited_s=3.0)
    clock.now += WINDOW_S + 1
    load.sampled(2, 0.001)
    assert load.takes_another(2)


def test_an_event_loop_that_is_often_late_is_told_and_one_hiccup_is_not() -> None:
    load = Load(Clock())
    for late in [0.001] * 19 + [0.5]:
        load.sampled(1, late)
    assert not load.loop_is_late
    for late in [0.2] * 3:
        load.sampled(1, late)
    assert load.loop_is_late
