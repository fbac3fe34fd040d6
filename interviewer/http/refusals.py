"""Why the running interviews did not take what a candidate's page asked for, as problems."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from interviewer.http.link import Step, Visit
from interviewer.http.pins import Pin
from interviewer.http.problems import Problem
from interviewer.live.errors import Busy, Elsewhere, InterviewOver, Restarting
from interviewer.live.lobby import Place
from interviewer.media.offer import BadOffer

__all__ = ["pinned", "refusals", "told"]


@contextlib.contextmanager
def refusals(visit: Visit) -> Iterator[None]:
    """Live's refusals as problems."""
    try:
        yield
    except BadOffer as error:
        raise Problem(422, "bad-offer", "This is not an offer that can be answered", str(error)) from None
    except InterviewOver:
        raise Problem(
            409,
            "interview-over",
            "This interview is over",
            "Its questions are closed.",
            next=visit.address(Step.CHECK),
        ) from None
    except Busy as error:
        raise _busy(error.place, visit) from None
    except Restarting:
        raise Problem(
            503,
            "restarting",
            "Melvin is being restarted",
            "Nothing is lost, and your link stays good.",
            headers={"Retry-After": "2"},
        ) from None
    except Elsewhere as error:
        raise _elsewhere(visit, Pin(error.node, error.address)) from None


def pinned(visit: Visit, pin: Pin) -> dict[str, Any]:
    """Where the page goes from now on, as members of a reply; none where that node has no address of its own."""
    rooms, interview = visit.rooms, visit.interview
    if not pin.address or rooms.pins is None or interview is None:
        return {}
    return {
        "location": f"{pin.address}{visit.base}/control",
        "address": pin.address,
        "node": rooms.pins.sign(interview.id, pin, rooms.clock()),
    }


def _elsewhere(visit: Visit, pin: Pin) -> Problem:
    """Another node holds this interview."""
    where = pinned(visit, pin)
    if not where:
        return Problem(
            503,
            "elsewhere",
            "Your interview is on another of our machines",
            "It is found again by itself.",
            headers={"Retry-After": "2"},
        )
    return Problem(
        409,
        "elsewhere",
        "Your interview is on another of our machines",
        "The page goes there by itself.",
        headers={"Location": where["location"]},
        **where,
    )


def told(place: Place) -> dict[str, Any]:
    """A place in the lobby, as pages read it."""
    return {"place": place.number, "minutes": place.minutes, "typing": place.typing}


def _busy(place: Place | None, visit: Visit) -> Problem:
    """Nobody can be let in now; with the place that the candidate has, where they have one."""
    if place is None:
        return Problem(
            503,
            "busy",
            "Melvin is with other candidates just now",
            "Your link stays good. Please try again in a while.",
            headers={"Retry-After": "10"},
        )
    return Problem(
        503,
        "busy",
        "Melvin is with other candidates just now",
        "You have a place in line, and it is kept while you ask again.",
        headers={"Retry-After": "10"},
        lobby=f"{visit.base}/lobby",
        **pinned(visit, visit.rooms.options.node),
        **told(place),
    )
