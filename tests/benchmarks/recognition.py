"""Word error rate and speed of recognition, live and for the record, on recorded speech.

Data: audio/<set>/manifest.jsonl (file, text) of DIR, sets read_en, nonnative_en, spontaneous_en and nonspeech. The
word error rate of a set is pooled (all errors over all reference words), case, punctuation and uh/um left out. Times
are those of the recogniser alone, from samples in memory to text, on two threads: seconds of work for a second of
sound, and for live recognition of clips up to 15 s, as answers' ends are, the median and the 95th percentile. Nonspeech
clips hold no words: each word heard there is invented. ``--quick`` takes the first six clips of each set.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles

import numpy as np
import numpy.typing as npt

from interviewer.speech.recognition import Recognition, RecognitionOptions, RecordRecogniser
from tests.benchmarks.report import DataMissing, Figure, Options, Report
from tests.clips import RATE, load, word_error_rate

__all__ = ["run"]

Pcm = npt.NDArray[np.int16]

SETS = ("read_en", "spontaneous_en", "nonnative_en")
WORDLESS = "nonspeech"
NATIVE = ("read_en", "spontaneous_en")
NATIVE_WER = 0.15
SHORT_S = 15.0
QUICK = 6


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
    figures.append(Figure(f"{way}: words invented in {WORDLESS}", invented, "words"))
    speech = [h for name in SETS for h in heard[name]]
    work = sum(h.took_s for h in speech) / sum(h.audio_s for h in speech)
    figures.append(Figure(f"{way}: work for a second of speech", work, "s"))
    if way == "live":
        short = [h.took_s for h in speech if h.audio_s <= SHORT_S]
        figures.append(Figure(f"live: clips up to {SHORT_S:.0f} s, median", median(short), "s"))
        figures.append(Figure(f"live: clips up to {SHORT_S:.0f} s, 95th percentile", quantiles(short, n=20)[-1], "s"))
    return figures
