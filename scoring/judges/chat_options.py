"""Which endpoint a chat judge asks, and with how much patience."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

__all__ = ["ChatOptions"]


@dataclass(frozen=True, slots=True)
class ChatOptions:
    """Times are in seconds. ``api_key`` is shown nowhere: not in repr, not in a record, not in a message."""

    base_url: str
    """Where the API begins, such as http://127.0.0.1:8080/v1."""
    model: str
    api_key: str = field(default="", repr=False)
    seed: int | None = None
    timeout_s: float = 60.0
    """For one try, from sending to the end of the reply."""
    deadline_s: float = 180.0
    """For one answer: all tries, the waits between them, and the second question after a reply that cannot be used."""
    tries: int = 4
    slots: int = 8
    """Requests in flight at once."""
    backoff_s: float = 0.5
    """Before the second try; doubled before each later one, and shortened by up to half at random."""
    temperature: float = 0.0
    most_tokens: int = 4096
    """In a reply."""
    most_bytes: int = 2_000_000
    """In a reply as it comes over the network."""
    prompt: Path | None = None
    """A prompt file of one's own."""

    def __post_init__(self) -> None:
        parts = urlsplit(self.base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"the base URL must look like http://host:8000/v1, not {self.base_url!r}")
        if not self.model:
            raise ValueError("a chat judge needs the name of a model")
        if self.slots < 1 or self.tries < 1 or min(self.timeout_s, self.deadline_s) <= 0:
            raise ValueError("slots, tries, timeout and deadline must be more than zero")

    @property
    def place(self) -> str:
        """The address without user, password and query, for people to read."""
        parts = urlsplit(self.base_url)
        port = f":{parts.port}" if parts.port else ""
        return f"{parts.scheme}://{parts.hostname}{port}{parts.path}".rstrip("/")
