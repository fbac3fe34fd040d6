"""The API for programs, /api/v1."""

from interviewer.http.api import reference
from interviewer.http.api.description import describe
from interviewer.http.api.router import router

__all__ = ["describe", "reference", "router"]
