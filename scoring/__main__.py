"""``python -m scoring [score|stress|...]``: the library on the command line. Without a command's name, it scores."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence

__all__ = ["COMMANDS", "main"]

COMMANDS = {
    "agreement": "scoring.calibration.agreement_command",
    "calibrate": "scoring.calibration.command",
    "score": "scoring.score_lines",
    "stress": "scoring.stress.command",
}
"""By name, the module whose ``main(argv) -> int`` does it. Its docstring begins with what it is for."""


def main(argv: Sequence[str] | None = None) -> int:
    given = list(sys.argv[1:] if argv is None else argv)
    name = given.pop(0) if given and given[0] in COMMANDS else "score"
    result: int = importlib.import_module(COMMANDS[name]).main(given)
    return result


if __name__ == "__main__":
    sys.exit(main())
