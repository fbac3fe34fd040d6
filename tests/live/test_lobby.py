"""Places in line: kept over a reload, passed on where nobody comes, and never taken from whoever had begun."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from interviewer.live.lobby import CLAIM_S, KEPT_S, PRESENT_S, Lobby, LobbyFull


@dataclass
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def lobby(clock: Clock) -> Lobby:
    return Lobby(clock, most=5)


def number(lobby: Lobby, name: str, *, sound: bool = True, begun: bool = False) -> int:
    return lobby.number(lobby.take(name, sound=sound, begun=begun))


def called(lobby: Lobby, name: str, free: int, *, sound: bool = True) -> bool:
    return lobby.call(lobby.take(name, sound=sound, begun=False), free)


def test_places_go_by_arrival_and_asking_again_changes_nothing(lobby: Lobby) -> None:
    assert [number(lobby, n) for n in ("ana", "bo", "cy")] == [1, 2, 3]
    assert [number(lobby, n) for n in ("cy", "ana", "bo")] == [3, 1, 2]


def test_a_free_seat_is_for_the_first_and_for_nobody_else(lobby: Lobby) -> None:
    for name in ("ana", "bo"):
        number(lobby, name)
    assert not called(lobby, "bo", 1)
    assert called(lobby, "ana", 1)
    assert not called(lobby, "bo", 1)  # the seat is kept for ana until she has come in
    assert called(lobby, "bo", 2)


def test_whoever_enters_makes_room_in_line(lobby: Lobby) -> None:
    for name in ("ana", "bo"):
        number(lobby, name)
    lobby.leave("ana")
    assert number(lobby, "bo") == 1


def test_a_place_is_kept_for_a_page_that_is_loaded_again_and_not_for_ever(lobby: Lobby, clock: Clock) -> None:
    number(lobby, "ana")
    clock.now += KEPT_S - 1
    number(lobby, "bo")
    assert number(lobby, "ana") == 1
    clock.now += KEPT_S + 1
    number(lobby, "cy")
    assert [number(lobby, n) for n in ("bo", "ana")] == [2, 3]
    assert len(lobby) == 3


def test_an_open_question_keeps_the_place_however_long(lobby: Lobby, clock: Clock) -> None:
    number(lobby, "ana")
    with lobby.asking("ana"):
        clock.now += 10 * KEPT_S
        lobby.sweep()
        assert number(lobby, "bo") == 2
        assert not called(lobby, "bo", 1)


def test_a_turn_that_nobody_claims_passes_on_and_its_owner_is_first_again(lobby: Lobby, clock: Clock) -> None:
    for name in ("ana", "bo"):
        number(lobby, name)
    assert called(lobby, "ana", 1)
    clock.now += max(CLAIM_S, PRESENT_S) + 1
    assert called(lobby, "bo", 1)
    assert number(lobby, "ana") == 1
    assert not called(lobby, "ana", 1)
    lobby.leave("bo")
    assert called(lobby, "ana", 1)


def test_a_page_that_is_away_holds_up_nobody(lobby: Lobby, clock: Clock) -> None:
    number(lobby, "ana")
    clock.now += PRESENT_S + 1
    assert number(lobby, "bo") == 2
    assert called(lobby, "bo", 1)


def test_whoever_had_begun_stands_before_all_who_have_not(lobby: Lobby) -> None:
    for name in ("ana", "bo"):
        number(lobby, name)
    assert number(lobby, "cy", begun=True) == 1
    assert number(lobby, "ana") == 2
    assert not called(lobby, "ana", 1)


def test_typing_is_a_line_of_its_own_and_keeps_the_order_of_arrival(lobby: Lobby) -> None:
    for name in ("ana", "bo"):
        number(lobby, name)
    assert number(lobby, "cy", sound=False) == 1
    assert number(lobby, "bo", sound=False) == 1  # bo came before cy
    assert number(lobby, "cy", sound=False) == 2
    assert lobby.would_call(False, 3)
    assert not lobby.would_call(False, 2)


def test_the_lobby_is_bounded(lobby: Lobby, clock: Clock) -> None:
    for i in range(5):
        number(lobby, f"candidate {i}")
    with pytest.raises(LobbyFull):
        number(lobby, "one more")
    assert number(lobby, "candidate 4") == 5
    clock.now += KEPT_S + 1
    assert number(lobby, "one more") == 1
