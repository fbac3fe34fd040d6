"""Choosing a judge: each kind is made without loading or asking anything; what does not go together is refused."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import pytest

from scoring.embeddings import ModelMissing
from scoring.judges.choice import JudgeOptions, add_judge_arguments, judge_options, make_judge
from tests.smollm import GGUF, weights_folder

CHAT: dict[str, Any] = {"base_url": "http://127.0.0.1:9/v1", "model": "small"}


def options(*arguments: str) -> JudgeOptions:
    parser = argparse.ArgumentParser()
    add_judge_arguments(parser)
    return judge_options(parser.parse_args(arguments))


def test_each_kind_is_made_without_asking_anyone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_KEY", "sk-secret")
    chat = ("--base-url", "http://127.0.0.1:9/v1", "--model", "small", "--api-key-env", "A_KEY", "--slots", "64")
    assert make_judge(options()).name == "embedded"
    made = options("--judge", "chat", *chat)
    assert (made.api_key, made.slots, make_judge(made).name) == ("sk-secret", 64, "chat")
    assert "sk-secret" not in repr(made)
    assert make_judge(JudgeOptions("local", model_folder=weights_folder(), gguf_file=GGUF)).name == "local"
    panel = make_judge(options("--judge", "panel", "--members", "embedded,chat", "--seeds", "1,2,3", *chat))
    assert [m.name for m in panel.members] == ["embedded", "chat", "chat", "chat"]  # type: ignore[attr-defined]  # it is a panel
    seeded = [m.options for m in panel.members[1:]]  # type: ignore[attr-defined]  # it is a panel
    assert [(o.seed, o.temperature > 0) for o in seeded] == [(1, True), (2, True), (3, True)]


@pytest.mark.parametrize(
    ("wrong", "because"),
    [
        ({"kind": "chat"}, "--base-url"),
        ({"kind": "chat", "base_url": "http://x/v1"}, "--model"),
        ({"kind": "local"}, "--model-folder"),
        ({"kind": "panel"}, "two members"),
        ({"kind": "panel", "members": ("chat",), **CHAT}, "two seeds"),
        ({"kind": "panel", "members": ("embedded", "chat")}, "--base-url"),
        ({"kind": "panel", "members": ("embedded", "embedded")}, "must differ"),
        ({"kind": "panel", "members": ("chat",), "seeds": (7, 7, 7), **CHAT}, "must differ"),
        ({"kind": "chat", "seeds": (1, 2), **CHAT}, "make a panel"),
        ({"members": ("embedded", "local")}, "for a panel"),
        ({"prompt": Path("x.yaml")}, "prompt file"),
    ],
)
def test_what_does_not_go_together_is_refused(wrong: dict[str, Any], because: str) -> None:
    with pytest.raises(ValueError, match=because):
        JudgeOptions(**wrong)


@pytest.mark.parametrize(
    ("arguments", "because"),
    [
        (["--judge", "chat"], "--base-url"),
        (["--judge", "panel", "--members", "oracle"], "'oracle'"),
        (["--judge", "chat", "--base-url", "http://x/v1", "--model", "m", "--api-key-env", "NO_SUCH"], "NO_SUCH"),
        (["--seeds", "one"], "one"),
    ],
)
def test_the_command_line_says_so_and_leaves(
    arguments: list[str], because: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        options(*arguments)
    assert left.value.code == 2
    assert because in capsys.readouterr().err


def test_an_address_that_is_none_and_a_model_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="base URL"):
        make_judge(JudgeOptions("chat", base_url="localhost:8000", model="small"))
    with pytest.raises(ModelMissing, match="no language model at"):
        make_judge(JudgeOptions("local", model_folder=tmp_path))
