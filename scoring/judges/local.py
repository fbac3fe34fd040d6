"""The local judge: a causal language model on this machine whose levels are read from its logits. It writes nothing.

For each criterion the prompt ends in "Level:", and the probabilities of the five levels are those of the five digits as
the next token, made to sum to 1. With ``calibrate``, what the same prompt gives for an answer that says nothing is
taken out first: p(level) ~ p(level | answer) / p(level | nothing).

Measured with SmolLM2-135M-Instruct on the worked answers of two rubrics (10 each, two criteria of each): Spearman with
the given level 0.22 and 0.07, with ``calibrate`` 0.17 and 0.07, word count alone 0.64 and 0.63. A model of that size
cannot judge: its expected levels lie within 0.21 of each other. Larger ones have not been measured here.

A digit cites nothing, so its evidence is found by code: the answer's sentences nearest in meaning to the criterion's
key points. They show what there is to check the level against, not why the model chose it.
"""

from __future__ import annotations

import json
import threading
import time
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from scoring.calls import CallRecord
from scoring.embeddings import Embedder
from scoring.evidence import is_quotable, parts
from scoring.judges.base import Citation, CriterionJudgement, JudgeFailed, Judgement, Probabilities
from scoring.judges.given import Given, given, judged_nothing
from scoring.judges.local_model import CausalModel, LocalModelMissing, LocalOptions, TooLong
from scoring.prompts import JudgePrompt, default_folder, read_prompt
from scoring.rubric import Criterion, Rubric
from scoring.sentences import sentences, words
from scoring.transcript import Answer, content_hash

__all__ = ["LocalJudge"]

CODE = "1"
MOST_QUOTES = 3
FEWEST_QUOTE_WORDS = 3
REASON = (
    "Read from the model's probabilities of the five levels; the quotes are the sentences nearest to the key points."
)


class LocalJudge:
    """Threads may share one; the model reads one answer at a time."""

    name = "local"
    calibration = "uncalibrated"

    def __init__(self, options: LocalOptions, embedder: Embedder, model: CausalModel | None = None) -> None:
        """Models load at the first answer. Raises PromptFileError."""
        self.options = options
        self.prompt: JudgePrompt = read_prompt(options.prompt or default_folder() / "local.yaml")
        self._model = model or CausalModel(options)
        self._embedder = embedder
        self._leanings: dict[tuple[str, str], npt.NDArray[np.float64]] = {}
        self._lock = threading.Lock()

    @property
    def model(self) -> str:
        return f"{self._model.name} ({self._model.fingerprint[:12]})"

    @cached_property
    def version(self) -> str:
        """Raises LocalModelMissing."""
        o = self.options
        by = content_hash([self._model.fingerprint, self.prompt.hash, o.calibrate, o.dtype, self._embedder.version])
        return f"{CODE}-{by[:12]}"

    def judge(self, answer: Answer, rubric: Rubric, question_text: str) -> Judgement:
        shown = given(answer, rubric, question_text)
        if shown.nothing:
            return judged_nothing(rubric, shown.nothing)
        started = time.monotonic()
        try:
            logprobs, tokens = self._model.level_logprobs(self._prompts(shown.text, rubric, question_text))
            if self.options.calibrate:
                logprobs = logprobs - self._leaning(rubric, question_text)
        except TooLong as long:
            reason = f"The answer is too long for the language model: {long}. It is never cut, so it is left to people."
            raise JudgeFailed(reason) from None
        except LocalModelMissing as missing:
            raise JudgeFailed(f"The language model cannot be used: {missing}.") from None
        levels = np.exp(logprobs - logprobs.max(axis=1, keepdims=True))
        levels /= levels.sum(axis=1, keepdims=True)
        call = CallRecord(
            model=self.model,
            prompt_hash=self.prompt.hash,
            seed=None,
            input_tokens=tokens,
            output_tokens=0,
            seconds=round(time.monotonic() - started, 3),
            raw=json.dumps(
                {c.id: [round(float(p), 5) for p in row] for c, row in zip(rubric.criteria, levels, strict=True)}
            ),
        )
        quotes = self._quotes(answer.text, shown, rubric)
        return Judgement(
            {
                c.id: CriterionJudgement(_five(row), REASON, quotes[c.id])
                for c, row in zip(rubric.criteria, levels, strict=True)
            },
            (call,),
        )

    def _prompts(self, text: str, rubric: Rubric, question_text: str) -> list[tuple[str, str, str]]:
        user = self.prompt.user_text(text, question_text)
        return [(self.prompt.system, user + self.prompt.criterion_text(c), self.prompt.begin) for c in rubric.criteria]

    def _leaning(self, rubric: Rubric, question_text: str) -> npt.NDArray[np.float64]:
        """What the model gives each level of each criterion before it has read anything."""
        key = (rubric.hash, question_text)
        with self._lock:
            if key not in self._leanings:
                nothing = self._prompts(self.prompt.neutral, rubric, question_text)
                self._leanings[key] = self._model.level_logprobs(nothing)[0]
            return self._leanings[key]

    def _quotes(self, text: str, shown: Given, rubric: Rubric) -> dict[str, tuple[Citation, ...]]:
        spans = [s for s in _stretches(text) if text[slice(*s)] in shown.text]
        if not spans:
            return {c.id: () for c in rubric.criteria}
        own = self._embedder.encode([text[a:b] for a, b in spans])
        return {c.id: self._nearest(text, spans, own, c) for c in rubric.criteria}

    def _nearest(
        self, text: str, spans: list[tuple[int, int]], own: Any, criterion: Criterion
    ) -> tuple[Citation, ...]:  # fmt: skip
        near = (own @ self._embedder.encode([p.text for p in criterion.key_points]).T).max(axis=1)
        best = sorted(range(len(spans)), key=lambda i: (-near[i], i))[:MOST_QUOTES]
        return tuple(
            Citation(*spans[i], text[slice(*spans[i])], similarity=round(float(near[i]), 4)) for i in sorted(best)
        )


def _stretches(text: str) -> list[tuple[int, int]]:
    """Sentences that may be shown; of an answer of one sentence, its clauses."""
    found = [(s.start, s.end) for s in sentences(text)]
    if len(found) == 1:
        found = parts(text, *found[0])
    long = [s for s in found if len(words(text[slice(*s)])) >= FEWEST_QUOTE_WORDS]
    return [s for s in long or found if is_quotable(text, *s)]


def _five(row: npt.NDArray[np.float64]) -> Probabilities:
    a, b, c, d, e = (round(float(p), 6) for p in row)
    return a, b, c, d, e
