"""Seats: kept for whoever was in, of two kinds, and refused with a place in line and an honest word on how long."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest
from prometheus_client import REGISTRY

from interviewer.live.admission import HELD_S, Admission, AdmissionOptions
from interviewer.live.durations import Durations
from interviewer.live.errors import Busy
from interviewer.live.load import LATE_S, Load
from interviewer.live.lobby import Place
from tests.live.test_lobby import Clock


@dataclass
class House:
    """Two may speak and one may type."""

    clock: Clock = field(default_factory=Clock)
    left: dict[str, float | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.load = Load(self.clock)
        self.open(measured=True)

    def open(self, *, measured: bool) -> None:
        options = AdmissionOptions(most_speaking=2, most_typing=1, measured=measured)
        self.admission = Admission(options, self.load, lambda name: self.left.get(name), self.clock)

    def enter(self, name: str, *, sound: bool = True, begun: bool = False) -> Place | None:
        try:
            self.admission.enter(name, sound=sound, begun=begun)
        except Busy as busy:
            return busy.place
        return None

    def pass_time(self, seconds: float, *going: str) -> None:
        """These interviews go on meanwhile; all others have no page."""
        for _ in range(round(seconds)):
            self.clock.now += 1
            for name in going:
                self.admission.going(name, sound=True)
            self.admission.tick(0.001)

    def late_words(self) -> None:
        for _ in range(10):
            self.load.recognised(LATE_S + 1, 0.3)


@pytest.fixture
def house() -> House:
    return House()


def test_a_full_house_gives_a_place_and_the_first_enters_when_there_is_room(house: House) -> None:
    assert house.enter("ana") is None
    assert house.enter("bo") is None
    assert house.enter("cy") == Place(1, None, typing=True)
    assert house.enter("di") == Place(2, None, typing=True)
    house.admission.over("ana")
    assert house.enter("di") == Place(2, None, typing=True)
    assert house.enter("cy") is None
    assert house.enter("di") == Place(1, None, typing=True)


def test_who_lost_the_connection_comes_back_to_a_kept_seat(house: House) -> None:
    for name in ("ana", "bo"):
        house.enter(name)
    house.pass_time(HELD_S - 1, "bo")
    assert house.enter("cy") == Place(1, None, typing=True)
    assert house.enter("ana", begun=True) is None


def test_who_comes_back_after_that_is_before_all_newcomers(house: House) -> None:
    for name in ("ana", "bo"):
        house.enter(name)
    house.pass_time(HELD_S + 1, "bo")
    assert house.enter("cy") is None  # the seat was empty
    assert house.enter("di") == Place(1, None, typing=True)
    assert house.enter("ana", begun=True) == Place(1, None, typing=True)
    assert house.enter("di") == Place(2, None, typing=True)
    house.admission.over("bo")
    assert house.enter("di") == Place(2, None, typing=True)
    assert house.enter("ana", begun=True) is None


def test_typing_needs_no_recognition_and_has_seats_of_its_own(house: House) -> None:
    for name in ("ana", "bo"):
        house.enter(name)
    assert house.enter("cy", sound=False) is None
    assert house.enter("di", sound=False) == Place(1, None, typing=False)
    assert (house.admission.speaking, house.admission.typing) == (2, 1)


def test_who_types_waits_for_a_seat_to_speak_and_is_before_newcomers(house: House) -> None:
    for name in ("ana", "bo"):
        house.enter(name)
    house.enter("cy", sound=False)
    house.enter("di")
    assert house.enter("cy", begun=True) == Place(1, None, typing=False)
    assert house.enter("cy", sound=False, begun=True) is None  # and may go on typing
    house.admission.over("ana")
    assert house.enter("di") is None


def test_who_speaks_may_type_and_speak_again(house: House) -> None:
    for name in ("ana", "bo"):
        house.enter(name)
    assert house.enter("ana", sound=False, begun=True) is None
    assert house.enter("cy") is not None
    assert house.enter("ana", begun=True) is None


def test_newcomers_wait_while_words_come_late_and_typing_is_open(house: House) -> None:
    house.enter("ana")
    house.late_words()
    assert house.enter("bo") == Place(1, None, typing=True)
    assert house.enter("cy", begun=True) is None  # was in already
    house.pass_time(61, "ana")
    house.admission.over("cy")
    assert house.enter("bo") is None


def test_an_empty_house_takes_the_first_whatever_was_measured(house: House) -> None:
    house.late_words()
    for _ in range(10):
        house.load.sampled(0, 1.0)
    assert house.enter("ana") is None


def test_a_fixed_house_measures_nothing(house: House) -> None:
    house.open(measured=False)
    house.enter("ana")
    house.late_words()
    assert house.enter("bo") is None


def test_minutes_are_told_only_where_they_are_known(house: House) -> None:
    for name in ("ana", "bo"):
        house.enter(name)
    house.left["ana"] = 200.0
    assert house.enter("cy") == Place(1, None, typing=True)  # bo's may end sooner, or much later
    house.left["bo"] = 1000.0
    assert [house.enter(n) for n in ("cy", "di", "eve")] == [
        Place(1, 4, typing=True), Place(2, 20, typing=True), Place(3, None, typing=True),
    ]  # fmt: skip


async def test_who_waits_is_woken_each_second(house: House) -> None:
    for name in ("ana", "bo", "cy"):
        house.enter(name)
    house.admission.over("ana")
    waiting = asyncio.create_task(house.admission.change(within_s=30))
    await asyncio.sleep(0)
    house.pass_time(1, "bo")
    await asyncio.wait_for(waiting, 20)
    assert house.admission.look("cy", sound=True, begun=False) is None


def test_who_is_in_and_who_waits_is_counted_for_operators(house: House) -> None:
    for name in ("ana", "bo", "cy", "di"):
        house.enter(name)
    house.enter("eve", sound=False)
    house.pass_time(1, "ana", "bo")
    counts = {
        s: REGISTRY.get_sample_value("melvin_interviews", {"state": s}) for s in ("speaking", "typing", "waiting")
    }
    assert counts == {"speaking": 2, "typing": 1, "waiting": 2}


def test_how_long_interviews_take_is_known_after_three() -> None:
    durations = Durations()
    for took in (600.0, 1200.0):
        durations.finished("plan", took)
    assert durations.left("plan", 1, 5) is None
    durations.finished("plan", 1000.0)
    assert durations.left("plan", 1, 5) == pytest.approx(900.0)
    assert durations.left("plan", 5, 5) == pytest.approx(100.0)
    assert durations.left("another", 1, 5) is None
