"""A bundle is one value: it survives storage, and its hash changes with everything that a candidate or judge meets."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from interviewer.plans.bundle import PlanBundle
from interviewer.plans.library import Library, default_folder

Spoil = Callable[[str, str, str], int]


@pytest.mark.parametrize("name", Library.load(default_folder()).names())
def test_a_bundle_survives_json(name: str) -> None:
    bundle = Library.load(default_folder()).get(name)
    assert PlanBundle.from_dict(json.loads(json.dumps(bundle.to_dict()))) == bundle


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("plans/tiny.yaml", "What else?", "What more?"),
        ("plans/tiny.yaml", "minutes: 5", "minutes: 6"),
        ("rubrics/reasons.yaml", "Gives a reason that fits.", "Gives one reason that fits."),
        ("rubrics/reasons.yaml", "Because it helps people.", "Because it helps."),
        ("phrases/en.yaml", "Okay, thanks for that.", "Okay, thanks."),
        ("requests/en.yaml", "- come again", "- come once more"),
        ("personas/melvin.yaml", "speed: 1.0", "speed: 1.1"),
        ("notices/standard.yaml", "Who decides", "Who makes the decision"),
    ],
)
def test_the_hash_changes_with_every_part(folder: Path, spoil: Spoil, file: str, old: str, new: str) -> None:
    before = Library.load(folder).get("tiny").hash
    spoil(file, old, new)
    assert Library.load(folder).get("tiny").hash != before


def test_the_hash_does_not_change_with_layout_or_with_what_the_plan_does_not_use(folder: Path, spoil: Spoil) -> None:
    before = Library.load(folder).get("tiny").hash
    spoil("plans/tiny.yaml", "minutes: 5\n", "\n# how long\nminutes:   5\n")
    spoil("plans/tiny.yaml", "covers: [reason]", "covers:\n          - reason")
    other = (folder / "rubrics" / "reasons.yaml").read_text().replace("rubric: reasons", "rubric: other")
    (folder / "rubrics" / "other.yaml").write_text(other)
    assert Library.load(folder).get("tiny").hash == before


def test_the_hash_is_the_same_in_another_process(folder: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from interviewer.plans.library import Library;"
        "print(Library.load(Path(sys.argv[1])).get('tiny').hash)"
    )
    root = str(default_folder().parent)
    env = {**os.environ, "PYTHONHASHSEED": "7", "PYTHONPATH": root}
    out = subprocess.run([sys.executable, "-c", code, str(folder)], env=env, capture_output=True, text=True, check=True)
    assert out.stdout.strip() == Library.load(folder).get("tiny").hash
