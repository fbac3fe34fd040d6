"""Stored models: what comes back is what was stored, a refit stands beside, and what was changed is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from scoring.calibration.fit import fit_target
from scoring.calibration.model import Basis, CalibrationModel, TargetModel
from scoring.calibration.ratings import OVERALL
from scoring.calibration.store import ModelRefused, load_model, save_model, stored_models
from tests.scoring.calibration.planted import BLOCKS, features, lengths, rated, true_levels

BASIS = Basis(
    question_id="q", question_hash="1" * 64, reference=None, rubric="rain", rubric_version=1, rubric_hash="2" * 64,
    ratings_hash="3" * 64, judge="embedded", judge_version="1", judge_model="m", embedder="e", features_version="1",
    masking="1", seed=0, fitted_at="2026-11-22T00:00:00+00:00",
)  # fmt: skip


@pytest.fixture(scope="module")
def model() -> CalibrationModel:
    x = features(30)
    targets = {}
    for i, name in enumerate((OVERALL, "tone")):
        ratings = rated(true_levels(x), 2, seed=i)
        f = fit_target(x, lengths(30), ratings, ["a", "b"], BLOCKS, resamples=20)
        decision = f.report.decision
        targets[name] = TargetModel(f.scorer, f.intervals, decision.verdict, decision.reasons, f.report.to_dict())
    return CalibrationModel(BASIS, targets)


def test_what_comes_back_judges_as_what_was_stored(tmp_path: Path, model: CalibrationModel) -> None:
    stored = save_model(tmp_path / "new" / "calibrations", model)
    loaded = load_model(tmp_path / "new" / "calibrations" / stored.hash)
    assert loaded.hash == stored.hash != ""
    assert loaded.basis == model.basis
    assert list(loaded.targets) == [OVERALL, "tone"]
    for name, target in model.targets.items():
        for row in features(5, seed=9):
            assert loaded.targets[name].judge(row) == target.judge(row)
        assert (loaded.targets[name].verdict, loaded.targets[name].reasons) == (target.verdict, target.reasons)
        assert loaded.targets[name].report == target.report


def test_an_interval_holds_the_expected_level(model: CalibrationModel) -> None:
    for row in 3 * features(40, seed=5):
        probabilities, (low, high) = model.targets[OVERALL].judge(row)
        assert sum(probabilities) == pytest.approx(1, abs=1e-3)
        assert 1 <= low <= sum((i + 1) * p for i, p in enumerate(probabilities)) + 1e-3 <= high + 2e-3 <= 5.002


def test_a_refit_stands_beside_and_changes_nothing(tmp_path: Path, model: CalibrationModel) -> None:
    old = save_model(tmp_path, model)
    before = {p: p.read_bytes() for p in (tmp_path / old.hash).iterdir()}
    later = save_model(tmp_path, replace(model, basis=replace(BASIS, fitted_at="2026-11-23T00:00:00+00:00")))
    assert save_model(tmp_path, model).hash == old.hash != later.hash
    assert {p: p.read_bytes() for p in (tmp_path / old.hash).iterdir()} == before
    assert [m.hash for m in stored_models(tmp_path)] == [old.hash, later.hash], "the oldest first"


def test_whatever_was_changed_is_refused(tmp_path: Path, model: CalibrationModel) -> None:
    place = tmp_path / save_model(tmp_path, model).hash
    document, arrays = place / "model.json", place / "model.npz"
    raw, packed = document.read_text(), arrays.read_bytes()

    document.write_text(raw.replace('"calibrated"', '"provisional"', 1))
    with pytest.raises(ModelRefused, match=r"model\.json is not what was stored"):
        load_model(place)
    document.write_text(raw)

    np.savez(arrays, **{"0.means": np.zeros(3)})
    with pytest.raises(ModelRefused, match=r"model\.npz is not what was stored"):
        stored_models(tmp_path)
    arrays.unlink()
    with pytest.raises(ModelRefused, match="is no stored model"):
        load_model(place)
    arrays.write_bytes(packed)
    assert load_model(place).hash == place.name

    other = tmp_path / ("0" * 64)
    place.rename(other)
    with pytest.raises(ModelRefused, match="not what was stored under this name"):
        load_model(other)


def test_another_format_and_a_missing_folder_are_refused(tmp_path: Path, model: CalibrationModel) -> None:
    import hashlib

    place = tmp_path / save_model(tmp_path, model).hash
    body = json.loads((place / "model.json").read_text()) | {"format": 99}
    raw = json.dumps(body)
    (place / "model.json").write_text(raw)
    newer = place.rename(tmp_path / hashlib.sha256(raw.encode()).hexdigest())
    with pytest.raises(ModelRefused, match="has format 99"):
        load_model(newer)
    with pytest.raises(ModelRefused, match="no such folder"):
        stored_models(tmp_path / "nowhere")
