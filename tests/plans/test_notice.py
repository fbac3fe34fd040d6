"""The notice a candidate agrees to: filled for them, and named by the hash of what they saw."""

from __future__ import annotations

from pathlib import Path

from interviewer.plans.library import Library, default_folder
from interviewer.plans.notice import Notice
from interviewer.plans.source import read_source
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


def notice_of(name: str) -> Notice:
    source, problems = read_source(default_folder() / "notices" / f"{name}.yaml", name)
    assert problems == []
    assert source is not None
    return Notice.model_validate(source.data)


def test_the_notice_with_a_camera_says_the_same_as_the_standard_one_and_what_the_camera_is_for() -> None:
    standard, other = notice_of("standard"), notice_of("standard-with-camera")
    camera = other.camera
    assert camera is not None
    told = " ".join(camera.paragraphs).lower()
    for words in (
        "your choice",
        "without sound",
        "never scored",
        "no effect on your score",
        "deleted",
        "turn the camera",
    ):
        assert words in told
    mine, own = dict(standard.texts()), dict(other.texts())
    differs = {place[:2] for place, text in own.items() if mine.get(place) != text and place[0] != "camera"}
    sections = [s.id for s in standard.sections]
    assert {sections[int(place[1])] for place in differs} == {"recorded", "not-judged", "your-data"}


def test_a_plan_without_a_camera_has_the_hash_that_it_had_before_there_was_one(folder: Path) -> None:
    bundle = Library.load(folder).get("tiny")
    assert "camera" not in bundle.to_dict()["plan"]
    assert "camera" not in bundle.to_dict()["notice"]
    text = (folder / "plans" / "tiny.yaml").read_text()
    asks = text.replace("minutes: 5", "minutes: 5\ncamera: ask\nnotice: standard-with-camera")
    (folder / "plans" / "tiny.yaml").write_text(asks)
    asking = Library.load(folder).get("tiny")
    assert asking.plan.camera == "ask"
    assert asking.hash != bundle.hash
    assert asking.notice.hash != asking.notice.without_camera().hash
