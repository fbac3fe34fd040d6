"""Settings: what does not go together is said at the start, naming the variables."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from interviewer.settings import Settings


def settings(**given: Any) -> Settings:
    return Settings(_env_file=None, **given)  # type: ignore[call-arg]  # pydantic-settings takes it beside the fields


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"judge": "chat"}, "MELVIN_JUDGE_URL"),
        ({"judge": "chat", "judge_url": "localhost:8000", "judge_model": "m"}, "http"),
        ({"judge": "local"}, "MELVIN_JUDGE_MODEL_FOLDER"),
        ({"judge": "panel"}, "MELVIN_JUDGE_MEMBERS"),
        ({"judge": "panel", "judge_members": "embedded"}, "two members"),
        ({"judge": "panel", "judge_members": "embedded,oracle"}, "oracle"),
    ],
)
def test_a_judge_that_lacks_something_is_refused_with_what(given: Mapping[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        settings(**given)


def test_the_judge_s_key_is_shown_nowhere() -> None:
    chosen = settings(judge="chat", judge_url="http://127.0.0.1:1/v1", judge_model="m", judge_key="sk-very-secret")
    assert chosen.judge_options.api_key == "sk-very-secret"
    assert "very-secret" not in repr(chosen) + repr(chosen.judge_options) + str(chosen.model_dump())


def test_a_panel_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in {
        "JUDGE": "panel", "JUDGE_MEMBERS": "embedded, chat", "JUDGE_SEEDS": "1, 2, 3",
        "JUDGE_URL": "http://127.0.0.1:1/v1", "JUDGE_MODEL": "m", "DATA_FOLDER": str(tmp_path),
    }.items():  # fmt: skip
        monkeypatch.setenv(f"MELVIN_{name}", value)
    chosen = settings().judge_options
    assert (chosen.kind, chosen.members, chosen.seeds) == ("panel", ("embedded", "chat"), (1, 2, 3))
    assert chosen.store == tmp_path / "cache" / "models"


@pytest.mark.parametrize(("usable", "at_once"), [(1, 2), (2, 4), (40, 50)])
def test_a_machine_lets_in_as_many_as_it_has_cores_for(
    monkeypatch: pytest.MonkeyPatch, usable: int, at_once: int
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(usable)), raising=False)
    assert settings().interviews_at_once == at_once
    assert settings(most_interviews=7).interviews_at_once == 7


@pytest.mark.parametrize("address", ["node1.example.com", "https://one.example/path", "ftp://one.example"])
def test_a_node_s_address_is_a_place_that_pages_can_be_sent_to(address: str) -> None:
    assert settings(node_address="https://one.example:8443").node_address == "https://one.example:8443"
    with pytest.raises(ValidationError, match="https://"):
        settings(node_address=address)
