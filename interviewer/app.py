"""The assembly: one process that serves pages, interviews and the API. Nothing else knows all the rooms."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

import structlog
import uvicorn
from fastapi import FastAPI

from interviewer import tracing
from interviewer.http.health import room_on
from interviewer.http.passwords import Passwords
from interviewer.http.pins import Pin, Pins
from interviewer.http.rooms import HttpOptions, Rooms
from interviewer.http.site import build_site
from interviewer.jobs.child import WorkerChild
from interviewer.jobs.defer import JobQueue
from interviewer.jobs.judges import judges_from
from interviewer.jobs.roles import queues_of
from interviewer.live.admission import AdmissionOptions
from interviewer.live.coverage import CoverageOptions, LiveCoverage
from interviewer.live.heap import leave_alone
from interviewer.live.registry import Live, LiveOptions
from interviewer.live.this_node import NodeOptions
from interviewer.media.ice import IceServer, PeerOptions
from interviewer.plans.library import Library, default_folder
from interviewer.records.database import Database
from interviewer.records.embedded import DataFolderLock, EmbeddedPostgres, running_url
from interviewer.records.feeder import Feeder
from interviewer.records.migrations import upgrade
from interviewer.records.nodes import make_own_id, own_id, shared_secret
from interviewer.records.objects import ObjectStore
from interviewer.settings import Settings
from interviewer.speech.process import ModelGone
from interviewer.speech.recognition import Recogniser, RecognitionOptions
from interviewer.speech.voice import Voice, VoiceOptions

__all__ = ["Service", "database_url", "load_library", "open_database", "serve", "work"]

Progress = Callable[[str], None]

log = structlog.get_logger(__name__)


def load_library(settings: Settings) -> Library:
    """Raises ``PlanError`` with every fault in the prompts folder."""
    return Library.load(settings.prompts_folder or default_folder())


def make_voice(settings: Settings) -> Voice:
    return Voice(VoiceOptions(cache=settings.cache / "sounds", engine=settings.voice_engine))


def recognition_options(settings: Settings) -> RecognitionOptions:
    return RecognitionOptions(
        cache=settings.cache,
        model=settings.whisper_model,
        compute_type=settings.whisper_compute_type,
        threads=settings.whisper_threads,
        smart_turn=settings.smart_turn,
    )


def make_recogniser(settings: Settings) -> Recogniser:
    return Recogniser(recognition_options(settings))


def make_coverage(settings: Settings) -> LiveCoverage:
    return LiveCoverage(CoverageOptions(store=settings.cache / "models"))


def peer_options(settings: Settings) -> PeerOptions:
    """Raises ``BadIceServers``."""
    servers = [
        IceServer(url, server.get("username"), server.get("credential"), server.get("secret"))
        for server in settings.ice_servers
        for url in ([server["urls"]] if isinstance(server["urls"], str) else server["urls"])
    ]
    return PeerOptions(ice_servers=tuple(servers), relay_only=settings.relay_only)


@asynccontextmanager
async def database_url(settings: Settings, progress: Progress) -> AsyncIterator[str]:
    """The database for a short command: the configured one, that of a running service, or the embedded one for now."""
    if settings.database_url:
        yield settings.database_url
        return
    running = running_url(settings.data_folder)
    if running is not None:
        yield running
        return
    async with embedded(settings, progress) as url:
        yield url


@asynccontextmanager
async def embedded(settings: Settings, progress: Progress) -> AsyncIterator[str]:
    """Our own PostgreSQL, up and migrated. Raises DataFolderInUse where another service has the data folder."""
    postgres = EmbeddedPostgres(settings.data_folder, user=settings.postgres_user)
    url = await postgres.start(progress)
    try:
        yield url
    finally:
        await postgres.stop()


@asynccontextmanager
async def open_database(settings: Settings, progress: Progress) -> AsyncIterator[Database]:
    async with database_url(settings, progress) as url:
        upgrade(url)
        database = Database(url)
        try:
            yield database
        finally:
            await database.close()


@dataclass(frozen=True, slots=True)
class Service:
    """Everything that runs, for whoever starts it: the site, and the rooms behind it."""

    site: FastAPI
    rooms: Rooms
    voice: Voice
    recogniser: Recogniser
    live: Live
    in_background: Callable[[Coroutine[Any, Any, None]], None]
    """Give work to the service; it is cancelled when the service stops."""


@asynccontextmanager
async def service(settings: Settings, progress: Progress) -> AsyncIterator[Service]:
    """Start all rooms from the database up, and stop them in the opposite order."""
    library = load_library(settings)
    settings.data_folder.mkdir(parents=True, exist_ok=True)
    async with AsyncExitStack() as stack:
        if settings.otlp_endpoint:
            stack.callback(tracing.start("melvin", settings.otlp_endpoint))
        voice, recogniser, coverage = make_voice(settings), make_recogniser(settings), make_coverage(settings)
        for part in (voice, recogniser, coverage):
            stack.push_async_callback(part.close)
        # Recognition loads in its process while the database starts; the others follow one by one, for two cores
        # have no more to give.
        recognition_start = asyncio.create_task(recogniser.start(progress), name="load recognition")
        stack.callback(recognition_start.cancel)
        if settings.database_url:
            url = settings.database_url
            stack.enter_context(DataFolderLock(settings.data_folder))  # journals and recordings have one writer
        else:
            url = await stack.enter_async_context(embedded(settings, progress))
        upgrade(url)
        database = Database(url)
        stack.push_async_callback(database.close)
        journals = settings.data_folder / "journals"
        journals.mkdir(exist_ok=True)
        feeder = Feeder(database, journals)
        feeder.start()
        stack.push_async_callback(feeder.close)
        jobs = JobQueue(url)
        await jobs.open()
        stack.push_async_callback(jobs.close)

        objects = ObjectStore(settings.objects_place)
        async with database.session() as session:
            pins = Pins(await shared_secret(session, "pins"))
        node = NodeOptions(make_own_id(settings.data_folder), settings.node_address or "")
        live = Live(
            LiveOptions(
                journals=journals,
                recordings=settings.data_folder / "recordings",
                node=node,
                admission=AdmissionOptions(
                    most_speaking=settings.interviews_at_once,
                    most_typing=2 * settings.interviews_at_once,  # they cost sound in one direction, and no recognition
                    measured=settings.admission == "measured",
                ),
                peer=peer_options(settings),
                standing=settings.data_folder / "standing.json",
            ),
            database=database,
            feeder=feeder,
            objects=objects,
            recogniser=recogniser,
            voice=voice,
            coverage=coverage,
            jobs=jobs,
            clock=_now,
            sound_check=library.get(library.names()[0]).phrases["sound-check"][0],
        )
        await live.start()
        stack.push_async_callback(live.close)
        tasks: set[asyncio.Task[None]] = set()

        def in_background(work: Coroutine[Any, Any, None]) -> None:
            task = asyncio.create_task(work)
            tasks.add(task)
            task.add_done_callback(tasks.discard)

        async def end_tasks() -> None:
            for task in tuple(tasks):
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

        stack.push_async_callback(end_tasks)
        await recognition_start
        # Sentences of earlier runs can be said before the voice is there; a first run waits for it in announce().
        voice_start = asyncio.create_task(_start_voice(voice, progress), name="load the voice")
        stack.callback(voice_start.cancel)
        in_background(_start_coverage(coverage, after=voice_start))
        passwords = Passwords()
        stack.callback(passwords.close)

        async def voice_runs() -> bool:
            return not voice_start.done() or voice.pid is not None

        async def recognition_runs() -> bool:
            return recogniser.pid is not None

        async def lets_in() -> bool:
            return not live.draining

        rooms = Rooms(
            database=database,
            live=live,
            library=library,
            objects=objects,
            public_url=settings.address,
            jobs=jobs,
            clock=_now,
            options=HttpOptions(
                secure=settings.is_secure,
                trusted_proxies=settings.trusted_proxies,
                support_contact=settings.support_contact,
                ice_servers=peer_options(settings).ice_servers,
                relay_only=settings.relay_only,
                judges=tuple(judges_from(settings.judge_options)),
                node=Pin(node.id, node.address),
            ),
            checks={
                "voice": voice_runs,
                "recognition": recognition_runs,
                "admission": lets_in,
                "disk": partial(room_on, settings.data_folder),
            },
            pins=pins,
        )
        if settings.worker:
            worker = WorkerChild(
                (sys.executable, "-m", "interviewer", "worker", "--supervised"), {"MELVIN_DATABASE_URL": url}
            )
            stack.push_async_callback(worker.close)
            in_background(_start_worker(worker, after=voice_start))
        yield Service(build_site(rooms, passwords=passwords), rooms, voice, recogniser, live, in_background)


async def serve(settings: Settings, progress: Progress, ready: Callable[[Service], Awaitable[None]]) -> None:
    """Serve until told to stop. ``ready`` is awaited once all rooms are up, before the first request."""
    task = asyncio.current_task()
    if task is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)  # told to stop while starting
    async with service(settings, progress) as running:
        await ready(running)
        leave_alone()
        loop = asyncio.get_running_loop()
        config = uvicorn.Config(
            running.site,
            host=settings.host,
            port=settings.port,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=5,
            proxy_headers=False,  # the site itself believes the proxies that the settings name, and no others
        )
        server = _Server(config)
        hurry = asyncio.Event()
        draining: list[asyncio.Task[None]] = []

        async def drain() -> None:
            try:
                await running.live.drain(settings.drain_s, hurry)
            finally:
                server.should_exit = True

        def told_to_stop() -> None:
            """Told once, interviews are handed over when they fall silent; told again, at once."""
            if draining:
                hurry.set()
            else:
                draining.append(asyncio.create_task(drain(), name="drain"))

        for name in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(name, told_to_stop)
        await server.serve()
        await asyncio.gather(*draining)


async def work(settings: Settings, progress: Progress, roles: Sequence[str] = ()) -> None:
    """Work off durable jobs until told to stop, against the configured database or that of a running service. No
    ``roles`` means all. Raises :class:`UnknownRole`."""
    queues = queues_of(roles)
    from interviewer.jobs.observing import serve_metrics
    from interviewer.jobs.worker import JobOptions, run_worker  # half a second that `serve` need not wait for

    async with AsyncExitStack() as stack:
        if settings.otlp_endpoint:
            stack.callback(tracing.start("melvin-worker", settings.otlp_endpoint))
        if settings.worker_metrics:
            host, _, port = settings.worker_metrics.rpartition(":")
            stack.callback(serve_metrics(host, int(port))[1])
        url = await stack.enter_async_context(database_url(settings, progress))
        await run_worker(
            JobOptions(
                database_url=url,
                objects=settings.objects_place,
                recordings=settings.data_folder / "recordings",
                journals=settings.data_folder / "journals",
                node=own_id(settings.data_folder) or "none",
                recognition=recognition_options(settings),
                judge=settings.judge_options,
                judge_at_once=settings.judge_at_once,
                judge_per_minute=settings.judge_per_minute,
                queues=queues,
            )
        )


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Nothing: uvicorn's own way raises the signal again when it is done, which would end us before our rooms are
        closed."""
        yield


async def _start_voice(voice: Voice, progress: Progress) -> None:
    try:
        await voice.start(progress)
    except ModelGone as error:
        log.error("the voice could not be loaded; new sentences are captions alone", error=str(error))


async def _start_worker(worker: WorkerChild, *, after: asyncio.Task[None]) -> None:
    """Its start takes a core for seconds that the service's own start needs; its jobs can wait for that."""
    await asyncio.wait({after})
    worker.start()


async def _start_coverage(coverage: LiveCoverage, *, after: asyncio.Task[None]) -> None:
    """In the background: until it is there, probes are asked in the plan's order."""
    await asyncio.wait({after})
    try:
        await coverage.start()
    except ModelGone as error:
        log.error("the embedding model could not be loaded; probes are asked in the plan's order", error=str(error))


def _now() -> datetime:
    return datetime.now(UTC)
