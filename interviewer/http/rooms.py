"""What the pages and the API stand on: the rooms below them, given by the assembly as ``app.state.rooms``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from starlette.requests import HTTPConnection

from interviewer.http.pins import Pin, Pins
from interviewer.live.lobby import Place
from interviewer.media.ice import IceServer
from interviewer.plans.library import Library
from interviewer.records.database import Database
from interviewer.records.objects import ObjectStore

__all__ = ["HttpOptions", "Jobs", "Link", "Live", "Rooms", "rooms_of"]


class Link(Protocol):
    """One way to the candidate's page other than a data channel."""

    def send(self, message: dict[str, Any]) -> bool:
        """Queue a message; False where the page is gone."""
        ...


class Live(Protocol):
    """The running interviews (interviewer.live.registry)."""

    async def offer(self, interview_id: str, sdp: str, tab: str) -> str: ...
    async def attach(self, interview_id: str, link: Link, tab: str) -> None: ...
    async def place(self, interview_id: str, *, sound: bool, knows: Place | None) -> Place | None: ...
    async def detach(self, interview_id: str, link: Link) -> None: ...
    async def receive(self, interview_id: str, link: Link, message: dict[str, Any]) -> None: ...
    async def typed(self, interview_id: str, question_id: str, text: str, sent_as: str = "") -> None: ...
    async def draft(self, interview_id: str, question_id: str, text: str) -> None: ...
    async def state(self, interview_id: str) -> dict[str, Any]: ...
    async def sound_check(self) -> bytes: ...
    async def connection_test(self, sdp: str) -> str: ...


class Jobs(Protocol):
    """Durable work (interviewer.jobs.defer)."""

    async def defer_finalise(self, interview_id: str) -> None: ...
    async def defer_score(self, interview_id: str) -> None: ...
    async def defer_camera(self, interview_id: str) -> None: ...
    async def try_again(self, interview_id: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class HttpOptions:
    """``secure`` says that people reach the service by https: cookies are Secure and browsers are told to stay there.

    ``trusted_proxies`` are addresses (or networks) whose X-Forwarded-* headers are believed; none by default.
    ``ice_servers`` are what the candidate's browser is told, with credentials that expire.
    """

    secure: bool = False
    trusted_proxies: tuple[str, ...] = ()
    support_contact: str = ""
    ice_servers: tuple[IceServer, ...] = ()
    relay_only: bool = False
    judges: tuple[str, ...] = ("embedded",)
    """Kinds of judge that workers have settings for, the usual one first."""
    node: Pin = field(default_factory=lambda: Pin("local", ""))
    """This node, and where pages reach it besides ``Rooms.public_url``; '' where there is no such address."""
    typed_limit: int = 20_000  # characters
    body_limit: int = 262_144  # bytes of any request: the longest typed answer in JSON fits
    rate_limits: dict[str, str] = field(default_factory=dict)
    """Overrides by name, as the limits library writes them ("10/minute")."""


@dataclass(frozen=True, slots=True)
class Rooms:
    database: Database
    live: Live
    library: Library
    objects: ObjectStore
    public_url: str
    jobs: Jobs
    clock: Callable[[], datetime]
    options: HttpOptions = field(default_factory=HttpOptions)
    checks: Mapping[str, Callable[[], Awaitable[bool]]] = field(default_factory=dict)
    """What /readyz asks besides the database, by name."""

    pins: Pins | None = None
    """Signs the addresses of nodes; where it is missing, pages are sent to none."""

    @property
    def judges(self) -> tuple[str, ...]:
        return self.options.judges


def rooms_of(connection: HTTPConnection) -> Rooms:
    """The rooms behind this request or socket."""
    rooms = connection.app.state.rooms
    if not isinstance(rooms, Rooms):
        raise TypeError("app.state.rooms was not set")
    return rooms
