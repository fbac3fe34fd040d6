"""Ratings of made answers to a real question: sentences of worked answers, mixed; the level is that of their sources.

So there is something to learn, it is known what, and text, rubric, judge and embeddings are real.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from scoring.rubric_file import read_examples
from scoring.sentences import sentences

__all__ = ["QUESTION", "RUBRIC_FILE", "rated_rows"]

PROMPTS = Path(__file__).parents[3] / "prompts"
RUBRIC_FILE = PROMPTS / "rubrics" / "golden-answer.yaml"
EXAMPLES = read_examples(PROMPTS / "examples" / "golden-answer.yaml")
QUESTION = EXAMPLES.question
CRITERIA = ("correctness", "helpfulness", "tone-and-length")


def rated_rows(answers: int, raters: int = 2, seed: int = 0, sentences_each: int = 4) -> list[dict[str, Any]]:
    """Rows of a ratings file: overall level and all three criteria."""
    rng = np.random.default_rng(seed)
    by_level = {
        level: [e.text[s.start : s.end] for e in EXAMPLES.examples if e.level == level for s in sentences(e.text)]
        for level in (1, 2, 3, 4, 5)
    }
    rows = []
    known: set[str] = set()
    for i in range(answers):
        level = i % 5 + 1
        # Weak answers are as long as strong ones: two levels' sentences are mixed until there are enough.
        pool = by_level[level] + (by_level[2] if level < 3 else [])
        for _ in range(1000):  # no text twice: a copy would not be counted
            said = " ".join(map(str, rng.choice(pool, size=min(sentences_each, len(pool)), replace=False)))
            if said not in known:
                break
        known.add(said)
        for rater in range(raters):
            noise = rng.choice([-1, 0, 1], size=1 + len(CRITERIA))
            given = [float(np.clip(level + n, 1, 5)) for n in noise]
            rows.append(
                {
                    "question_id": "rice", "question_text": QUESTION, "answer_id": f"a{i:03}",
                    "text": said, "rater": f"r{rater + 1}", "level": given[0],
                    "levels": dict(zip(CRITERIA, given[1:], strict=True)),
                }
            )  # fmt: skip
    return rows
