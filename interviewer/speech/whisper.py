"""Whisper, called in two ways: quickly while a candidate waits, and carefully for the record.

Everything that faster-whisper and CTranslate2 are told stands in this file and nowhere else.

The quick way pads a window to 10 s in log-mel space with the lowest value of its features, and decodes greedily without
timestamps. Measured with the base model (int8, two threads, 19 read clips of 3-10 s): word error rate 2.2 % against 2.9 %
for the usual 30 s of padding, in less than a third of the time. At 8 s it breaks: 27.8 %.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from interviewer.speech.windows import windows
from scoring.transcript import Word

__all__ = ["RATE", "Recognition", "Whisper"]

RATE = 16_000
FRAMES_PER_S = 100
SHORTEST_WINDOW_S = 10.0

NO_SPEECH = 0.6
LOWEST_LOGPROB = -1.0
HIGHEST_COMPRESSION = 2.4
"""Whisper's own limits: quiet guesses, unlikely guesses, and loops."""

Pcm = npt.NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Recognition:
    """``words`` are timed from the first sample given, in seconds; the quick way leaves them out.
    ``confidence`` is the mean probability of a token, 0 to 1; 0 where nothing was said."""

    text: str
    words: tuple[Word, ...] = ()
    confidence: float = 0.0
    audio_s: float = 0.0
    took_s: float = 0.0


class Whisper:
    """The loaded model. ``language`` is fixed by the plan: guessing it is the base model's worst error on accents."""

    def __init__(self, folder: Path, compute_type: str, threads: int) -> None:
        from faster_whisper import WhisperModel

        self._model: Any = WhisperModel(str(folder), device="cpu", compute_type=compute_type, cpu_threads=threads)

    # -- quickly ---------------------------------------------------------------------------------------------------

    def quick(self, pcm: Pcm, *, language: str, hotwords: str | None = None) -> tuple[str, float]:
        """Text and confidence of speech of any length, a window at a time."""
        texts: list[str] = []
        scores: list[tuple[float, int]] = []
        for start, end in windows(pcm):
            text, probability = self._window(pcm[start:end], language, hotwords)
            if text:
                texts.append(text)
                scores.append((probability, len(text.split())))
        weight = sum(n for _, n in scores)
        return " ".join(texts), (sum(p * n for p, n in scores) / weight if weight else 0.0)

    def _window(self, pcm: Pcm, language: str, hotwords: str | None) -> tuple[str, float]:
        from faster_whisper.transcribe import get_compression_ratio, get_ctranslate2_storage, get_suppressed_tokens

        tokenizer = self._tokenizer(language)
        features = self._model.feature_extractor(pcm.astype(np.float32) / 32768.0)
        missing = int(SHORTEST_WINDOW_S * FRAMES_PER_S) - features.shape[-1]
        if missing > 0:
            features = np.pad(features, ((0, 0), (0, missing)), constant_values=float(features.min()))
        encoded = self._model.model.encode(get_ctranslate2_storage(features[np.newaxis].astype(np.float32)))
        prompt = self._model.get_prompt(tokenizer, [], without_timestamps=True, hotwords=hotwords or None)
        result = self._model.model.generate(
            encoded,
            [prompt],
            beam_size=1,
            max_length=min(self._model.max_length, len(prompt) + _most_tokens(len(pcm) / RATE)),
            return_scores=True,
            return_no_speech_prob=True,
            suppress_blank=True,
            suppress_tokens=list(get_suppressed_tokens(tokenizer, [-1])),
        )[0]
        tokens = result.sequences_ids[0]
        text = str(tokenizer.decode(tokens)).strip()
        logprob = result.scores[0] * len(tokens) / (len(tokens) + 1)
        if not _believable(text, logprob, result.no_speech_prob, get_compression_ratio(text) if text else 0.0):
            return "", 0.0
        return text, float(np.exp(logprob))

    def _tokenizer(self, language: str) -> Any:
        from faster_whisper.tokenizer import Tokenizer

        model = self._model
        spoken = language if model.model.is_multilingual else "en"
        return Tokenizer(model.hf_tokenizer, model.model.is_multilingual, task="transcribe", language=spoken)

    # -- carefully -------------------------------------------------------------------------------------------------

    def careful(self, pcm: Pcm, *, language: str, hotwords: str | None = None) -> tuple[str, tuple[Word, ...], float]:
        """Text, words with times and confidence, and mean confidence."""
        import ctranslate2

        # The fallback samples where greedy decoding ran into a loop; the same recording gives the same transcript.
        ctranslate2.set_random_seed(1)
        segments, _ = self._model.transcribe(
            pcm.astype(np.float32) / 32768.0,
            language=language,
            beam_size=5,
            temperature=(0.0, 0.2, 0.4),
            condition_on_previous_text=False,
            word_timestamps=True,
            vad_filter=True,
            vad_parameters={"min_silence_duration_ms": 2000, "speech_pad_ms": 400},
            no_speech_threshold=NO_SPEECH,
            log_prob_threshold=LOWEST_LOGPROB,
            compression_ratio_threshold=HIGHEST_COMPRESSION,
            hotwords=hotwords or None,
        )
        texts: list[str] = []
        words: list[Word] = []
        for segment in segments:
            text = segment.text.strip()
            if not _believable(text, segment.avg_logprob, segment.no_speech_prob, segment.compression_ratio):
                continue
            texts.append(text)
            words.extend(
                Word(w.word.strip(), round(w.start, 3), round(w.end, 3), round(w.probability, 4))
                for w in segment.words or ()
                if w.word.strip()
            )
        confidences = [w.confidence for w in words if w.confidence is not None]
        return " ".join(texts), tuple(words), float(np.mean(confidences)) if confidences else 0.0


def _most_tokens(seconds: float) -> int:
    """Twice what the fastest talker needs (about 8 tokens a second); a loop ends here."""
    return 32 + int(16 * seconds)


def _believable(text: str, logprob: float, no_speech: float, compression: float) -> bool:
    """False for what Whisper makes up: text over silence, loops, and lone sound effects."""
    if not re.search(r"\w", text):
        return False
    if no_speech > NO_SPEECH and logprob < LOWEST_LOGPROB:
        return False
    if compression > HIGHEST_COMPRESSION:
        return False
    return not _repeats(text.split())


def _repeats(words: Sequence[str], times: int = 5) -> bool:
    """True where one phrase of one to four words comes ``times`` times running."""
    lowered = [w.lower() for w in words]
    for size in range(1, 5):
        run = 0
        for i in range(size, len(lowered)):
            run = run + 1 if lowered[i] == lowered[i - size] else 0
            if run >= size * (times - 1):
                return True
    return False


def compression(text: str) -> float:
    raw = text.encode()
    return len(raw) / len(zlib.compress(raw))
