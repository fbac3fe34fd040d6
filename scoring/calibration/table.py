"""What calibrating a question found, as text for people and as JSON for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from scoring.agreement import Estimate
from scoring.calibration.comparison import Comparison
from scoring.calibration.fit import TargetReport
from scoring.calibration.question import QuestionCalibration
from scoring.calibration.ratings import RefusedRow

__all__ = ["comparison_rows", "document", "refused_rows", "text"]

HEAD = ("", "N", "QWK [95 %]", "Pearson [95 %]", "exact [95 %]", "adjacent [95 %]")


def text(found: QuestionCalibration) -> str:
    """One question: a table for each level that was rated, its verdict, and what could not be used."""
    lines = [f"question {found.ratings.question_id}: {len(found.ratings.answers)} rated answers"]
    for target in found.ratings.targets:
        lines.append("")
        if target in found.fitted:
            lines += _target(target, found.fitted[target].report)
        else:
            lines.append(f"{target}: cannot be fitted: {found.refused[target]}")
    lines += [f"{target}: not fine-tuned: {why}" for target, why in found.not_tuned.items()]
    if found.left_out:
        lines += [
            "",
            f"{len(found.left_out)} rated answers get no level from the judge, so nothing is learned of them:",
        ]
        lines += [f"  {count:4}  {why}" for why, count in Counter(found.left_out.values()).most_common()]
    if found.model is not None and found.model.hash:
        lines += ["", f"stored as {found.model.hash}"]
    return "\n".join(lines)


def comparison_rows(comparisons: Sequence[Comparison]) -> list[str]:
    """The lines of a table."""
    rows = [HEAD, *(
        (c.name, str(c.answers), str(c.qwk), str(c.pearson), str(c.exact), str(c.adjacent)) for c in comparisons
    )]  # fmt: skip
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEAD))]
    return ["  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows]


def _target(name: str, report: TargetReport) -> list[str]:
    alpha = "" if report.alpha is None else f", Krippendorff's alpha {report.alpha:.2f}"
    return [
        f"{name}: {report.answers} answers, {len(report.raters)} raters, {report.rated_twice} rated twice{alpha}",
        *("  " + row for row in comparison_rows(report.comparisons)),
        f"  over length alone by {report.over_length} QWK",
        *_gain(report.over_plain),
        f"  90 % intervals hold {report.coverage} of people's levels and are {report.width:.1f} levels wide",
        f"  log loss {report.log_loss:.2f} (frequencies alone {report.log_loss_of_frequencies:.2f}), "
        f"calibration error {report.calibration_error:.2f}",
        f"  verdict: {report.decision.verdict.value}",
        *(f"    {reason}" for reason in report.decision.reasons),
    ]


def _gain(over_plain: Estimate | None) -> list[str]:
    if over_plain is None:
        return []
    sure = "" if over_plain.low > 0 else ", which may be chance: without --fine-tune it may do as well"
    return [f"  over the same without the fine-tuned encoder by {over_plain} QWK{sure}"]


def document(found: Sequence[QuestionCalibration], refused: Sequence[RefusedRow]) -> dict[str, Any]:
    return {
        "questions": [
            {
                "question_id": one.ratings.question_id,
                "rated_answers": len(one.ratings.answers),
                "ratings_hash": one.ratings.hash,
                "model": one.model.hash if one.model else None,
                "basis": one.model.basis.to_dict() if one.model else None,
                "targets": {name: fitted.report.to_dict() for name, fitted in one.fitted.items()},
                "cannot_fit": dict(one.refused),
                "not_fine_tuned": dict(one.not_tuned),
                "left_out": dict(one.left_out),
            }
            for one in found
        ],
        "refused_rows": refused_rows(refused),
    }


def refused_rows(refused: Sequence[RefusedRow]) -> list[dict[str, Any]]:
    return [{"file": r.place, "line": r.line, "reason": r.reason, "row": r.raw} for r in refused]
