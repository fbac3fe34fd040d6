"""Which judge is wanted, and making it: one place for the service, the commands and the benchmarks."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from scoring.judges.base import Judge

if TYPE_CHECKING:
    from scoring.embeddings import Embedder

__all__ = ["JudgeKind", "JudgeOptions", "add_judge_arguments", "judge_options", "make_judge"]

JudgeKind = Literal["embedded"]


@dataclass(frozen=True, slots=True)
class JudgeOptions:
    """``threads`` is for the models that run in this process; ``store`` a folder that keeps converted weights.
    ``calibrations`` is a folder of fitted models (``python -m scoring calibrate``), used for the questions they fit."""

    kind: JudgeKind = "embedded"
    threads: int = 1
    store: Path | None = None
    calibrations: Path | None = None


def make_judge(options: JudgeOptions, embedder: Embedder | None = None) -> Judge:
    """Embedding models load at the first answer, not here. Raises ModelRefused where a calibration cannot be trusted.

    ``embedder`` is shared where the caller has one.
    """
    from scoring.embeddings import Embedder, EmbedderOptions
    from scoring.judges.embedded import EmbeddedJudge

    embedder = embedder or Embedder(EmbedderOptions(threads=options.threads, store=options.store))
    return _calibrated(EmbeddedJudge(embedder), embedder, options.calibrations)


def _calibrated(judge: Judge, embedder: Embedder, folder: Path | None) -> Judge:
    if folder is None:
        return judge
    from scoring.calibration.store import stored_models
    from scoring.judges.calibrated import CalibratedJudge

    return CalibratedJudge(judge, embedder, stored_models(folder))


def add_judge_arguments(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("judge")
    group.add_argument("--judge", choices=get_args(JudgeKind), default="embedded", help="default: embedded")
    group.add_argument("--threads", type=int, default=1, help="processor threads for the judge's models (default 1)")
    group.add_argument("--calibrations", type=Path, metavar="FOLDER", help="fitted models to use where they fit")


def judge_options(given: argparse.Namespace) -> JudgeOptions:
    return JudgeOptions(given.judge, given.threads, calibrations=given.calibrations)
