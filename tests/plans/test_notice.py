"""The notice a candidate agrees to: filled for them, and named by the hash of what they saw."""

from __future__ import annotations

from interviewer.plans.library import Library, default_folder
from interviewer.plans.variables import announced


def test_the_filled_notice_has_no_variables_left_and_its_own_hash() -> None:
    bundle = Library.load(default_folder()).get("generalist-ai-trainer")
    shown = bundle.notice.filled(announced(bundle.plan))
    text = shown.model_dump_json()
    assert "{minutes}" not in text
    assert "{contact}" not in text
    assert "about 20 minutes" in shown.intro
    assert shown.hash != bundle.notice.hash
    assert shown.hash == bundle.notice.filled(announced(bundle.plan)).hash
    assert shown.hash != bundle.notice.filled(announced(bundle.plan, 2.0)).hash


def test_the_standard_notice_speaks_of_all_that_the_law_and_the_candidate_ask() -> None:
    notice = Library.load(default_folder()).get("generalist-ai-trainer").notice
    assert [s.id for s in notice.sections] == [
        "how-it-works", "recorded", "judged", "not-judged", "who-decides", "accommodations", "your-data", "questions",
    ]  # fmt: skip
    never = " ".join(p for s in notice.sections if s.id == "not-judged" for p in s.paragraphs).lower()
    for word in ("accent", "voice", "face", "feelings", "fast", "pauses", '"um"', "repeat", "skip", "typing"):
        assert word in never
