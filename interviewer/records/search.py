"""Finding a candidate by name or e-mail address."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, or_, select

from interviewer.records.tables import Candidate, Invitation

__all__ = ["LONGEST", "invited"]

LONGEST = 200
"""Characters of what is looked for."""


def invited(looked_for: str) -> ColumnElement[bool]:
    """Whether an invitation is of a candidate whose name or address holds each word of it, in any case."""
    words = [
        or_(Candidate.name.icontains(word, autoescape=True), Candidate.email.icontains(word, autoescape=True))
        for word in looked_for[:LONGEST].split()
    ]
    return Invitation.candidate_id.in_(select(Candidate.id).where(and_(*words))) if words else and_(True)
