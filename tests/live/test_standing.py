"""A restart turns nobody out: seats and places in line are as they were, while that is not long ago."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from interviewer.live.admission import HELD_S
from interviewer.live.lobby import KEPT_S, Place
from interviewer.live.registry import LiveOptions
from interviewer.live.standing import EMPTY, Seated, StandingFile
from interviewer.records.database import Database
from tests.live import test_session
from tests.live.test_admission import House
from tests.live.test_lobby import Clock
from tests.media.page import until


@pytest.fixture
def wall() -> Clock:
    return Clock()


@pytest.fixture
def file(tmp_path: Path, wall: Clock) -> StandingFile:
    return StandingFile(tmp_path / "standing.json", wall)


def full_house() -> House:
    house = House()
    for name in ("ana", "bo", "cy", "di"):
        house.enter(name)
    assert house.enter("eva", begun=True) == Place(1, None, typing=True)
    assert house.enter("cy") == Place(2, None, typing=True)
    return house


def test_seats_and_the_line_are_as_they_were(file: StandingFile, wall: Clock) -> None:
    file.write(full_house().admission.standing)
    wall.now += 60
    house = House()
    house.admission.restore(file.read(HELD_S, KEPT_S))
    assert house.enter("new") == Place(4, None, typing=True), "whoever comes first after a restart is not the first"
    assert house.enter("di") == Place(3, None, typing=True)
    assert house.enter("cy") == Place(2, None, typing=True)
    assert house.enter("ana", begun=True) is None, "the seat is still theirs"
    house.admission.over("bo")
    assert house.enter("cy") == Place(2, None, typing=True)
    assert house.enter("eva", begun=True) is None


def test_what_is_long_ago_holds_for_nobody(file: StandingFile, wall: Clock) -> None:
    file.write(full_house().admission.standing)
    wall.now += HELD_S + 1
    later = file.read(HELD_S, KEPT_S)
    assert (later.seated, [w.interview_id for w in later.waiting]) == ((), ["eva", "cy", "di"])
    wall.now += KEPT_S
    assert file.read(HELD_S, KEPT_S) == EMPTY


def test_its_age_is_that_of_the_process_and_not_of_the_last_change(file: StandingFile, wall: Clock) -> None:
    standing = full_house().admission.standing
    for _ in range(300):
        file.write(standing)
        wall.now += 1
    assert file.read(HELD_S, KEPT_S) == standing


@pytest.mark.parametrize("text", ["", "{", "[]", '{"at": "x"}', '{"at": 1, "seated": [{}], "waiting": []}'])
def test_a_file_that_cannot_be_read_is_an_empty_house(tmp_path: Path, wall: Clock, text: str) -> None:
    (tmp_path / "standing.json").write_text(text)
    assert StandingFile(tmp_path / "standing.json", wall).read(HELD_S, KEPT_S) == EMPTY
    assert StandingFile(tmp_path / "none.json", wall).read(HELD_S, KEPT_S) == EMPTY


def test_who_types_comes_back_to_a_seat_for_typing(file: StandingFile) -> None:
    house = House()
    house.enter("ana", sound=False)
    file.write(house.admission.standing)
    assert file.read(HELD_S, KEPT_S).seated == (Seated("ana", sound=False),)
    house = House()
    house.admission.restore(file.read(HELD_S, KEPT_S))
    assert (house.admission.speaking, house.admission.typing) == (0, 1)


def test_a_disk_that_takes_nothing_stops_nobody(tmp_path: Path) -> None:
    StandingFile(tmp_path / "missing" / "standing.json").write(full_house().admission.standing)


async def test_a_process_that_is_started_again_knows_who_was_next(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "standing.json"
    monkeypatch.setattr(test_session, "LiveOptions", partial(LiveOptions, standing=path))
    (tmp_path / "journals").mkdir()
    house = test_session.House(database, tmp_path)
    house.most = 1
    inside, first, second = [await house.interview() for _ in range(3)]
    async with house.open() as live:
        await test_session.join(live, inside)
        for number, waiting in enumerate((first, second), start=1):
            place = await live.place(waiting, sound=False, knows=None)
            assert place is not None
            assert place.number == number
        await until(lambda: path.exists() and second in path.read_text())
    async with house.open() as live:
        place = await live.place(second, sound=False, knows=None)
        assert place is not None
        assert place.number == 2
        await test_session.join(live, inside)
