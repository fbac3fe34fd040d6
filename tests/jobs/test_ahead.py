"""Fetching ahead: in order, so many at once, and nothing left under way."""

from __future__ import annotations

import asyncio

import pytest

from interviewer.jobs.ahead import fetched_ahead


class Store:
    """Answers each request when it is let."""

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.under_way = 0
        self.answers = {n: asyncio.Event() for n in range(20)}

    async def get(self, number: int) -> str:
        self.asked.append(number)
        self.under_way += 1
        try:
            await self.answers[number].wait()
            if number == 7:
                raise FileNotFoundError(number)
            return f"part {number}"
        finally:
            self.under_way -= 1


async def test_a_few_are_asked_for_at_once_and_come_in_order() -> None:
    store, taken = Store(), []
    for late in (3, 2, 1):
        store.answers[late].set()
    async with fetched_ahead(range(6), store.get, at_once=4) as fetched:
        asyncio.get_running_loop().call_soon(store.answers[0].set)
        async for number, part in fetched:
            taken.append((number, part))
            assert len(store.asked) <= number + 5
            if number == 1:
                store.answers[4].set()
                store.answers[5].set()
    assert taken == [(n, f"part {n}") for n in range(6)]
    assert store.asked == list(range(6))


async def test_an_error_comes_in_its_turn_and_ends_what_is_under_way() -> None:
    store = Store()
    taken: list[int] = []
    for number in range(8):
        store.answers[number].set()

    async def take() -> None:
        async with fetched_ahead(range(20), store.get, at_once=4) as fetched:
            async for number, _ in fetched:
                taken.append(number)

    with pytest.raises(FileNotFoundError):
        await take()
    assert taken == list(range(7))
    assert store.under_way == 0


async def test_who_stops_early_leaves_nothing_under_way() -> None:
    store = Store()
    store.answers[0].set()
    async with fetched_ahead(range(20), store.get, at_once=4) as fetched:
        async for _ in fetched:
            break
    assert store.under_way == 0
