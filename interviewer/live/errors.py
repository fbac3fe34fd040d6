"""Why an interview cannot be joined."""

from __future__ import annotations

from interviewer.live.lobby import Place

__all__ = ["Busy", "InterviewOver", "UnknownInterview"]


class InterviewOver(Exception):
    """All questions are over, or the candidate ended the interview; nothing more can be said in it."""


class Busy(Exception):
    """This machine holds as many interviews as it can serve well. The link stays good; ``place`` is the candidate's
    place in the lobby, None where they have none: too many wait already, or the service is about to stop."""

    def __init__(self, place: Place | None = None) -> None:
        super().__init__()
        self.place = place


class UnknownInterview(KeyError):
    """No interview has this id."""
