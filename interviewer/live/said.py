"""What Melvin said last, as the page has it: its caption says as much as he did, and no more."""

from __future__ import annotations

from typing import Any

from interviewer.conversation.actions import Say
from interviewer.live.links import Links
from interviewer.live.messages import melvin_caption

__all__ = ["Said"]


class Said:
    """One interview's."""

    def __init__(self, links: Links) -> None:
        self._links = links
        self._last: tuple[Say, int] | None = None
        """And the text of it that he has come to."""
        self._caption: dict[str, Any] | None = None

    def begun(self, say: Say) -> None:
        """Its sound begins."""
        self._last = (say, 0)
        self._show(say.utterance, " ".join(say.texts))

    def reached(self, utterance: int, part: int) -> None:
        if self._last is not None and self._last[0].utterance == utterance:
            self._last = (self._last[0], part)

    def cut(self, utterance: int) -> None:
        """He was stopped."""
        said, part = self._last or (None, 0)
        if said is not None and said.utterance == utterance and part + 1 < len(said.texts):
            self._show(utterance, " ".join((*said.texts[: part + 1], "…")))

    def again(self) -> None:
        """For a page that has just come."""
        if self._caption is not None:
            self._links.send_text(self._caption)

    def _show(self, utterance: int, text: str) -> None:
        self._caption = melvin_caption(utterance, text)
        self._links.send_text(self._caption)
