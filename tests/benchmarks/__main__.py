"""``python -m tests.benchmarks list``, or ``python -m tests.benchmarks NAME [--json FILE] [--quick] [--data DIR]``.

Benchmarks that take long may be bounded (``--answers``, ``--minutes``); what they have so far is in FILE at any time.
Exits 0 where every target is met, 1 where one is missed, 2 where the benchmark's data is not there.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from scoring.judges.choice import add_judge_arguments, judge_options
from tests.benchmarks.registry import NAMES, benchmark, summary
from tests.benchmarks.report import DataMissing, Options, Report, machine
from tests.benchmarks.stolen import StolenTime

__all__ = ["finish", "keep", "main"]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description="Measure this machine.")
    parser.add_argument("name", choices=["list", *NAMES], metavar="NAME", help="list, " + ", ".join(NAMES))
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here too")
    parser.add_argument("--quick", action="store_true", help="fewer samples")
    parser.add_argument(
        "--data",
        type=Path,
        metavar="DIR",
        default=Path(os.environ.get("MELVIN_DATA", "../shared")),
        help="folder with audio/ and data/ (default: $MELVIN_DATA, else ../shared)",
    )
    parser.add_argument("--part", metavar="PART", help="one part alone, of a benchmark that has several")
    parser.add_argument(
        "--answers", type=int, metavar="N", help="so many answers, of a benchmark that gives them (gap)"
    )
    parser.add_argument("--minutes", type=float, metavar="M", help="begin nothing that would end later (gap)")
    add_judge_arguments(parser)
    given = parser.parse_args(arguments)
    if given.name == "list":
        for name in NAMES:
            print(f"{name:12}  {summary(name)}")
        return 0
    options = Options(given.quick, given.data, given.part, judge_options(given), given.answers, given.minutes)
    if given.json is not None:
        options = replace(options, so_far=partial(keep, given.name, options=options, file=given.json, complete=False))
    try:
        with StolenTime() as stolen:
            report = benchmark(given.name)(options)
    except DataMissing as missing:
        print(f"{given.name}: {missing}", file=sys.stderr)
        return 2
    told = f"processor time that other machines on the same host took: {stolen}"
    return finish(given.name, replace(report, notes=[*report.notes, told]), options, given.json)


def finish(name: str, report: Report, options: Options, json_file: Path | None) -> int:
    """Show the report, keep it, and give the exit code."""
    print(f"{name}{' (quick)' if options.quick else ''}, " + ", ".join(f"{k} {v}" for k, v in machine().items()))
    print(report.table())
    if json_file is not None:
        keep(name, report, options, json_file)
    return 1 if report.missed else 0


def keep(name: str, report: Report, options: Options, file: Path, *, complete: bool = True) -> None:
    """Whoever stops the benchmark while this writes finds the report that was there before."""
    beside = file.with_name(f".{file.name}.new")
    beside.write_text(json.dumps(report.to_dict(name, options, complete=complete), indent=2) + "\n", "utf-8")
    beside.replace(file)


if __name__ == "__main__":
    sys.exit(main())
