"""What has been said to one question so far, and which probe to ask next."""

from __future__ import annotations

from dataclasses import dataclass, field

from interviewer.conversation.script import ScriptProbe, ScriptQuestion

__all__ = ["AnswerSoFar", "Segment", "choose_probe"]


@dataclass(frozen=True, slots=True)
class Segment:
    """A recognised stretch of speech, in samples on the interview's clock; or a typed part (start == end).
    ``finality`` as in ``Heard``, ``sent_as`` as in ``Typed``."""

    start: int
    end: int
    text: str
    typed: bool = False
    finality: float | None = None
    sent_as: str = ""


@dataclass(slots=True)
class AnswerSoFar:
    question: ScriptQuestion
    segments: list[Segment] = field(default_factory=list)
    prompt_from: int = 0
    """Index of the first segment after Melvin's last question or probe."""
    covered: set[str] = field(default_factory=set)
    revision: int = 0
    """Counts the asks for coverage; a reply of an older revision still adds what it found."""
    judged: int = 0
    probes: list[str] = field(default_factory=list)
    repeats: int = 0
    rephrased: bool = False
    """The candidate asked for other words; from then on the question is asked in those."""
    draft: str = ""
    used: int = 0
    """Samples of answering time used."""
    granted: int = 0
    """Samples of answering time allowed; a probe may add to it."""
    warned: bool = False
    status: str | None = None
    skipped_before: bool = False
    unheard: bool = False
    """Something was said that the live recogniser never gave back; the record transcript will have it."""
    wordless: int = 0
    """Samples of speech since the last words in which none were recognised: a word begun, or a cough."""

    @property
    def text(self) -> str:
        return " ".join(s.text for s in self.segments)

    @property
    def since_prompt(self) -> list[Segment]:
        return self.segments[self.prompt_from :]

    @property
    def coverage_is_current(self) -> bool:
        return self.judged >= self.revision

    def probe_text(self) -> str | None:
        """The probe asked last, None before the first."""
        if not self.probes:
            return None
        return next(p.text for p in self.question.probes if p.id == self.probes[-1])


def choose_probe(answer: AnswerSoFar) -> ScriptProbe | None:
    """The unasked probe that asks for most of what the answer has not covered; ties go to the plan's order.

    Where nothing is missing, the first follow-up is a probe that deepens (``covers: []``) and there is no second.
    """
    question = answer.question
    if len(answer.probes) >= question.max_probes:
        return None
    open_probes = [p for p in question.probes if p.id not in answer.probes]
    missing = [(len(set(p.covers) - answer.covered), p) for p in open_probes]
    most = max((n for n, _ in missing), default=0)
    if most > 0:
        return next(p for n, p in missing if n == most)
    if answer.probes:
        return None
    return next((p for p in open_probes if not p.covers), None)
