"""How far the judges can be trusted, and how fast they are: one part for each kind of evidence.

`--part NAME` runs one part alone; each says in its docstring what it measures and on what data. The part `fine_tune`
runs by its name only, since it takes half an hour.
"""

from __future__ import annotations

import importlib
from dataclasses import replace

from tests.benchmarks.report import Options, Report

__all__ = ["PARTS", "run"]

PARTS = ("rated", "rubric_judge", "calibration", "throughput", "chat_load")


def run(options: Options) -> Report:
    """All parts, or the one named; figures carry their part's name in front."""
    wanted = (options.part,) if options.part else PARTS
    figures, notes = [], []
    for part in wanted:
        report: Report = importlib.import_module(f"tests.benchmarks.scoring.{part}").run(options)
        figures += [replace(f, name=f"{part}: {f.name}") for f in report.figures]
        notes += [f"{part}: {note}" for note in report.notes]
    return Report(figures, notes)
