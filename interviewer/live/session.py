"""One running interview: it binds the conversation to speech, media, the page and the event log.

Everything that happens goes through one queue and one task: an event is taken, the conversation decides, the event is
on disk (fsync), and only then are its actions carried out.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import structlog
from numpy.typing import NDArray

from interviewer.conversation.actions import (
    Action,
    AskCoverage,
    CloseAnswer,
    Decided,
    Finish,
    Listen,
    Notify,
    PauseInterview,
    Phase,
    Requested,
    Say,
    Show,
    StopSaying,
)
from interviewer.conversation.events import (
    Button,
    Connected,
    Covered,
    Disconnected,
    Draft,
    Event,
    ModeChanged,
    PaceChosen,
    Pressed,
    SayingEnded,
    SayingReached,
    SpeechEnded,
    SpeechStarted,
    Tick,
    Typed,
)
from interviewer.conversation.history import replay
from interviewer.conversation.log import EventLog
from interviewer.conversation.pace import Pace
from interviewer.conversation.script import RATE, Script
from interviewer.live.catching_up import CatchingUp
from interviewer.live.clock import InterviewClock
from interviewer.live.errors import InterviewOver, Restarting
from interviewer.live.links import Link, Links
from interviewer.live.listening import Listening
from interviewer.live.messages import melvin_caption, shown
from interviewer.live.parts import SessionParts
from interviewer.live.said import Said
from interviewer.live.speaking import Speaking
from interviewer.live.stages import TurnStages
from interviewer.speech.process import ModelError, ModelGone

__all__ = ["InterviewSession"]

TICK_S, LEAST_TICK_S = 0.1, 0.002
BUTTONS = frozenset(b.value for b in Button)
PACES = frozenset(p.value for p in Pace)
DRAIN_S = 5.0
TELL_S = 2.0
"""How long the end of a session waits for the database to take that nobody is there now."""
PING_LOST_S = 3.0
"""The page pings every second; after this long without a message or sound the connection is taken to be lost."""

log = structlog.get_logger(__name__)


class InterviewSession:
    def __init__(
        self, interview_id: str, script: Script, parts: SessionParts, past: Sequence[Event] = (), recorded_to: int = 0
    ) -> None:
        self.id = interview_id
        self.conversation, self._history = replay(script, past)
        self._log = EventLog(len(past))
        self._parts = parts
        self._was_started = False  # whether the database has been told that it is live
        self.clock = InterviewClock(max([recorded_to, *(e.at for e in past)]))
        self.links = Links()
        self.speaking = Speaking(parts.voice, reached=self._saying_reached, ended=self._saying_ended)
        self.listening = Listening(
            parts.recognise,
            emit=self.emit,
            caption=self.caption,
            question=lambda: self.conversation.current_question,
            busy=lambda: parts.recognise.busy,
            first_segment=1 + max((e.segment for e in past if isinstance(e, SpeechEnded)), default=0),
        )
        self.catching_up = CatchingUp(
            interview_id, self.clock, parts.browser, self.listening.hear, self.links, parts.heard_to
        )
        self.epoch = max((e.epoch for e in past if isinstance(e, Connected)), default=0)
        self.connected = False
        self._audio: bool | None = None
        """Whether the page sends sound; None before its hello."""
        self._queue: asyncio.Queue[tuple[Event, asyncio.Future[None] | None]] = asyncio.Queue()
        self._logging: asyncio.Future[None] | None = None
        """Waits for the event that is being written down now."""
        self._runner: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._heard_from_page = 0
        self._shown = ""
        """The question that the page was told last."""
        self._said = Said(self.links)
        self._closed = False
        self.finishing: asyncio.Task[None] | None = None
        self.last_active = self.clock.now()
        self._stages = TurnStages()

    @property
    def failed(self) -> bool:
        """The one task ended before the interview did."""
        return self._runner is not None and self._runner.done() and not self.conversation.finished

    @property
    def quiet(self) -> bool:
        """Neither side is speaking, and nothing that was said is still being understood."""
        return not (self.speaking.busy or self.listening.busy)

    def start(self) -> None:
        if self.conversation.connected:  # the log ends in the middle: whoever was there is not there now
            self.emit(Disconnected(self.clock.now(), self.epoch))
        self._runner = asyncio.create_task(self._run(), name=f"interview {self.id}")

    def emit(self, event: Event) -> None:
        """Take an event; returns at once."""
        self._queue.put_nowait((event, None))

    async def submit(self, event: Event) -> None:
        """Take an event and return when it is on disk. Raises InterviewOver, Restarting (not written down here)."""
        if self.conversation.finished or self._closed:
            raise self._refusal()
        logged: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.put_nowait((event, logged))
        await logged

    async def typed(self, question_id: str, text: str, sent_as: str) -> None:
        self._heard_from_page = self.clock.now()
        await self.submit(Typed(self.clock.now(), question_id, text, once=True, sent_as=sent_as))

    async def draft(self, question_id: str, text: str) -> None:
        self._heard_from_page = self.clock.now()
        await self.submit(Draft(self.clock.now(), question_id, text))

    def receive(self, link: Link, message: Mapping[str, Any]) -> None:
        """One message of the page. What does not fit the protocol is dropped and counted, never fatal."""
        if self.links.current is not link:
            return  # a page that was superseded
        self._heard_from_page = self.clock.now()
        match message:
            case {"t": "hello", "audio": bool(audio)}:
                self._audio = audio
                self.catching_up.hello(message)
                self.hello()
                if message.get("pace") in PACES:
                    self.emit(PaceChosen(self.clock.now(), Pace(message["pace"])))
            case {"t": "recorded", "chunks": list(chunks)}:
                self.catching_up.told(chunks)
            case {"t": "ping", "n": int(n)}:
                link.send({"t": "pong", "n": n, "at": self.clock.now()})
                self.back()
            case {"t": "press", "button": str(name)} if name in BUTTONS:
                self.listening.flush()  # what was said up to here belongs to before the button
                self.emit(Pressed(self.clock.now(), Button(name)))
            case {"t": "pace", "pace": str(name)} if name in PACES:
                self.emit(PaceChosen(self.clock.now(), Pace(name)))
            case {"t": "typing", "on": bool(on)}:
                self.listening.flush()
                self.emit(ModeChanged(self.clock.now(), on))
            case _:
                log.info("a message that fits nothing was dropped", interview=self.id)

    def back(self) -> None:
        """A page that had fallen silent is heard again over the same link."""
        if self._audio is not None and not (self.connected or self.conversation.finished or self._closed):
            self.hello()

    def hello(self) -> None:
        """The page is there (again): tell it everything, and the conversation that it is there."""
        if self.conversation.finished:
            self.links.send({"t": "finished", "next": "check"})
            return
        self._heard_from_page = self.clock.now()
        if not self.connected:
            self.connected = True
            self.epoch += 1
            if not self.catching_up.begin(self._joined):
                self._joined(False)
        elif not self.catching_up.going_on:
            self._tell_page()

    def _joined(self, recovered: bool) -> None:
        self.emit(Connected(self.clock.now(), self.epoch, bool(self._audio), recovered))  # _tell_page follows it

    def lost(self) -> None:
        """The page is gone. The interview is not: the link goes on at the same question."""
        if self.connected:
            self.connected = False
            self.listening.flush()
            if not self.catching_up.cancel():  # or it was never told that somebody is there
                self.emit(Disconnected(self.clock.now(), self.epoch))

    def hear(self, start: int, samples: NDArray[np.int16]) -> None:
        """Sound of the candidate at 16 kHz, ``start`` on the interview's clock."""
        self._heard_from_page = self.clock.now()
        if not self.catching_up.heard(start, samples) and self.conversation.listening:
            self.listening.hear(start, samples)

    def caption(self, segment: int, text: str, final: bool) -> None:
        """Words of the candidate; the same segment again replaces them."""
        self.links.send_text({"t": "caption", "id": f"c{segment}", "side": "candidate", "text": text, "final": final})

    async def _run(self) -> None:
        try:
            while not self.conversation.finished:
                await self._step()
            self._fail_waiting()
        except asyncio.CancelledError:
            raise
        except Exception:  # the border of a live interview: it ends this session alone, and its log brings it back
            log.exception("the interview's task failed", interview=self.id)
            self.links.send({"t": "error", "code": "session-failed", "text": "Something went wrong on our side. "
                             "Nothing is lost. Please reload the page to go on."})  # fmt: skip
            raise
        finally:
            self._closed = True
            self._fail_waiting()

    async def _step(self) -> None:
        self._logging = None
        taken = True
        try:
            async with asyncio.timeout(self._until_tick_s()):
                event, self._logging = await self._queue.get()
        except TimeoutError:
            taken = False
            event = Tick(self.clock.now())
            if self.connected and event.at - self._heard_from_page > PING_LOST_S * RATE:
                self.lost()
        actions = self.conversation.handle(event)
        self._history.add(event, actions)
        entries = self._log.entries(event, actions)
        if entries:
            await self._parts.journal.append(entries)
        if self._logging is not None and not self._logging.done():
            self._logging.set_result(None)
        if isinstance(event, (SpeechStarted, SpeechEnded, Typed, Draft, Pressed, Connected)):
            self.last_active = event.at
        self._stages.came(event)
        for action in actions:
            await self._carry_out(action)
        if isinstance(event, Connected):
            self._tell_page()
        if taken:
            self._queue.task_done()

    def _until_tick_s(self) -> float:
        """Nobody waits for a tick after the silence that ends their turn."""
        at = self.conversation.decides_at
        return TICK_S if at is None else min(TICK_S, max(LEAST_TICK_S, (at - self.clock.now()) / RATE))

    async def _carry_out(self, action: Action) -> None:
        match action:
            case Say():
                self._stages.decided(action, self.clock.now())
                self.speaking.say(action, began=lambda: self._sounded(action))
                self.prepare(self.conversation.likely_next())
            case StopSaying():
                self.speaking.stop(action.utterance)
                self._said.cut(action.utterance)
            case AskCoverage():
                self.own(self._cover(action), "coverage")
            case Show():
                self._show()
                if action.phase is not Phase.PAUSED and self.connected and not self._was_started:
                    self._was_started = True
                    self.own(self._parts.outcome.started(), "started")
            case Notify():
                self.links.send_text({"t": "notice", "code": action.code, "text": action.text})
            case PauseInterview():
                log.info("interview paused", interview=self.id, reason=action.reason)
                self._was_started = False
                self.own(self._parts.outcome.paused(), "paused")
            case Decided():
                log.info("decided", interview=self.id, at_s=round(self.clock.now() / RATE, 2), **action.to_dict())
            case CloseAnswer():
                self.listening.flush()  # words that run over the end of their question still belong to it
                log.info("answer closed", interview=self.id, question=action.question_id, status=action.status)
            case Finish():
                self.finish(action.reason)
            case Listen() | Requested():
                pass  # for the history alone
            case _:
                raise TypeError(f"no way to carry out {action!r}")

    def finish(self, reason: str) -> None:
        """Write down the outcome, in the background and until it is written."""
        self.finishing = asyncio.create_task(self._finish(reason), name=f"finish {self.id}")

    async def _finish(self, reason: str) -> None:
        await self._parts.outcome.finished(
            reason, self.conversation.script, self.conversation.statuses(), self._history.turns()
        )
        log.info("interview finished", interview=self.id, reason=reason)
        self.links.send({"t": "finished", "next": "check"})

    async def _cover(self, ask: AskCoverage) -> None:
        try:
            covered = await self._parts.coverage.covered(ask.text, self._parts.key_points[ask.question_id])
        except (ModelError, ModelGone) as error:
            log.warning("coverage failed", interview=self.id, error=str(error))
            return  # the conversation goes on without it after its own short wait
        self.emit(Covered(self.clock.now(), ask.question_id, ask.revision, covered))

    def _sounded(self, action: Say) -> None:
        """The sound of an utterance begins: so does its caption."""
        self._stages.sounded(self.clock.now())
        self._said.begun(action)

    def _tell_page(self) -> None:
        """Everything that a page which has just come needs to know."""
        self._shown = ""
        self._show()
        prompt = self._history.prompt
        if prompt is not None:  # another page, or this one after a restart of ours, has nothing but the state
            self.links.send_text(melvin_caption(prompt.utterance, " ".join(prompt.texts)))
        self._said.again()

    def _show(self) -> None:
        view = self.conversation.view()
        self.links.send(shown(view))
        question = view.question.id if view.question else ""
        if view.draft and question != self._shown:  # typed before it was skipped, or in another page
            self.links.send_text({"t": "draft", "question_id": question, "text": view.draft})
        self._shown = question

    def _saying_reached(self, utterance: int, part: int) -> None:
        self._said.reached(utterance, part)
        self.emit(SayingReached(self.clock.now(), utterance, part))

    def _saying_ended(self, utterance: int, was_cut: bool) -> None:
        self.emit(SayingEnded(self.clock.now(), utterance, was_cut))

    def prepare(self, texts: Sequence[str], *, gently: bool = False) -> None:
        """Have these texts as sound before they are needed; ``gently`` where that is not soon."""

        async def made_ready() -> None:
            try:
                await self._parts.voice.prepare(texts, gently=gently)
            except ModelGone as error:
                log.warning("sounds could not be made ready", interview=self.id, error=str(error))

        self.own(made_ready(), "prepare")

    async def close(self) -> None:
        """Stop; what is in the queue already is still written down."""
        self.catching_up.cancel()
        self._closed = True
        await self.listening.close()  # the last words are still taken
        if self._runner is not None and not self._runner.done():
            drained = asyncio.create_task(self._queue.join())
            await asyncio.wait({drained, self._runner}, timeout=DRAIN_S, return_when=asyncio.FIRST_COMPLETED)
            drained.cancel()
            self._runner.cancel()
            await asyncio.gather(self._runner, return_exceptions=True)
        await self.speaking.close()
        if self.conversation.started and not self.conversation.finished:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(TELL_S):
                    await self._parts.outcome.paused()
        for task in tuple(self._tasks):
            task.cancel()
        await self._parts.journal.close()

    def _fail_waiting(self) -> None:
        queued = [self._queue.get_nowait()[1] for _ in range(self._queue.qsize())]
        for logged in (self._logging, *queued):  # the first: its write failed, as on a full disk, or was given up
            if logged is not None and not logged.done():
                logged.set_exception(self._refusal())

    def _refusal(self) -> Exception:
        return InterviewOver() if self.conversation.finished else Restarting()

    def own(self, work: Any, name: str) -> None:
        task: asyncio.Task[None] = asyncio.create_task(work, name=f"{name} {self.id}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
