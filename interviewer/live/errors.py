"""Why an interview cannot be joined."""

__all__ = ["Busy", "InterviewOver", "UnknownInterview"]


class InterviewOver(Exception):
    """All questions are over, or the candidate ended the interview; nothing more can be said in it."""


class Busy(Exception):
    """This machine holds as many interviews as it can serve well. The link stays good; try again in a while."""


class UnknownInterview(KeyError):
    """No interview has this id."""
