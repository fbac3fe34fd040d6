"""Why an interview cannot be joined."""

from __future__ import annotations

from interviewer.live.lobby import Place

__all__ = ["Busy", "Elsewhere", "InterviewOver", "Restarting", "UnknownInterview"]


class InterviewOver(Exception):
    """All questions are over, or the candidate ended the interview; nothing more can be said in it."""


class Busy(Exception):
    """This machine holds as many interviews as it can serve well. The link stays good; ``place`` is the candidate's
    place in the lobby, None where they have none: too many wait already."""

    def __init__(self, place: Place | None = None) -> None:
        super().__init__()
        self.place = place


class Restarting(Exception):
    """This process is about to stop and lets nobody in. The next one, or another node, does."""


class Elsewhere(Exception):
    """Another node holds this interview. ``address`` is where pages reach it, '' where that is the address of all."""

    def __init__(self, node: str, address: str) -> None:
        super().__init__(node)
        self.node = node
        self.address = address


class UnknownInterview(KeyError):
    """No interview has this id."""
