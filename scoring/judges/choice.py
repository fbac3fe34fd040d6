"""Which judge is wanted, and making it: one place for the service, the commands and the benchmarks."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from scoring.judges.base import Judge

__all__ = ["JudgeKind", "JudgeOptions", "add_judge_arguments", "judge_options", "make_judge"]

JudgeKind = Literal["embedded"]


@dataclass(frozen=True, slots=True)
class JudgeOptions:
    """``threads`` is for the models that run in this process; ``store`` a folder that keeps converted weights."""

    kind: JudgeKind = "embedded"
    threads: int = 1
    store: Path | None = None


def make_judge(options: JudgeOptions) -> Judge:
    """Models load at the first answer, not here."""
    from scoring.embeddings import Embedder, EmbedderOptions
    from scoring.judges.embedded import EmbeddedJudge

    return EmbeddedJudge(Embedder(EmbedderOptions(threads=options.threads, store=options.store)))


def add_judge_arguments(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("judge")
    group.add_argument("--judge", choices=get_args(JudgeKind), default="embedded", help="default: embedded")
    group.add_argument("--threads", type=int, default=1, help="processor threads for the judge's models (default 1)")


def judge_options(given: argparse.Namespace) -> JudgeOptions:
    return JudgeOptions(given.judge, given.threads)
