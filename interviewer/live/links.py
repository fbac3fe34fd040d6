"""Ways to a candidate's page: a data channel or a WebSocket. One is current; an older one is told and let go."""

from __future__ import annotations

from typing import Any, Protocol

from interviewer.live.messages import in_parts

__all__ = ["Link", "Links"]


class Link(Protocol):
    def send(self, message: dict[str, Any]) -> bool:
        """Queue a message of at most a kilobyte; False where the page is gone."""
        ...


class Links:
    """The page's current link. What is sent while there is none is kept by the state, not here: a page that comes back
    asks with ``hello`` and gets the state anew."""

    def __init__(self) -> None:
        self._link: Link | None = None
        self._tab: str | None = None

    @property
    def current(self) -> Link | None:
        return self._link

    def take(self, link: Link, tab: str) -> None:
        """A newer link takes over; a page in another tab is told so."""
        if self._link is not None and self._link is not link and tab != self._tab:
            self._link.send({"t": "superseded"})
        self._link, self._tab = link, tab

    def drop(self, link: Link) -> bool:
        """Whether this was the current one."""
        if self._link is not link:
            return False
        self._link = None
        return True

    def send(self, message: dict[str, Any]) -> bool:
        return self._link is not None and self._link.send(message)

    def send_text(self, message: dict[str, Any]) -> None:
        for part in in_parts(message):
            self.send(part)
