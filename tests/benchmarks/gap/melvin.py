"""Melvin for these benchmarks: the real service with a plan of many short questions, and what its event logs say."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
from playwright.sync_api import Browser

from interviewer.plans.library import default_folder
from tests.benchmarks.gap.caller import Caller, prepare
from tests.benchmarks.gap.measure import Mark
from tests.end_to_end.candidate import Candidate
from tests.end_to_end.service import RunningService

__all__ = ["QUESTIONS", "Log", "Melvin", "marks_of", "plan", "running_melvin"]

PLAN = "many-short-questions"
ASKED = (
    "What came next?", "How did that go?", "And after that?", "What would you change?", "Who else was there?",
    "What was hard about it?", "What did you learn?", "How long did it take?", "Why was that?", "What else is there?",
    "What surprised you?", "How did it end?",
)  # fmt: skip
QUESTIONS = tuple(f"Number {n}. {ASKED[n % len(ASKED)]}" for n in range(1, 61))

ENDED = frozenset({"turn-over", "time-up", "no-words"})
"""Decisions upon which Melvin goes on by himself."""


def plan() -> dict[str, Any]:
    return {
        "plan": PLAN,
        "version": 1,
        "title": "Many short questions",
        "summary": "Sixty short questions.",
        "minutes": 60,
        "questions": [
            {
                "id": f"question-{n}",
                "title": f"Question {n}",
                "text": text,
                "rubric": "careful-work",
                "max_probes": 0,
                "probes": [{"id": "more", "text": "Is there more?", "covers": []}],
            }
            for n, text in enumerate(QUESTIONS, 1)
        ],
    }


class Log:
    """An interview's journal, read on from where it was read last."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known = frozenset(folder.glob("*.jsonl"))
        self._read = 0

    def new(self) -> list[Mark]:
        return [mark for entry in self.entries() for mark in marks_of(entry)]

    def entries(self) -> list[Mapping[str, Any]]:
        """New ones, as they stand there."""
        (journal,) = frozenset(self._folder.glob("*.jsonl")) - self._known
        whole = [line for line in journal.read_text("utf-8").splitlines(keepends=True) if line.endswith("\n")]
        found = [json.loads(line) for line in whole[self._read :]]
        self._read = len(whole)
        return found


def marks_of(entry: Mapping[str, Any]) -> Iterator[Mark]:
    """What an entry of the event log tells a reader who knows nothing of Melvin."""
    if entry["kind"] == "heard" and entry["text"]:
        yield "heard"
    if entry["kind"] == "saying-ended" and entry["cut"]:
        yield "interrupted"
    for decision in entry.get("decided", ()):
        if decision["what"] in ENDED:
            yield "asked"


class _Candidate(Candidate):
    """Speaks by the page's audio clock."""

    def __init__(self, browser: Browser) -> None:
        super().__init__(browser, microphone=False)
        prepare(self.page)
        self.caller = Caller(self.page)

    def speak(self, wav: bytes) -> None:
        self.caller.wait_until(self.caller.say(wav).end)


class Melvin:
    """Holds interviews one after the other. ``few_words``: a WAV file for the check of the microphone."""

    def __init__(self, service: RunningService, few_words: bytes) -> None:
        self._service = service
        self._few_words = few_words

    @contextmanager
    def interview(self, browser: Browser) -> Iterator[tuple[Caller, Log]]:
        """Somebody who has been greeted and asked the first question."""
        log = Log(self._service.folder / "data" / "journals")
        link = self._service.command("invite", PLAN)
        candidate = _Candidate(browser)
        try:
            candidate.consent(link)
            candidate.start_by_voice(self._few_words)
            candidate.wait_for_prompt("")
            yield candidate.caller, log
        finally:
            candidate.close()


@contextmanager
def running_melvin(few_words: bytes) -> Iterator[Melvin]:
    folder = Path(tempfile.mkdtemp(prefix="melvin-gap-"))
    folder.chmod(0o711)  # as root, PostgreSQL runs as another user and must get in
    prompts = folder / "prompts"
    shutil.copytree(default_folder(), prompts)
    (prompts / "plans" / f"{PLAN}.yaml").write_text(yaml.safe_dump(plan(), sort_keys=False), "utf-8")
    service = RunningService(
        folder,
        extra={
            "MELVIN_PROMPTS_FOLDER": str(prompts),
            # A page that went away keeps its seat for a while; here the next one never waits for that in the lobby.
            "MELVIN_ADMISSION": "fixed",
            "MELVIN_MOST_INTERVIEWS": "20",
        },
    )
    try:
        service.start()
        service.settle()
        yield Melvin(service, few_words)
    finally:
        if service.process is not None and service.process.poll() is None:
            service.stop()
        shutil.rmtree(folder, ignore_errors=True)
