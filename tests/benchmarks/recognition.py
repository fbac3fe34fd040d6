"""Word error rate and speed of recognition, live and for the record, on recorded speech.

Data: audio/<set>/manifest.jsonl (file, text) of DIR, sets read_en, nonnative_en, spontaneous_en and nonspeech. The
word error rate of a set is pooled (all errors over all reference words), case, punctuation and uh/um left out. Times
are those of the recogniser alone, from samples in memory to text, on two threads: seconds of work for a second of
sound, and for live recognition of clips up to 15 s, as answers' ends are, the median and the 95th percentile. Nonspeech
clips hold no words: each word heard there is invented. ``--quick`` takes the first six clips of each set.

The record transcript stands beside faster-whisper's own way with the same weights (``WhisperModel.transcribe`` on the
whole file, all its defaults but the language), both at temperature 0, pooled over read_en and spontaneous_en. Clips are
drawn again ten thousand times, the same ones for both: the target is missed only where even the lower bound of the 95 %
interval of the difference is above half a point. In the same way live recognition's short windows stand beside
Whisper's own of 30 s.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from unittest.mock import patch

import jiwer
import numpy as np
import numpy.typing as npt

import interviewer.speech.whisper
from interviewer.speech.recognition import Recognition, RecognitionOptions, RecordRecogniser
from interviewer.speech.whisper import Whisper
from tests.benchmarks.report import DataMissing, Figure, Options, Report
from tests.clips import RATE, load, plain, word_error_rate

__all__ = ["run"]

Pcm = npt.NDArray[np.int16]
Errors = npt.NDArray[np.int_]
"""One row for each clip: errors, words of the reference."""

SETS = ("read_en", "spontaneous_en", "nonnative_en")
WORDLESS = "nonspeech"
NATIVE = ("read_en", "spontaneous_en")
NATIVE_WER = 0.15
SHORT_S = 15.0
QUICK = 6
MARGIN_POINTS = 0.5
LONG_WINDOW_S = 30.0
DRAWS = 10_000


@dataclass(frozen=True, slots=True)
class _Heard:
    reference: str
    text: str
    audio_s: float
    took_s: float


def run(options: Options) -> Report:
    rows = {name: _rows(options, name) for name in (*SETS, WORDLESS)}
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="melvin-recognition-") as cache:
        recogniser = RecordRecogniser(RecognitionOptions(Path(cache)))
        whisper = recogniser.load()
        whisper.warm()
        ways: dict[str, Callable[[Pcm], Recognition]] = {
            "live": lambda pcm: whisper.quick(pcm, language="en"),
            "record": recogniser.recognise,
        }
        for way, recognise in ways.items():
            heard = {name: [_hear(recognise, path, text) for path, text in rows[name]] for name in rows}
            figures += _figures(way, heard)
        native = [row for name in NATIVE for row in rows[name]]
        figures += _beside_long_windows(whisper, native)
        figures += _beside_faster_whisper(whisper, native)
    return Report(figures, [f"Whisper {recogniser.model}, int8, two threads", f"data: {options.data}/audio"])


def _rows(options: Options, name: str) -> list[tuple[Path, str]]:
    folder = options.data / "audio" / name
    manifest = folder / "manifest.jsonl"
    if not manifest.is_file():
        raise DataMissing(f"{manifest} is not there; name the folder that holds audio/ with --data or MELVIN_DATA")
    rows = [json.loads(line) for line in manifest.read_text("utf-8").splitlines()]
    found = [(folder / row["file"], row["text"]) for row in rows if row["text"] is not None]
    return found[:QUICK] if options.quick else found


def _hear(recognise: Callable[[Pcm], Recognition], path: Path, text: str) -> _Heard:
    pcm = load(path)
    began = time.perf_counter()
    result = recognise(pcm)
    return _Heard(text, result.text, len(pcm) / RATE, time.perf_counter() - began)


def _figures(way: str, heard: dict[str, list[_Heard]]) -> list[Figure]:
    figures = []
    for name in SETS:
        one = heard[name]
        rate = word_error_rate(" ".join(h.reference for h in one), " ".join(h.text for h in one))
        limit = 100 * NATIVE_WER if name in NATIVE else None
        figures.append(Figure(f"{way}: word error rate, {name}", 100 * rate, "%", at_most=limit))
    invented = sum(len(h.text.split()) for h in heard[WORDLESS])
    figures.append(Figure(f"{way}: words invented in {WORDLESS}", invented, "words", at_most=0))
    speech = [h for name in SETS for h in heard[name]]
    work = sum(h.took_s for h in speech) / sum(h.audio_s for h in speech)
    figures.append(Figure(f"{way}: work for a second of speech", work, "s"))
    if way == "live":
        short = [h.took_s for h in speech if h.audio_s <= SHORT_S]
        figures.append(Figure(f"live: clips up to {SHORT_S:.0f} s, median", median(short), "s"))
        figures.append(Figure(f"live: clips up to {SHORT_S:.0f} s, 95th percentile", quantiles(short, n=20)[-1], "s"))
    return figures


def _beside_long_windows(whisper: Whisper, rows: Sequence[tuple[Path, str]]) -> list[Figure]:
    def live(pcm: Pcm) -> str:
        return whisper.quick(pcm, language="en").text

    short = _all_errors(rows, live)
    with patch.object(interviewer.speech.whisper, "SHORTEST_WINDOW_S", LONG_WINDOW_S):
        long = _all_errors(rows, live)
    return _beside("live in short windows", short, "live in windows of 30 s", long)


def _beside_faster_whisper(whisper: Whisper, rows: Sequence[tuple[Path, str]]) -> list[Figure]:
    def ours(pcm: Pcm) -> str:
        return whisper.careful(pcm, language="en", temperatures=(0.0,)).text

    def theirs(pcm: Pcm) -> str:
        segments, _ = whisper.model.transcribe(pcm.astype(np.float32) / 32768.0, language="en", temperature=0.0)
        return " ".join(s.text.strip() for s in segments)

    return _beside(
        "record at temperature 0", _all_errors(rows, ours),
        "faster-whisper's own, whole file", _all_errors(rows, theirs),
    )  # fmt: skip


def _beside(name: str, ours: Errors, other: str, theirs: Errors) -> list[Figure]:
    difference, lower, upper = _difference(ours, theirs)
    return [
        Figure(f"{name}: word error rate", 100 * _pooled(ours), "%"),
        Figure(f"{other}: word error rate", 100 * _pooled(theirs), "%"),
        Figure(f"{name}: difference", 100 * difference, "points"),
        Figure(f"{name}: difference, lower bound", 100 * lower, "points", at_most=MARGIN_POINTS),
        Figure(f"{name}: difference, upper bound", 100 * upper, "points"),
    ]


def _all_errors(rows: Sequence[tuple[Path, str]], recognise: Callable[[Pcm], str]) -> Errors:
    return np.array([_errors(text, recognise(load(path))) for path, text in rows])


def _errors(reference: str, heard: str) -> tuple[int, int]:
    """Wrong, missing and invented words, and words of the reference."""
    found = jiwer.process_words(plain(reference), plain(heard) or "-")
    return found.substitutions + found.deletions + found.insertions, len(plain(reference).split())


def _pooled(errors: Errors) -> float:
    return float(errors[:, 0].sum() / errors[:, 1].sum())


def _difference(ours: Errors, theirs: Errors) -> tuple[float, float, float]:
    """Of the pooled rates, and its 95 % interval by the paired bootstrap over clips."""
    chosen = np.random.default_rng(0).integers(0, len(ours), (DRAWS, len(ours)))
    words = ours[chosen, 1].sum(axis=1)
    drawn = (ours[chosen, 0].sum(axis=1) - theirs[chosen, 0].sum(axis=1)) / words
    lower, upper = np.percentile(drawn, [2.5, 97.5])
    return _pooled(ours) - _pooled(theirs), float(lower), float(upper)
