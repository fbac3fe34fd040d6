"""``python -m scoring stress``: try to trick a judge on one rubric, and name what worked.

Every answer is changed in ways whose effect on a fair score is known beforehand (scoring/stress/suite.py). A table says
how often each attack went the wrong way; failures are shown with their levels and texts, and --json keeps everything.
Exits 0 where all held, 1 where something failed or could not be judged, 2 where the input is wrong.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from scoring.embeddings import ModelMissing
from scoring.judges.choice import add_judge_arguments, judge_options, make_judge
from scoring.rubric_file import read_examples, read_rubric, unfilled, variable
from scoring.stress.change import Material, Perturbation
from scoring.stress.report import failures, report, rows, table
from scoring.stress.suite import SUITE, run

__all__ = ["BadInput", "example_materials", "main"]


class BadInput(ValueError):
    """What was given cannot be used; the message says what, where, and how to mend it."""


class AnswerLine(BaseModel):
    """One line of --answers. Other fields, as ``python -m scoring`` takes them, are allowed and not read."""

    model_config = ConfigDict(frozen=True)

    text: str = Field(min_length=1)
    question_text: str
    id: str | int | None = None
    language: str = "en"


def main(argv: Sequence[str] | None = None) -> int:
    options = _options(argv)
    try:
        suite = _chosen(options.only)
        materials = _materials(options.rubric, options.examples, options.answers, dict(options.variable))
        judge = make_judge(judge_options(options))
        cases = list(run(judge, materials, suite, quick=options.quick))
        found = report(judge, [materials[0].rubric], cases, quick=options.quick)
        if options.json:
            options.json.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", "utf-8")
    except (BadInput, ValueError, ModelMissing, OSError) as error:  # also a RubricFileError, a ModelRefused
        sys.stderr.write(f"scoring stress: {error}\n")
        return 2
    own = rows(cases)
    head = f"{judge.name} judge, rubric {materials[0].rubric.rubric}, {len(materials)} answers, {len(cases)} cases"
    sys.stdout.write(f"{head}\n{table(own)}\n\n{failures(cases)}".rstrip() + "\n")
    return 1 if any(r.failed or r.not_judged for r in own) else 0


def example_materials(rubric: Path, examples: Path) -> list[Material]:
    """The worked answers of a rubric. Raises RubricFileError, and BadInput where the two do not belong together."""
    own = read_examples(examples)
    filled = read_rubric(rubric, own.variables)
    if filled.rubric != own.rubric:
        raise BadInput(
            f"{examples} has answers for the rubric {own.rubric!r}, and {rubric} is {filled.rubric!r}; "
            f"give the examples of that rubric"
        )
    return [Material(e.id, e.text, own.question, filled) for e in sorted(own.examples, key=lambda e: e.level)]


def _materials(
    rubric: Path, examples: Path | None, answers: Path | None, variables: Mapping[str, str]
) -> list[Material]:
    if answers is not None:
        return _answer_materials(rubric, answers, variables)
    beside = examples or rubric.parent.parent / "examples" / rubric.name
    if examples is None and rubric.exists() and not beside.exists():
        raise BadInput(f"{rubric} has no worked examples at {beside}; name some with --examples or --answers")
    return example_materials(rubric, beside)


def _answer_materials(rubric: Path, answers: Path, variables: Mapping[str, str]) -> list[Material]:
    filled = read_rubric(rubric, variables)
    if left := unfilled(filled):
        raise BadInput(f"{rubric}: {{{left[0]}}} is not filled in; say what it is with --variable {left[0]}=...")
    found: list[Material] = []
    try:
        lines = answers.read_text("utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise BadInput(f"{answers} is not UTF-8 text ({error}); save it as UTF-8") from error
    for number, raw in enumerate(lines, 1):
        if not raw.strip():
            continue
        try:
            line = AnswerLine.model_validate_json(raw)
        except ValidationError as error:
            reasons = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'line'}: {e['msg']}" for e in error.errors())
            raise BadInput(f'{answers}:{number}: {reasons} (a line needs "text" and "question_text")') from error
        found.append(Material(str(line.id or number), line.text, line.question_text, filled, line.language))
    if not found:
        raise BadInput(f'{answers} has no answers; write one JSON object a line, with "text" and "question_text"')
    return found


def _chosen(only: Sequence[str]) -> list[Perturbation]:
    names = [p.name for p in SUITE]
    if unknown := [name for name in only if name not in names]:
        raise BadInput(f"--only {unknown[0]}: there is no such attack; the attacks are {', '.join(names)}")
    return [p for p in SUITE if not only or p.name in only]


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m scoring stress", description=__doc__.split("\n\n")[0])
    parser.add_argument("--rubric", type=Path, required=True, metavar="FILE", help="the rubric, YAML")
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--examples", type=Path, metavar="FILE", help="worked examples (default: those of the rubric)")
    source.add_argument("--answers", type=Path, metavar="FILE", help="your own answers, JSON Lines")
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="one attack; may be given again")
    parser.add_argument("--quick", action="store_true", help="a spread of five answers, three changes of each attack")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the machine-readable report here")
    parser.add_argument(
        "--variable", type=variable, action="append", default=[], metavar="NAME=VALUE",
        help="with --answers: what stands for {NAME} in the rubric; may be given again",
    )  # fmt: skip
    add_judge_arguments(parser)
    return parser.parse_args(argv)
