"""How soon a candidate's words stand in the captions, and what recognising them costs.

From the moment a word has been spoken (its end in the record transcript of the same clip) to the first caption that
holds it; recorded speech (audio/spontaneous_en and audio/read_en of DIR) is handed to live's Listening in real time, in
blocks of 20 ms, with the service's own recogniser in its process. Captions are aligned with the record transcript; a
word that no caption has at its place counts as not shown. Melvin's own captions need no recognition: they are sent as
his sound begins. With it, for each number of interviews that speak at once: how long after the end of a stretch of
speech its words are there (0.7 s of it is the silence that settles a stretch), and the processor time of recognition
for a second of speech, with captions and without. ``--quick`` speaks for 25 s instead of 75.
"""

from __future__ import annotations

import asyncio
import difflib
import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import psutil

from interviewer.conversation.events import Event, Heard
from interviewer.live.listening import Listening
from interviewer.live.load import Load
from interviewer.live.recogniser import InterviewRecogniser
from interviewer.speech.recognition import Purpose, Recogniser, RecognitionOptions
from tests.benchmarks.report import DataMissing, Figure, Options, Report
from tests.clips import RATE, load, plain

__all__ = ["run"]

Pcm = npt.NDArray[np.int16]

SETS = ("spontaneous_en", "read_en")
AT_ONCE = (1, 2, 4)
SECONDS, QUICK_SECONDS = 75.0, 25.0
LONGEST_CLIP_S = 30.0
BETWEEN_S = 1.5
AFTER_S = 3.0
BLOCK = RATE // 50
WITHIN_S = 1.5
SHARES = (50, 95)


@dataclass(frozen=True, slots=True)
class _Clip:
    """``words``: plain words of its record transcript, each with its start and end in seconds."""

    pcm: Pcm
    words: tuple[tuple[str, float, float], ...]


@dataclass(slots=True)
class _Interview:
    """What came back, with the second of the stream at which it came."""

    pcm: Pcm
    words: list[tuple[str, float, float]]
    captions: list[tuple[float, int, str]] = field(default_factory=list)
    heard: list[tuple[float, Heard]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Measured:
    delays: Sequence[float]
    words: int
    last_words: Sequence[float]
    processor_s: float
    speech_s: float

    @property
    def cost(self) -> float:
        return self.processor_s / self.speech_s


def run(options: Options) -> Report:
    paths = _paths(options)
    return asyncio.run(_run(paths, QUICK_SECONDS if options.quick else SECONDS))


def _paths(options: Options) -> list[Path]:
    found = []
    for name in SETS:
        folder = options.data / "audio" / name
        manifest = folder / "manifest.jsonl"
        if not manifest.is_file():
            raise DataMissing(f"{manifest} is not there; name the folder that holds audio/ with --data or MELVIN_DATA")
        rows = [json.loads(line) for line in manifest.read_text("utf-8").splitlines()]
        found += [folder / row["file"] for row in rows if row["duration"] <= LONGEST_CLIP_S]
    return found


async def _run(paths: Sequence[Path], seconds: float) -> Report:
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="melvin-captions-") as cache:
        recogniser = Recogniser(RecognitionOptions(Path(cache)))
        await recogniser.start()
        try:
            clips = await _clips(recogniser, paths, seconds)
            for many in AT_ONCE:
                with_captions = await _at_once(recogniser, clips, many, seconds, captions=True)
                without = await _at_once(recogniser, clips, many, seconds, captions=False)
                figures += _figures(many, with_captions, without)
        finally:
            await recogniser.close()
    return Report(figures, [f"Whisper {recogniser.model}, int8, two threads; {len(clips)} clips"])


async def _clips(recogniser: Recogniser, paths: Sequence[Path], seconds: float) -> list[_Clip]:
    """As many as the longest stream of all needs."""
    clips: list[_Clip] = []
    while sum(len(c.pcm) for c in clips) < seconds * RATE and len(clips) < len(paths):
        pcm = load(paths[len(clips)])
        record = await recogniser.recognise(pcm, purpose=Purpose.RECORD)
        words = tuple((p, w.start, w.end) for w in record.words for p in plain(w.text).split())
        clips.append(_Clip(pcm, words))
    return clips


def _stream(clips: Sequence[_Clip], first: int, seconds: float) -> _Interview:
    """Clips one after the other, each interview beginning with another one."""
    silence = np.zeros(round(BETWEEN_S * RATE), np.int16)
    interview = _Interview(silence, [])
    number = first
    while len(interview.pcm) < seconds * RATE:
        clip = clips[number % len(clips)]
        at = len(interview.pcm) / RATE
        interview.words += [(word, at + start, at + end) for word, start, end in clip.words]
        interview.pcm = np.concatenate([interview.pcm, clip.pcm, silence])
        number += 1
    interview.pcm = np.concatenate([interview.pcm, np.zeros(round(AFTER_S * RATE), np.int16)])
    return interview


async def _at_once(
    recogniser: Recogniser, clips: Sequence[_Clip], many: int, seconds: float, *, captions: bool
) -> _Measured:
    interviews = [_stream(clips, number * max(1, len(clips) // many), seconds) for number in range(many)]
    process = psutil.Process(recogniser.pid)
    before = process.cpu_times()
    await asyncio.gather(*(_speak(recogniser, interview, captions) for interview in interviews))
    after = process.cpu_times()
    delays = [delay for interview in interviews for delay in _delays(interview)]
    last = [at - heard.end / RATE for interview in interviews for at, heard in interview.heard]
    speech = sum(heard.end - heard.start for interview in interviews for _, heard in interview.heard) / RATE
    return _Measured(
        delays,
        sum(len(interview.words) for interview in interviews),
        last,
        after.user + after.system - before.user - before.system,
        speech,
    )


async def _speak(recogniser: Recogniser, interview: _Interview, captions: bool) -> None:
    """A block is handed over when its last sample has been spoken."""
    loop = asyncio.get_running_loop()
    began = loop.time()

    def emit(event: Event) -> None:
        if isinstance(event, Heard):
            interview.heard.append((loop.time() - began, event))

    def caption(segment: int, text: str, final: bool) -> None:
        interview.captions.append((loop.time() - began, segment, text))

    own = InterviewRecogniser(recogniser, Load(), "en", ())
    listening = Listening(
        own, emit=emit, caption=caption if captions else None, question=lambda: "one", busy=lambda: own.busy
    )
    for start in range(0, len(interview.pcm), BLOCK):
        block = interview.pcm[start : start + BLOCK]
        await asyncio.sleep(began + (start + len(block)) / RATE - loop.time())
        listening.hear(start, block)
    await listening.close()


def _delays(interview: _Interview) -> list[float]:
    """For each word that a caption has at its place: seconds from its end to the first such caption, 0 at least."""
    shown: dict[int, str] = {}
    first: dict[int, float] = {}
    for at, segment, text in interview.captions:
        shown[segment] = text
        said = [n for n, (_, start, _) in enumerate(interview.words) if start <= at]
        caption = [word for number in sorted(shown) for word in plain(shown[number]).split()]
        matcher = difflib.SequenceMatcher(None, [interview.words[n][0] for n in said], caption, autojunk=False)
        for block in matcher.get_matching_blocks():
            for n in range(block.a, block.a + block.size):
                first.setdefault(n, at)
    return [max(0.0, at - interview.words[n][2]) for n, at in first.items()]


def _figures(many: int, captioned: _Measured, without: _Measured) -> list[Figure]:
    name = "1 interview" if many == 1 else f"{many} at once"
    target = WITHIN_S if many == 1 else None
    figures = [
        Figure(f"{name}: word to caption, {_percentile(share)}", float(np.percentile(captioned.delays, share)), "s",
               at_most=target)
        for share in SHARES
    ]  # fmt: skip
    figures.append(Figure(f"{name}: words shown", 100 * len(captioned.delays) / captioned.words, "%"))
    for way, measured in (("with captions", captioned), ("without", without)):
        figures += [
            Figure(f"{name}, {way}: end of speech to its words, {_percentile(share)}",
                   float(np.percentile(measured.last_words, share)), "s")
            for share in SHARES
        ]  # fmt: skip
        figures.append(Figure(f"{name}, {way}: processor time for a second of speech", measured.cost, "s"))
    return figures


def _percentile(share: int) -> str:
    return "median" if share == 50 else f"{share}th percentile"
