"""A small prompts folder that is right; each test spoils one thing in it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from interviewer.plans.library import default_folder

PLAN = """\
plan: tiny
version: 1
title: Tiny
summary: One question about {field}.
minutes: 5
variables:
  field:
    description: The field
    examples: [law]
questions:
  - id: why
    title: Why
    text: Why do you like {field}?
    rubric: reasons
    probes:
      - id: which
        text: Which reason weighs most in {field}?
        covers: [reason]
      - id: more
        text: What else?
        covers: []
"""

RUBRIC = """\
rubric: reasons
version: 1
title: Reasons
job_analysis: People who can give reasons can teach them.
criteria:
  - id: reasons
    title: Reasons
    description: Gives reasons for {field}.
    anchors:
      1: Gives no reason at all.
      2: Gives a reason that fits anything.
      3: Gives a reason that fits.
      4: Gives a reason and explains it.
      5: Gives several and weighs them.
    key_points:
      - id: reason
        text: Gives a reason.
        examples: [Because it helps people.]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for kind in ("personas", "phrases", "requests", "notices"):
        shutil.copytree(default_folder() / kind, tmp_path / kind)
    (tmp_path / "plans").mkdir()
    (tmp_path / "rubrics").mkdir()
    (tmp_path / "plans" / "tiny.yaml").write_text(PLAN)
    (tmp_path / "rubrics" / "reasons.yaml").write_text(RUBRIC)
    return tmp_path


def _spoil(path: Path, old: str, new: str) -> int:
    text = path.read_text()
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {path.name}"
    path.write_text(text.replace(old, new))
    return text[: text.index(old)].count("\n") + 1


@pytest.fixture
def spoil(folder: Path):  # type: ignore[no-untyped-def]
    """``spoil(file, old, new)`` replaces text that stands there once and returns the line where it stood."""
    return lambda file, old, new: _spoil(folder / file, old, new)
