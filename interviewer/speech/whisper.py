"""Whisper, called in two ways: quickly while a candidate waits, and carefully for the record.

Everything that faster-whisper and CTranslate2 are told stands in this file and nowhere else.

The quick way cuts speech into windows of at most 12 s, pads each to 10 s or a little more in log-mel space with the
lowest value of its features, and decodes greedily without timestamps. Measured with the base model (int8, two threads,
read and spontaneous English): clips of up to 12 s, word error rate 2.3 %; longer ones 6.1 % (the careful way, on clips
over 9 s: 4.9 %, with three times the processor time on an answer of 10 s). Windows of
15 s and more lose whole sentences (14 to 25 %), 8 s with their padding break down (28 %), and so now and then do
windows that sound fills to the brim.
"""

from __future__ import annotations

import re
import time
import zlib
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from interviewer.speech.activity import SPEECH
from interviewer.speech.finality import Ending, shipped, voice_of
from interviewer.speech.silero import CHUNK, speech_probabilities
from interviewer.speech.smart_turn import SmartTurn
from interviewer.speech.windows import windows
from scoring.transcript import Word

__all__ = ["RATE", "Recognition", "Whisper"]

RATE = 16_000
FRAMES_PER_S = 100
SHORTEST_WINDOW_S = 10.0
PADDING_S = 1.5
"""Silence that follows the sound in every window: without any, Whisper leaves sentences out."""

NO_SPEECH = 0.6
LOWEST_LOGPROB = -1.0
HIGHEST_COMPRESSION = 2.4
"""Whisper's own limits: quiet guesses, unlikely guesses, and loops."""

LOOP_GUARD = {"no_repeat_ngram_size": 3, "repetition_penalty": 1.1}
"""What a window is decoded with again when it ran into a loop: "words words words ..."."""

UNLIKELY_OVER_SILENCE = -0.8
"""Stricter than Whisper's own -1.0: over music and hum the base model says "Thank you." at -0.9."""

DOUBTFUL_NO_SPEECH = 0.2
DOUBTFUL_LOGPROB = -0.5
"""Worse than this, and voice activity is asked as well; it costs 5 ms for each second of sound."""

ENDS = (".", "?", "!")

INAUDIBLE = 16
"""Loudest sample of what is called digital silence: -66 dB of full scale."""

Pcm = npt.NDArray[np.int16]
NO_SOUND: Pcm = np.zeros(0, np.int16)


@dataclass(frozen=True, slots=True)
class Recognition:
    """``words`` are timed from the first sample given, in seconds; the quick way leaves them out.
    ``confidence`` is the mean probability of a token, 0 to 1; 0 where nothing was said. ``finality``, of the quick way:
    how likely a turn ends after the last word, 0 to 1 (see ``finality``); None where that is not known."""

    text: str
    words: tuple[Word, ...] = ()
    confidence: float = 0.0
    audio_s: float = 0.0
    took_s: float = 0.0
    finality: float | None = None


NOTHING = Recognition("")


class Whisper:
    """The loaded model. ``language`` is fixed by the plan: guessing it is the base model's worst error on accents."""

    def __init__(self, folder: Path, compute_type: str, threads: int, smart_turn: Path | None = None) -> None:
        """``smart_turn``: its weights (see ``smart_turn_file``)."""
        from faster_whisper import WhisperModel

        self.model: Any = WhisperModel(str(folder), device="cpu", compute_type=compute_type, cpu_threads=threads)
        self.finality: Callable[[Ending], float | None] = shipped()
        self._smart_turn_file = smart_turn
        self._smart_turn: SmartTurn | None = None
        self._beside = ThreadPoolExecutor(1, "smart-turn")

    def warm(self) -> None:
        """Run once on nothing, so that the first real call does not pay for buffers."""
        nothing = np.zeros(RATE, np.int16)
        self._window(nothing, "en", None)
        if self._smart_turn_file is not None:
            self._tune(self._smart_turn_file, nothing)

    # -- quickly ---------------------------------------------------------------------------------------------------

    def quick(
        self, pcm: Pcm, *, language: str, hotwords: str | None = None, judged: bool = True, before: Pcm = NO_SOUND
    ) -> Recognition:
        """Speech of any length, a window at a time; no word times. Without ``judged`` its finality is None. ``before``:
        sound that led up to it, for its finality alone."""
        began = time.perf_counter()
        spans = list(windows(pcm))
        file = self._smart_turn_file if judged and spans else None
        tune = self._beside.submit(self._tune, file, np.concatenate([before, pcm])) if file is not None else None
        heard = [self._window(pcm[start:end], language, hotwords) for start, end in spans]
        said = [(window, ending) for window, ending in heard if window.text]
        weights = [len(window.text.split()) for window, _ in said]
        ending = said[-1][1] if said and judged else None
        if ending is not None and tune is not None:
            ending = replace(ending, tune=tune.result())
        return Recognition(
            " ".join(window.text for window, _ in said),
            (),
            float(np.average([window.confidence for window, _ in said], weights=weights)) if said else 0.0,
            len(pcm) / RATE,
            time.perf_counter() - began,
            self.finality(ending) if ending is not None else None,
        )

    def _tune(self, file: Path, pcm: Pcm) -> npt.NDArray[np.float32]:
        """Loaded when it is first wanted: whoever makes record transcripts alone never needs it."""
        if self._smart_turn is None:
            self._smart_turn = SmartTurn(file)
        return self._smart_turn(pcm)

    def _window(self, pcm: Pcm, language: str, hotwords: str | None) -> tuple[Recognition, Ending | None]:
        """Its words, and how they end where there are any."""
        from faster_whisper.transcribe import get_ctranslate2_storage, get_suppressed_tokens

        if not len(pcm) or int(np.abs(pcm.astype(np.int32)).max()) < INAUDIBLE:
            return NOTHING, None
        tokenizer = self._tokenizer(language)
        features = self.model.feature_extractor(pcm.astype(np.float32) / 32768.0)
        sound = features.shape[-1]
        frames = max(int(SHORTEST_WINDOW_S * FRAMES_PER_S), features.shape[-1] + int(PADDING_S * FRAMES_PER_S))
        missing = frames - features.shape[-1]
        features = np.pad(features, ((0, 0), (0, missing)), constant_values=float(features.min()))
        encoded = self.model.model.encode(get_ctranslate2_storage(features[np.newaxis].astype(np.float32)))
        prompt = self.model.get_prompt(tokenizer, [], without_timestamps=True, hotwords=hotwords)
        text, logprob, no_speech, mark = "", 0.0, 0.0, 0.0
        for loop_guard in ({}, LOOP_GUARD):
            result = self.model.model.generate(
                encoded,
                [prompt],
                beam_size=1,
                max_length=min(self.model.max_length, len(prompt) + _most_tokens(len(pcm) / RATE)),
                return_scores=True,
                return_logits_vocab=True,
                return_no_speech_prob=True,
                suppress_blank=True,
                suppress_tokens=list(get_suppressed_tokens(tokenizer, [-1])),
                **loop_guard,
            )[0]
            tokens = result.sequences_ids[0]
            text = str(tokenizer.decode(tokens)).strip()
            logprob = result.scores[0] * len(tokens) / (len(tokens) + 1)
            no_speech = result.no_speech_prob
            mark = _mark(tokenizer, tokens, result.logits[0])
            if not _loops(text):
                break
        if _loops(text) or not _believable(text, logprob, no_speech):
            return NOTHING, None
        doubtful = no_speech > DOUBTFUL_NO_SPEECH or logprob < DOUBTFUL_LOGPROB
        if doubtful and not _has_speech(pcm):
            return NOTHING, None
        voice = voice_of(np.array(encoded)[0], sound // 2)
        return Recognition(text, (), float(np.exp(logprob))), Ending(mark, voice)

    def _tokenizer(self, language: str) -> Any:
        from faster_whisper.tokenizer import Tokenizer

        model = self.model
        spoken = language if model.model.is_multilingual else "en"
        return Tokenizer(model.hf_tokenizer, model.model.is_multilingual, task="transcribe", language=spoken)

    # -- carefully -------------------------------------------------------------------------------------------------

    def careful(
        self,
        pcm: Pcm,
        *,
        language: str,
        hotwords: str | None = None,
        temperatures: tuple[float, ...] = (0.0, 0.2, 0.4),
    ) -> Recognition:
        """A whole recording or a stretch of one, with word times and confidences. The later ``temperatures`` are for
        stretches that went wrong at the one before."""
        import ctranslate2

        began = time.perf_counter()
        # The fallback samples where greedy decoding ran into a loop; the same recording gives the same transcript.
        ctranslate2.set_random_seed(1)
        segments, _ = self.model.transcribe(
            pcm.astype(np.float32) / 32768.0,
            language=language,
            beam_size=5,
            temperature=temperatures,
            condition_on_previous_text=False,
            word_timestamps=True,
            vad_filter=True,
            vad_parameters={"min_silence_duration_ms": 2000, "speech_pad_ms": 400},
            no_speech_threshold=NO_SPEECH,
            log_prob_threshold=LOWEST_LOGPROB,
            compression_ratio_threshold=HIGHEST_COMPRESSION,
            hotwords=hotwords,
        )
        texts: list[str] = []
        words: list[Word] = []
        for segment in segments:
            text = segment.text.strip()
            if _loops(text) or not _believable(text, segment.avg_logprob, segment.no_speech_prob):
                continue
            texts.append(text)
            words += _words(segment.words or ())
        confidences = [w.confidence for w in words if w.confidence is not None]
        return Recognition(
            " ".join(texts),
            tuple(words),
            float(np.mean(confidences)) if confidences else 0.0,
            len(pcm) / RATE,
            time.perf_counter() - began,
        )


def _mark(tokenizer: Any, tokens: Sequence[int], logits: Sequence[Any]) -> float:
    """How likely ".", "?" or "!" follows the last word, 0 to 1, whether or not one was written.

    ``logits``: one vector for each token, and one more for the end; what was cut off has no end.
    """
    if not tokens or len(logits) <= len(tokens):
        return 0.0
    after_words = len(tokens)
    while after_words > 1 and not re.search(r"\w", str(tokenizer.decode([tokens[after_words - 1]]))):
        after_words -= 1
    scores = np.array(logits[after_words]).ravel().astype(np.float64)
    likely = np.exp(scores - scores.max())
    ends = [token for mark in ENDS for token in tokenizer.encode(mark)]
    return float(likely[ends].sum() / likely.sum())


def _has_speech(pcm: Pcm) -> bool:
    """A quarter of a second of it, says the voice activity model."""
    return int((speech_probabilities(pcm) >= SPEECH).sum()) * CHUNK >= RATE // 4


def _words(pieces: Iterable[Any]) -> list[Word]:
    """faster-whisper's pieces as words; "-hearted" goes back to its "cold"."""
    words: list[Word] = []
    for piece in pieces:
        text = str(piece.word)
        if not text.strip():
            continue
        start, end, confidence = round(piece.start, 3), round(piece.end, 3), round(piece.probability, 4)
        if words and text[0] in "-'\u2019\u2010\u2011":
            last = words.pop()
            words.append(Word(last.text + text.rstrip(), last.start, end, min(last.confidence or 0.0, confidence)))
        else:
            words.append(Word(text.strip(), start, end, confidence))
    return words


def _most_tokens(seconds: float) -> int:
    """Twice what the fastest talker needs (about 8 tokens a second); a loop ends here."""
    return 32 + int(16 * seconds)


def _believable(text: str, logprob: float, no_speech: float) -> bool:
    """False for what Whisper makes up over silence, for marks without a word, and for "[Music]" and its like."""
    if not re.search(r"\w", text) or text[0] in "[(*♪":
        return False
    return not (no_speech > NO_SPEECH and logprob < UNLIKELY_OVER_SILENCE)


def _loops(text: str, times: int = 6) -> bool:
    """True where text is too easy to compress, or one phrase of up to four words comes ``times`` times running."""
    raw = text.encode()
    if raw and len(raw) / len(zlib.compress(raw)) > HIGHEST_COMPRESSION:
        return True
    words = text.lower().split()
    for size in range(1, 5):
        run = 0
        for i in range(size, len(words)):
            run = run + 1 if words[i] == words[i - size] else 0
            if run >= size * (times - 1):
                return True
    return False
