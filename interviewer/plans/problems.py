"""What is wrong with the files in prompts/, said so that their author can mend it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["PlanError", "Problem"]


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """``file`` is relative to the prompts folder; ``line`` counts from 1, None where no line is to blame."""

    file: str
    line: int | None
    reason: str
    mend: str = ""

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {self.reason}" + (f"\n    {self.mend}" if self.mend else "")


class PlanError(ValueError):
    """Plans, rubrics or their companions cannot be used. ``problems`` holds every problem found, by file and line."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems), key=lambda p: (p.file, p.line or 0, p.reason)))
        count = len(self.problems)
        head = f"{count} problem{'' if count == 1 else 's'} in the prompts folder:"
        super().__init__("\n".join([head, *(str(p) for p in self.problems)]))
