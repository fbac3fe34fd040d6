"""One OpenAI-compatible endpoint: asking it, and saying plainly why it gave nothing.

Each question is tried again after 429, 5xx, a timeout or a lost connection, with growing waits and with what the
endpoint itself asks for (Retry-After), until the tries or the deadline are used up. Other refusals are final.
"""

from __future__ import annotations

import json
import queue
import secrets
import threading
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from scoring.calls import CallRecord
from scoring.judges.chat_capabilities import PROBE, PROBE_SCHEMA, Capabilities, shown_by, without_one
from scoring.judges.chat_client import client, response_type, security
from scoring.judges.chat_connection import Lost, TooMuch, TooSlow
from scoring.judges.chat_options import ChatOptions
from scoring.judges.chat_wire import Failure, count, is_completion, refusal, storable, text_of

if TYPE_CHECKING:
    from openai import OpenAI

__all__ = ["ChatEndpoint", "Deadline", "EndpointFailed", "Message", "Reply"]

Message = Mapping[str, str]
Calls = tuple[CallRecord, ...]
LONGEST_RAW = 20_000  # characters of a reply that are kept
MOST_FORMS = 64  # one for each rubric, and one for each that was asked for again
LONGEST_WAIT = 20.0  # seconds between two tries, unless the endpoint asks for more


class EndpointFailed(Exception):
    """The endpoint gave no reply; the message says why, for people. ``calls`` were made before.

    ``refused``: it did not take this one request, though it has taken others like it: too long, say, or filtered.
    """

    def __init__(self, reason: str, calls: Calls = (), *, refused: bool = False) -> None:
        super().__init__(reason)
        self.calls = calls
        self.refused = refused


@dataclass(frozen=True, slots=True)
class Reply:
    """``cut``: it ended because it was as long as allowed. ``calls`` has the record of every try."""

    text: str
    cut: bool
    calls: Calls


@dataclass(slots=True)
class Deadline:
    """``until`` by ``time.monotonic``; put off by what is waited for a slot, which is nobody's slowness."""

    until: float


@dataclass(slots=True)
class _Probed:
    """What is known of one model at one endpoint, in this process."""

    lock: threading.Lock
    able: Capabilities | None = None
    judged: bool = False
    """Whether it has replied to a request that was not the probe."""
    failed_at: float = 0.0
    reason: str = ""


_probed: defaultdict[tuple[str, str, str], _Probed] = defaultdict(lambda: _Probed(threading.Lock()))


class ChatEndpoint:
    """Threads may share one. Nothing is imported or sent before the first ``ask`` or ``capabilities``."""

    def __init__(self, options: ChatOptions) -> None:
        self.options = options
        # The one used last comes first, so that few connections are held where few are wanted.
        self._slots: queue.LifoQueue[OpenAI | None] = queue.LifoQueue()
        for _ in range(options.slots):
            self._slots.put(None)
        self._lock = threading.Lock()
        self._security: tuple[Any] | None = None
        self._written: dict[int, tuple[Mapping[str, Any], bytes]] = {}

    def ask(
        self,
        messages: Sequence[Message],
        *,
        schema: Mapping[str, Any],
        prompt_hash: str,
        seed: int | None,
        deadline: Deadline,
    ) -> Reply:
        """Raises EndpointFailed."""
        able, before = self._able(prompt_hash, deadline)
        try:
            reply = self._tried(self._body(messages, schema, able, seed), prompt_hash, deadline)
        except EndpointFailed as failure:
            refused = failure.refused and self._known.judged
            raise EndpointFailed(str(failure), before + failure.calls, refused=refused) from None
        self._known.judged = True
        return Reply(reply.text, reply.cut, before + reply.calls)

    def capabilities(self) -> Capabilities:
        """Raises EndpointFailed."""
        return self._able("probe", Deadline(time.monotonic() + self.options.deadline_s))[0]

    def describe(self) -> dict[str, object]:
        """For people: the endpoint, the model, and what they can. Raises EndpointFailed."""
        able = asdict(self.capabilities())
        return {"endpoint": self.options.place, "model": self.options.model, "capabilities": able}

    @property
    def _known(self) -> _Probed:
        return _probed[self.options.base_url, self.options.model, self.options.api_key]

    def _able(self, prompt_hash: str, deadline: Deadline) -> tuple[Capabilities, Calls]:
        """What the model can, asked once in this process. Who waited while that failed has failed too."""
        known = self._known
        if known.able is not None:
            return known.able, ()
        since = time.monotonic()
        if not known.lock.acquire(timeout=max(0.0, deadline.until - since)):
            raise EndpointFailed(self._out_of_time().reason)
        try:
            if known.able is not None:
                return known.able, ()
            if known.failed_at > since:
                raise EndpointFailed(known.reason)
            try:
                known.able, calls = self._probe(prompt_hash, deadline)
            except EndpointFailed as failure:
                known.failed_at, known.reason = time.monotonic(), str(failure)
                raise EndpointFailed(str(failure), failure.calls) from None  # the probe says nothing of any answer
            return known.able, calls
        finally:
            known.lock.release()

    def _probe(self, prompt_hash: str, deadline: Deadline) -> tuple[Capabilities, Calls]:
        able = Capabilities()
        calls: Calls = ()
        failures = 0
        while True:
            body = self._body([{"role": "user", "content": PROBE}], PROBE_SCHEMA, able, seed=0)
            if able.logprobs:
                body |= {"logprobs": True, "top_logprobs": 5}
            failure, reply, call = self._once(body, prompt_hash, deadline)
            calls += (call,)
            if failure is None:
                return shown_by(reply, able), calls
            fewer = without_one(able, failure.said) if failure.refused else None
            if fewer is None:
                failures += 1
                self._wait(failure, failures, deadline, calls)
            able = fewer or able

    def _body(
        self, messages: Sequence[Message], schema: Mapping[str, Any], able: Capabilities, seed: int | None
    ) -> dict[str, Any]:
        options = self.options
        body: dict[str, Any] = {"model": options.model, "messages": messages, able.limit: options.most_tokens}
        if able.temperature:
            body["temperature"] = options.temperature
        if able.seed and seed is not None:
            body["seed"] = seed
        if able.schema:
            form = {"name": "judgement", "strict": True, "schema": schema}
            body["response_format"] = {"type": "json_schema", "json_schema": form}
        return body

    def _tried(self, body: Mapping[str, Any], prompt_hash: str, deadline: Deadline) -> Reply:
        calls: Calls = ()
        while True:
            failure, reply, call = self._once(body, prompt_hash, deadline)
            calls += (call,)
            if failure is None:
                return Reply(text_of(reply), reply["choices"][0].get("finish_reason") == "length", calls)
            self._wait(failure, len(calls), deadline, calls)

    def _wait(self, failure: Failure, tried: int, deadline: Deadline, calls: Calls) -> None:
        """Until the next try. Raises EndpointFailed where there is none."""
        wait = min(LONGEST_WAIT, self.options.backoff_s * 2 ** (tried - 1))
        wait = max(failure.wait or 0.0, wait * (1 - secrets.randbelow(500) / 1000))
        if not failure.again or tried >= self.options.tries or time.monotonic() + wait >= deadline.until:
            raise EndpointFailed(failure.reason, calls, refused=failure.refused)
        time.sleep(wait)

    def _once(
        self, body: Mapping[str, Any], prompt_hash: str, deadline: Deadline
    ) -> tuple[Failure | None, Any, CallRecord]:
        failure: Failure | None = self._out_of_time()
        reply: Any = None
        raw: str | None = None
        asked = time.monotonic()
        slot = self._slots.get()
        started = time.monotonic()
        deadline.until += started - asked
        try:
            patience = min(self.options.timeout_s, deadline.until - started)
            if patience > 0:
                slot = slot or self._connected()
                failure, reply, raw = self._sent(slot, body, patience)
        finally:
            self._slots.put(slot)
        seconds = time.monotonic() - started
        usage = reply.get("usage") if isinstance(reply, dict) else None
        usage = usage if isinstance(usage, dict) else {}
        if raw is not None and self.options.api_key:
            raw = raw.replace(self.options.api_key, "[key]")
        call = CallRecord(
            model=self.options.model,
            prompt_hash=prompt_hash,
            seed=body.get("seed"),
            input_tokens=count(usage.get("prompt_tokens")),
            output_tokens=count(usage.get("completion_tokens")),
            seconds=round(seconds, 3),
            raw=raw and raw[:LONGEST_RAW],
            problem=failure.reason if failure else None,
        )
        return failure, reply, call

    def _sent(self, slot: OpenAI, body: Mapping[str, Any], patience: float) -> tuple[Failure | None, Any, str | None]:
        """One request: why it failed, the reply as JSON, and the text that came."""
        import openai

        place = self.options.place
        slow = Failure(f"The language model did not answer within {patience:.3g} s.", again=True)
        try:
            # One step under chat.completions.create, which takes what is sent apart, puts it together again and makes
            # objects of the reply: as much work as the whole request, for what is read closely below anyway.
            response = slot.post(
                "/chat/completions", content=self._json(body), cast_to=response_type(), options={"timeout": patience}
            )
        except openai.APIStatusError as error:
            said = storable(error.response.text)
            return refusal(self.options, error.status_code, error.response.headers, said), None, said
        except openai.APITimeoutError:
            return slow, None, None
        except (openai.APIConnectionError, Lost, TooSlow, TooMuch) as error:
            # Versions of the SDK differ in whether they wrap what the client below them raises.
            cause = error.__cause__ if isinstance(error, openai.APIConnectionError) else error
            if isinstance(cause, TooSlow):
                return slow, None, None
            if isinstance(cause, TooMuch):
                most = f"{self.options.most_bytes:,}"
                return Failure(f"The language model sent more than {most} bytes.", again=False), None, None
            return Failure(f"The language model cannot be reached at {place}.", again=True), None, None
        said = storable(response.text)
        try:
            reply = json.loads(said)
        except (ValueError, RecursionError):
            reply = None
        if not is_completion(reply):
            kind = response.headers.get("content-type", "").split(";")[0].strip() or "something without a type"
            reason = f"What answers at {place} is not an OpenAI-compatible endpoint: it sent {kind}."
            return Failure(reason, again=False), None, said
        return None, reply, text_of(reply)

    def _json(self, body: Mapping[str, Any]) -> bytes:
        """Byte for byte what the SDK would make of it. The form is the same for thousands of answers, and writing it
        out takes longer than all the rest."""
        parts = [
            b"%b:%b" % (_json(name), self._form(value) if name == "response_format" else _json(value))
            for name, value in body.items()
        ]
        return b"{" + b",".join(parts) + b"}"

    def _form(self, form: Mapping[str, Any]) -> bytes:
        schema = form["json_schema"]["schema"]
        known = self._written.get(id(schema))
        if known is not None and known[0] is schema:
            return known[1]
        if len(self._written) >= MOST_FORMS:
            self._written.clear()
        written = _json(form)
        self._written[id(schema)] = (schema, written)  # with what it was made of, so that no other takes its place
        return written

    def _out_of_time(self) -> Failure:
        return Failure(f"The language model had not answered within {self.options.deadline_s:g} s.", again=False)

    def _connected(self) -> OpenAI:
        with self._lock:
            if self._security is None:
                self._security = (security(self.options),)
        return client(self.options, *self._security)


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _json(value: object) -> bytes:
    """Half of a character that takes two, as a cut text may end with, has no place in UTF-8: it becomes "?"."""
    return _ENCODER.encode(value).encode("utf-8", "replace")
