"""``python -m scoring agreement``: how far people agree with each other, before anything is fitted.

    python -m scoring agreement ratings.jsonl [--json FILE]

Rows are those of ``python -m scoring calibrate``. Exits 0; 1 where rows were refused; 2 where no two raters share ten
answers.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from scoring.agreement import krippendorff_alpha
from scoring.calibration.command import ratings_in, say_refused
from scoring.calibration.fit import rater_comparisons
from scoring.calibration.ratings import read_ratings
from scoring.calibration.table import comparison_rows, refused_rows
from scoring.calibration.verdict import SHARED_ANSWERS

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m scoring agreement", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="+", type=Path, metavar="RATINGS.jsonl")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here too")
    given = parser.parse_args(argv)
    try:
        questions, refused = read_ratings(ratings_in(given.files))
    except (OSError, ValueError) as error:
        sys.stderr.write(f"agreement: {error}\n")
        return 2
    say_refused(refused)
    found: list[dict[str, Any]] = []
    compared = False
    for question in questions:
        for target in question.targets:
            raters, table = question.table(target)
            alpha = krippendorff_alpha(table.T)
            shown = "none" if math.isnan(alpha) else f"{alpha:.2f}"
            rows = rater_comparisons(table, raters)
            compared = compared or bool(rows)
            sys.stdout.write(
                f"question {question.question_id}, {target}: {len(raters)} raters, Krippendorff's alpha {shown}\n"
            )
            if rows:
                sys.stdout.write("\n".join("  " + row for row in comparison_rows(rows)) + "\n")
            else:
                sys.stdout.write(f"  No two raters share {SHARED_ANSWERS} answers.\n")
            found.append(
                {"question_id": question.question_id, "target": target, "raters": list(raters),
                 "krippendorff_alpha": None if math.isnan(alpha) else round(alpha, 4),
                 "comparisons": [c.to_dict() for c in rows]}
            )  # fmt: skip
    if given.json is not None:
        body = {"agreement": found, "refused_rows": refused_rows(refused)}
        given.json.write_text(json.dumps(body, indent=1, ensure_ascii=False, allow_nan=False) + "\n", "utf-8")
    if not compared:
        return 2
    return 1 if refused else 0
