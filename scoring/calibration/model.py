"""A fitted model: scorers for what was rated of one question, and all that they were fitted on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from scoring.calibration.alignment import Scorer
from scoring.calibration.conformal import Intervals
from scoring.calibration.reading import FEATURES_VERSION
from scoring.calibration.tuning import Pair
from scoring.calibration.verdict import Verdict
from scoring.embeddings import Embedder
from scoring.judges.base import Judge, Probabilities
from scoring.masking import MASKING
from scoring.rubric import Rubric
from scoring.transcript import content_hash

if TYPE_CHECKING:
    from scoring.calibration.finetune import Finetuned  # it needs torch, which few models do

__all__ = ["Basis", "CalibrationModel", "TargetModel", "question_hash"]


def question_hash(question_text: str) -> str:
    """A question is the same where its words are; white space aside."""
    return content_hash(" ".join(question_text.split()))


@dataclass(frozen=True, slots=True)
class Basis:
    """What a model was fitted on and with. ``fitted_at``: ISO 8601, UTC."""

    question_id: str
    question_hash: str
    reference: str | None
    rubric: str
    rubric_version: int
    rubric_hash: str
    ratings_hash: str
    judge: str
    judge_version: str
    judge_model: str
    embedder: str
    features_version: str
    masking: str
    seed: int
    fitted_at: str

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    def refusal(self, rubric: Rubric, question_text: str, judge: Judge, embedder: Embedder) -> str | None:
        """Why the model may not score answers to this question with this judge, in a sentence; None where it may."""
        wanted = (
            ("another question", self.question_hash, question_hash(question_text)),
            ("another version of the rubric", self.rubric_hash, rubric.hash),
            ("another judge", self.judge, judge.name),
            ("another version of the judge", self.judge_version, judge.version),
            ("another model of the judge", self.judge_model, judge.model),
            ("another embedding model", self.embedder, embedder.version),
            ("another version of the features", self.features_version, FEATURES_VERSION),
            ("another version of the masking", self.masking, MASKING),
        )
        for what, own, asked in wanted:
            if own != asked:
                return f"It was fitted on {what} ({own[:60]}, not {asked[:60]}); calibrate again."
        return None


@dataclass(frozen=True, slots=True)
class TargetModel:
    """``report`` is the JSON of its measured agreement; ``reasons`` stand behind the verdict. Where there is an
    ``encoder``, the scorer wants its score as the last feature."""

    scorer: Scorer
    intervals: Intervals
    verdict: Verdict
    reasons: tuple[str, ...]
    report: Mapping[str, Any]
    encoder: Finetuned | None = None

    def judge(
        self, features: npt.NDArray[np.float64], pair: Pair | None = None
    ) -> tuple[Probabilities, tuple[float, float]]:
        """Probabilities of the levels and the 90 % interval, for one row of features. Raises ValueError without the
        ``pair`` that an encoder reads."""
        if self.encoder is not None:
            if pair is None:
                raise ValueError("a fine-tuned encoder reads the answer beside what was asked")
            features = np.append(features, 1 + 4 * self.encoder.predict([pair]))
        row = features[None, :]
        p = [round(float(x), 4) for x in self.scorer.probabilities(row, self.intervals.spread)[0]]
        low, high = self.intervals.around(row)[0]
        # The mean of the probabilities lies further in than the place they were cut around.
        mean = sum((i + 1) * x for i, x in enumerate(p))
        return (p[0], p[1], p[2], p[3], p[4]), (round(min(low, mean), 3), round(max(high, mean), 3))


@dataclass(frozen=True, slots=True)
class CalibrationModel:
    """``targets`` by what was rated: a criterion's id, or ratings.OVERALL. ``hash`` names it once it is stored."""

    basis: Basis
    targets: Mapping[str, TargetModel]
    hash: str = ""
