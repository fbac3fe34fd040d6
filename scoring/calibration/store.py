"""Models in a folder, each in one of its own that is named by the hash of its contents and never changed.

    calibrations/3f0c.../model.json      what it was fitted on, reports and verdicts, the hash of model.npz
                         model.npz       numbers alone, read without pickle
                         encoders/9a1e.../   a fine-tuned encoder, where there is one (finetune.py; 14 MB)

The name is the SHA-256 of model.json. Fitting again writes another folder beside, so that whatever an old scorecard
names can still be found. A folder whose contents do not fit its name is refused.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from scoring.calibration.alignment import Scorer
from scoring.calibration.conformal import FOLDS, Intervals
from scoring.calibration.model import Basis, CalibrationModel, TargetModel
from scoring.calibration.refusal import ModelRefused
from scoring.calibration.ridge import Line
from scoring.calibration.verdict import Verdict
from scoring.embeddings import Embedder

if TYPE_CHECKING:
    from scoring.calibration.finetune import Finetuned

__all__ = ["ModelRefused", "load_model", "save_model", "stored_models"]

FORMAT, WITH_ENCODER = 1, 2  # apart, so that a version that knows no encoders refuses those that have one
DOCUMENT, ARRAYS, ENCODERS = "model.json", "model.npz", "encoders"
PARTS = ("means", "scales", "coefficients", "constants", "shares", "folds", "misses")

Arrays = dict[str, npt.NDArray[Any]]


def save_model(folder: Path, model: CalibrationModel) -> CalibrationModel:
    """The model with its hash. ``folder`` is made where it is missing; what stands in it is left alone."""
    arrays: Arrays = {}
    targets = []
    folder.mkdir(parents=True, exist_ok=True)
    # Written aside and moved into place at once, so that nobody ever finds half a model.
    with TemporaryDirectory(dir=folder, prefix=".") as aside:
        made = Path(aside) / "model"
        made.mkdir()
        for index, (name, target) in enumerate(model.targets.items()):
            arrays |= {f"{index}.{part}": values for part, values in _numbers(target).items()}
            entry = {"target": name, "verdict": target.verdict.value, "reasons": list(target.reasons),
                     "report": dict(target.report)}  # fmt: skip
            if target.encoder is not None:
                entry["encoder"] = target.encoder.save(made / ENCODERS).name
            targets.append(entry)
        packed = io.BytesIO()
        np.savez_compressed(packed, allow_pickle=False, **arrays)
        body = {
            "format": WITH_ENCODER if (made / ENCODERS).exists() else FORMAT,
            "basis": model.basis.to_dict(),
            "targets": targets,
            "arrays_sha256": hashlib.sha256(packed.getvalue()).hexdigest(),
        }
        raw = (json.dumps(body, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()
        (made / ARRAYS).write_bytes(packed.getvalue())
        (made / DOCUMENT).write_bytes(raw)
        place = folder / hashlib.sha256(raw).hexdigest()
        if not place.exists():
            made.rename(place)
    return replace(model, hash=place.name)


def stored_models(folder: Path) -> tuple[CalibrationModel, ...]:
    """Every model in the folder, the oldest first. Raises ModelRefused, also where there is no such folder."""
    if not folder.is_dir():
        raise ModelRefused(f"{folder}: there is no such folder of calibrations")
    places = [p for p in folder.iterdir() if p.is_dir() and not p.name.startswith(".")]
    return tuple(sorted(map(load_model, places), key=lambda m: (m.basis.fitted_at, m.hash)))


def load_model(place: Path) -> CalibrationModel:
    """Raises ModelRefused where anything was changed since it was stored, or cannot be read."""
    try:
        raw, packed = (place / DOCUMENT).read_bytes(), (place / ARRAYS).read_bytes()
    except OSError as error:
        raise ModelRefused(f"{place}: is no stored model ({error})") from error
    if hashlib.sha256(raw).hexdigest() != place.name:
        raise ModelRefused(f"{place}: {DOCUMENT} is not what was stored under this name; calibrate again")
    try:
        body = json.loads(raw)
        if body["format"] not in (FORMAT, WITH_ENCODER):
            raise ModelRefused(f"{place}: has format {body['format']}, this version reads {FORMAT} and {WITH_ENCODER}; "
                               "calibrate again")  # fmt: skip
        if hashlib.sha256(packed).hexdigest() != body["arrays_sha256"]:
            raise ModelRefused(f"{place}: {ARRAYS} is not what was stored with {DOCUMENT}; calibrate again")
        with np.load(io.BytesIO(packed), allow_pickle=False) as held:
            arrays: Arrays = {key: held[key] for key in held.files}
        basis = Basis(**body["basis"])
        # Where the embedding model is another one now, the whole model is refused when it is asked for (Basis.refusal).
        encoders = place / ENCODERS if basis.embedder == Embedder().version else None
        targets = {
            entry["target"]: _target(encoders, entry, {part: arrays[f"{index}.{part}"] for part in PARTS})
            for index, entry in enumerate(body["targets"])
        }
        return CalibrationModel(basis, targets, place.name)
    except (KeyError, TypeError, IndexError, json.JSONDecodeError, zipfile.BadZipFile) as error:
        raise ModelRefused(f"{place}: is no model that this version can read ({error!r})") from error


def _numbers(target: TargetModel) -> Arrays:
    """One row for each scorer: the one fitted on all, then those of the folds."""
    scorers = (target.scorer, *target.intervals.scorers)
    return {
        "means": np.stack([s.line.means for s in scorers]),
        "scales": np.stack([s.line.scales for s in scorers]),
        "coefficients": np.stack([s.line.coefficients for s in scorers]),
        "constants": np.array([[s.line.intercept, s.centre, s.factor] for s in scorers]),
        "shares": np.stack([s.shares for s in scorers]),
        "folds": target.intervals.folds,
        "misses": target.intervals.misses,
    }


def _target(encoders: Path | None, entry: Mapping[str, Any], numbers: Arrays) -> TargetModel:
    scorers = [
        Scorer(Line(means, scales, coefficients, float(intercept)), float(centre), float(factor), shares)
        for means, scales, coefficients, (intercept, centre, factor), shares in zip(
            numbers["means"],
            numbers["scales"],
            numbers["coefficients"],
            numbers["constants"],
            numbers["shares"],
            strict=True,
        )
    ]
    return TargetModel(
        scorers[0],
        Intervals(tuple(scorers[1 : FOLDS + 1]), numbers["folds"], numbers["misses"]),
        Verdict(entry["verdict"]),
        tuple(entry["reasons"]),
        entry["report"],
        _encoder(encoders / entry["encoder"]) if encoders is not None and "encoder" in entry else None,
    )


def _encoder(place: Path) -> Finetuned:
    from scoring.calibration.finetune import load_finetuned  # brings torch

    return load_finetuned(place)
