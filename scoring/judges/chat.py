"""The chat judge: any language model behind an OpenAI-compatible endpoint, asked once for each answer.

The model gives, for each criterion, quotes and then the probabilities of the five levels. Everything else is done here:
the reply is checked against the rubric, each quote is looked for in the answer, and a reply that breaks the rules is
asked for once more, with what was wrong and in a plainer form: one level and a confidence. An endpoint that is slow,
away, rate-limited or that makes things up raises JudgeFailed with that in plain words. Levels are as good as the model
is: nothing is known of them until people have rated answers.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

from scoring.calls import CallRecord
from scoring.judges.base import CriterionJudgement, JudgeFailed, Judgement
from scoring.judges.chat_client import ready
from scoring.judges.chat_endpoint import ChatEndpoint, Deadline, EndpointFailed, Message, Reply
from scoring.judges.chat_options import ChatOptions
from scoring.judges.chat_reply import Unusable, read, schema
from scoring.judges.given import given, judged_nothing
from scoring.prompts import JudgePrompt, default_folder, filled, read_prompt
from scoring.rubric import Rubric
from scoring.transcript import Answer, content_hash

__all__ = ["ChatJudge"]

CODE = "2"
"""Changes whenever the same reply could be read in another way."""
LONGEST_BAD_REPLY = 4000  # characters of a reply that cannot be used, put before the model again


class ChatJudge:
    """Threads may share one. Nothing is sent, and the SDK is not imported, before the first answer."""

    name = "chat"
    calibration = "uncalibrated"

    def __init__(self, options: ChatOptions, endpoint: ChatEndpoint | None = None) -> None:
        """``endpoint`` is shared by judges that differ in nothing but their seeds. Raises PromptFileError."""
        self.options = options
        self.prompt: JudgePrompt = read_prompt(options.prompt or default_folder() / "chat.yaml")
        self._endpoint = endpoint or ChatEndpoint(options)
        self._rubrics: dict[str, tuple[str, Mapping[str, Any]]] = {}

    @property
    def model(self) -> str:
        return f"{self.options.model} at {self.options.place}"

    @cached_property
    def version(self) -> str:
        o = self.options
        by = content_hash([o.base_url, o.model, o.seed, o.temperature, o.most_tokens, self.prompt.hash])
        return f"{CODE}-{by[:12]}"

    def describe(self) -> dict[str, object]:
        """Endpoint, model, capabilities and prompt. Raises EndpointFailed."""
        prompt = f"{self.prompt.prompt} {self.prompt.version} ({self.prompt.hash[:12]})"
        return {**self._endpoint.describe(), "prompt": prompt, "seed": self.options.seed}

    def judge(self, answer: Answer, rubric: Rubric, question_text: str) -> Judgement:
        shown = given(answer, rubric, question_text)
        if shown.nothing:
            return judged_nothing(rubric, shown.nothing)
        messages, form = self._asked(shown.text, rubric, question_text)
        ready()
        deadline = Deadline(time.monotonic() + self.options.deadline_s)
        first = self._ask(messages, form, deadline, ())
        try:
            return self._read(first, rubric, answer.text, ())
        except Unusable as wrong:
            problem = f"The reply was cut off: it was too long, and {wrong}" if first.cut else str(wrong)
        before = _marked(first.calls, problem)
        again = filled(self.prompt.again, {"problem": problem})
        messages = [
            *messages,
            {"role": "assistant", "content": first.text[:LONGEST_BAD_REPLY]},
            {"role": "user", "content": again},
        ]
        second = self._ask(messages, schema(rubric, plain=True), deadline, before)
        try:
            return self._read(second, rubric, answer.text, before)
        except Unusable as wrong:
            reason = f"The language model's reply could not be used, twice: {wrong}"
            raise JudgeFailed(reason, before + _marked(second.calls, str(wrong))) from None

    def _asked(self, text: str, rubric: Rubric, question_text: str) -> tuple[list[Message], Mapping[str, Any]]:
        """What is the same for all answers stands first, so that an endpoint may keep it."""
        known = self._rubrics.get(rubric.hash)
        if known is None:
            known = self._rubrics[rubric.hash] = (self.prompt.rubric_text(rubric), schema(rubric))
        ids = ", ".join(c.id for c in rubric.criteria)
        user = self.prompt.user_text(text, question_text, known[0], ids)
        return [{"role": "system", "content": self.prompt.system}, {"role": "user", "content": user}], known[1]

    def _ask(
        self, messages: list[Message], form: Mapping[str, Any], deadline: Deadline, before: tuple[CallRecord, ...]
    ) -> Reply:
        try:
            return self._endpoint.ask(
                messages, schema=form, prompt_hash=self.prompt.hash, seed=self.options.seed, deadline=deadline
            )
        except EndpointFailed as failure:
            # An endpoint that gave nothing says nothing about the answer; it is asked again, but not for ever with what
            # it does not take.
            raise JudgeFailed(str(failure), before + failure.calls, passing=not failure.refused) from None

    @staticmethod
    def _read(reply: Reply, rubric: Rubric, text: str, before: tuple[CallRecord, ...]) -> Judgement:
        judged, invented = read(reply.text, rubric, text)
        calls = reply.calls
        if invented:
            shown = "; ".join(repr(quote) for quote in invented[:5])
            calls = _marked(calls, f"Quotes that do not stand in the answer were dropped: {shown}")
        criteria: dict[str, CriterionJudgement] = judged
        return Judgement(criteria, before + calls)


def _marked(calls: tuple[CallRecord, ...], problem: str) -> tuple[CallRecord, ...]:
    return (*calls[:-1], replace(calls[-1], problem=problem))
