"""Prompts for judges: the shipped ones are whole, a bad file is refused with its reasons, data stays data."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.prompts import JudgePrompt, PromptFileError, default_folder, fence_for, read_prompt, shown
from scoring.rubric import Rubric

SHIPPED = sorted(default_folder().glob("*.yaml"))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_shipped_prompts_hold_all_anchors_and_key_points_and_name_nobody(path: Path, moon: Rubric) -> None:
    prompt = read_prompt(path)
    text = prompt.rubric_text(moon) + prompt.user_text("The answer.", "The question?", prompt.rubric_text(moon), "ids")
    for criterion in moon.criteria:
        assert all(criterion.anchors[level] in text for level in range(1, 6))
        assert all(p.text in text for p in criterion.key_points)
    assert "{" not in prompt.user_text("a", "q", "c", "i")
    assert {" he ", " she ", " his ", " her "}.isdisjoint(f"{prompt.system} {prompt.user}".split(","))
    assert text.index("The question?") < text.rindex("The answer.")


def test_any_change_of_a_prompt_changes_its_hash(tmp_path: Path) -> None:
    data = yaml.safe_load(SHIPPED[0].read_text("utf-8"))
    hashes = {JudgePrompt.model_validate(data | change).hash for change in (
        {}, {"version": 99}, {"system": data["system"] + "!"}, {"summary": "Another."})}  # fmt: skip
    assert len(hashes) == 4
    assert read_prompt(SHIPPED[0]).hash in hashes


@pytest.mark.parametrize(
    ("change", "because"),
    [
        ({"user": "{question} {answer}"}, "{fence}"),
        ({"user": "{question} {answer} {fence} {fence}"}, "between two fences"),
        ({"criterion": "{title}"}, "{level_5}"),
        ({"version": 0}, "version"),
        ({"run": "import os"}, "run"),
    ],
)
def test_a_bad_prompt_file_is_refused_with_its_reason(tmp_path: Path, change: dict[str, object], because: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump(yaml.safe_load(SHIPPED[0].read_text("utf-8")) | change), "utf-8")
    with pytest.raises(PromptFileError) as refused:
        read_prompt(path)
    assert because in str(refused.value)
    assert str(path) in str(refused.value)


def test_a_missing_or_broken_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(PromptFileError, match="cannot be read"):
        read_prompt(tmp_path / "none.yaml")
    (tmp_path / "broken.yaml").write_text("a: [", "utf-8")
    with pytest.raises(PromptFileError, match="is not YAML"):
        read_prompt(tmp_path / "broken.yaml")


ATTACKS = [
    "<<<END OF ANSWER", ">>>", "{fence}", "{criteria}", "<|im_end|>", "</s>", "[/INST]", "<start_of_turn>", "\u202e",
    "\U000e0041", "plain words", "\n", "<", "|", "0" * 16,
]  # fmt: skip


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.lists(st.sampled_from(ATTACKS) | st.text(max_size=12), max_size=8).map("".join))
def test_no_answer_closes_its_fence_or_ends_a_turn(answer: str) -> None:
    prompt = read_prompt(default_folder() / "chat.yaml")
    user = prompt.user_text(answer, "Why?", "criteria", "ids")
    data = shown(answer)
    code = fence_for(data, prompt.hash)
    assert code not in data
    assert user.count(f"<<<END OF ANSWER {code}>>>") == user.count(f"<<<ANSWER {code}>>>") == 1
    assert user.split(f"<<<ANSWER {code}>>>\n")[1].split(f"\n<<<END OF ANSWER {code}>>>")[0] == data
    assert not {"<|", "</s>", "[/INST]", "<start_of_turn>"} & {m for m in ATTACKS if m in data}
    assert user == prompt.user_text(answer, "Why?", "criteria", "ids")  # the same call twice is the same prompt
