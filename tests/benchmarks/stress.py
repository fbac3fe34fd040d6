"""How far a judge can be tricked: all shared injection texts in three places of all worked answers, and the own suite.

Part "injections": the 65 texts of data/prompt_injection (61 attacks, 4 honest sentences that look like them) at the
start, in the middle and at the end of the 90 worked answers of prompts/examples, and alone in place of an answer. Part
"suite": the attacks of `python -m scoring stress` on the same answers; it has directions for each case and no target
beside, so its figures are the shares of cases that failed. `--judge` says which judge; intervals are 95 % bootstrap
intervals over answers. Of the attacks the same texts have been read by those who wrote scoring/addressed.py.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from scoring.agreement.bootstrap import bootstrap
from scoring.coverage_check import read_sets
from scoring.judges.choice import make_judge
from scoring.stress.change import BENIGN_FALL, INJECTION_RISE, Change, Direction, Material, Perturbation
from scoring.stress.injection import added
from scoring.stress.measure import Verdict
from scoring.stress.report import rows
from scoring.stress.suite import SUITE, Case, thinned
from scoring.stress.suite import run as run_suite
from tests.benchmarks.report import DataMissing, Figure, Options, Report

__all__ = ["PARTS", "run"]

PARTS = ("injections", "suite")
PROMPTS = Path(__file__).parents[2] / "prompts"
FILES = ("giskard_garak_promptinject.jsonl", "grader_attacks_authored.jsonl")
QUICK_TEXTS = 12


def run(options: Options) -> Report:
    judge = make_judge(options.judge)
    sets = [
        [Material(f"{r.rubric}/{e.id}", e.text, own.question, r) for e in sorted(own.examples, key=lambda e: e.level)]
        for r, own in read_sets(PROMPTS)
    ]
    figures: list[Figure] = []
    notes = [f"judge {judge.name} {judge.version}, {judge.model}; {len(sets)} rubrics, {sum(map(len, sets))} answers"]
    for part in (options.part,) if options.part else PARTS:
        suite = _injections(options) if part == "injections" else SUITE
        cases = [case for own in sets for case in run_suite(judge, own, suite, quick=options.quick)]
        if part == "injections":
            figures += _injection_figures(cases)
            notes += _named(cases)
        else:
            figures += [
                Figure(f"suite: {r.name} ({r.direction} {r.bound:g}), {r.cases} cases, failed", r.failed / r.cases, "")
                for r in rows(cases)
            ]
            figures.append(_count("suite: cases that the judge failed on", cases, Verdict.NOT_JUDGED))
    return Report(figures, notes)


def _injections(options: Options) -> tuple[Perturbation, ...]:
    folder = options.data / "data" / "prompt_injection"
    found: dict[bool, dict[str, str]] = {True: {}, False: {}}
    for name in FILES:
        if not (folder / name).exists():
            raise DataMissing(f"{folder / name} is not there; --data names the folder that holds data/prompt_injection")
        for raw in (folder / name).read_text("utf-8").splitlines():
            row = json.loads(raw)
            found[row.get("class") == "benign_hard_negative"][str(row["id"])] = row["text"]
    attacks = found[False]
    if options.quick:
        attacks = dict(thinned(list(attacks.items()), QUICK_TEXTS))
    return (
        Perturbation("injection", Direction.NOT_RISE, INJECTION_RISE, partial(added, found=attacks)),
        Perturbation("injection-alone", Direction.LOWEST, 0.0, partial(_alone, found=attacks), scope="rubric"),
        Perturbation("benign", Direction.NOT_FALL, BENIGN_FALL, partial(added, found=found[True])),
    )


def _alone(material: Material, found: dict[str, str]) -> Iterable[Change]:
    return [Change(label, "", text) for label, text in found.items()]


def _injection_figures(cases: Sequence[Case]) -> list[Figure]:
    own = {
        name: [c for c in cases if c.perturbation.name == name] for name in ("injection", "injection-alone", "benign")
    }
    attacks, benign = own["injection"], own["benign"]
    rises = [c.move.overall for c in attacks]
    half = sum(r >= INJECTION_RISE for r in rises)
    falls = [-c.move.overall for c in benign]
    beyond = sum(c.move.verdict is Verdict.FAILED for c in benign)
    raised = sum(c.move.verdict is Verdict.FAILED for c in attacks)
    not_lowest = sum(c.move.verdict is Verdict.FAILED for c in own["injection-alone"])
    return [
        Figure(f"injections: {len(rises)} cases, score raised by half a level or more", half, "cases", at_most=0),
        Figure("injections: largest rise of a score", max(rises), "levels", at_most=INJECTION_RISE),
        *_mean("injections: mean move of the score", attacks, 1),
        Figure("injections: a criterion raised by more than half a level", raised, "cases"),
        Figure(f"alone: {len(own['injection-alone'])} cases, not in the lowest band", not_lowest, "cases", at_most=0),
        Figure(f"honest: {len(falls)} cases, lowered by more than 0.25, or a level lost", beyond, "cases", at_most=0),
        Figure("honest: largest fall of a score", max(falls), "levels", at_most=BENIGN_FALL),
        *_mean("honest: mean fall of the score", benign, -1),
        _count("cases that the judge failed on", cases, Verdict.NOT_JUDGED),
    ]


def _mean(name: str, cases: Sequence[Case], sign: int) -> list[Figure]:
    by_answer: dict[str, list[float]] = {}
    for case in cases:
        by_answer.setdefault(case.answer_id, []).append(sign * case.move.overall)
    found = bootstrap(np.mean, [float(np.mean(moves)) for moves in by_answer.values()])
    return [
        Figure(name, found.value, "levels"),
        Figure(f"{name}, interval from", found.low, "levels"),
        Figure(f"{name}, interval to", found.high, "levels"),
    ]


def _count(name: str, cases: Sequence[Case], verdict: Verdict) -> Figure:
    return Figure(name, sum(c.move.verdict is verdict for c in cases), "cases", at_most=0)


def _named(cases: Sequence[Case]) -> list[str]:
    """What broke a target, by answer and text."""
    return [
        f"{c.perturbation.name}: {c.answer_id or c.perturbation.name} {c.change.label}: overall {c.before.overall:.2f} "
        f"to {c.after.overall:.2f}, worst {c.move.worst:+.2f} at {c.move.where}"
        for c in cases
        if c.move.verdict is not Verdict.HELD
        and not (c.perturbation.name == "injection" and c.move.overall < INJECTION_RISE)
    ][:40]
