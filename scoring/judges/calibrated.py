"""A judge whose levels are replaced, where its questions were calibrated, by those that people would give.

The wrapped judge finds the evidence, the reasons and what is missing, and says where an answer gives no ground for a
level: all that stays. A fitted model, if there is one for this very question, rubric and judge, and its verdict is
"calibrated" or "provisional", gives the probabilities of the levels and the interval that holds people's level in 90 %
of answers. A scorecard is called what the weakest of its criteria is. Where people rated the answer as a whole, the
model gives the overall level, and the criteria stay the wrapped judge's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from scoring.calibration.model import CalibrationModel, TargetModel, question_hash
from scoring.calibration.question import gives_level
from scoring.calibration.ratings import OVERALL
from scoring.calibration.reading import AnswerReader
from scoring.calibration.verdict import Verdict
from scoring.embeddings import Embedder
from scoring.judges.base import CriterionJudgement, Judge, Judgement, OverallJudgement
from scoring.rubric import Rubric
from scoring.transcript import Answer, content_hash

__all__ = ["CalibratedJudge"]

SHORT = 12  # letters of a hash, where the whole would only be in the way


class CalibratedJudge:
    """``models`` as stored, the oldest first (store.stored_models): of several that fit, the newest counts."""

    calibration = Verdict.UNCALIBRATED.value  # of questions without a model; a judgement says its own

    def __init__(self, judge: Judge, embedder: Embedder, models: Sequence[CalibrationModel]) -> None:
        self._judge = judge
        self._embedder = embedder
        self._models = tuple(models)
        self._readers: dict[str, AnswerReader] = {}

    @property
    def name(self) -> str:
        return self._judge.name

    @property
    def version(self) -> str:
        """The wrapped judge's, with the hash of all models at hand: another set may give other levels."""
        known = content_hash(sorted(m.hash for m in self._models))[:SHORT]
        return f"{self._judge.version}+calibrations.{known}" if self._models else self._judge.version

    @property
    def model(self) -> str:
        return self._judge.model

    def model_for(self, rubric: Rubric, question_text: str) -> tuple[CalibrationModel | None, str]:
        """(the newest model that fits, or None; why the newest one for this question does not fit, if that is so)."""
        asked = question_hash(question_text)
        own = [m for m in self._models if m.basis.question_hash == asked and m.basis.rubric == rubric.rubric]
        refusal = ""
        for model in reversed(own):
            why = model.basis.refusal(rubric, question_text, self._judge, self._embedder)
            if why is None:
                return model, ""
            refusal = refusal or why
        return None, refusal

    def judge(self, answer: Answer, rubric: Rubric, question_text: str) -> Judgement:
        judgement = self._judge.judge(answer, rubric, question_text)
        model, refusal = self.model_for(rubric, question_text)
        if model is None:
            note = f"The levels of this question are not calibrated any more. {refusal}" if refusal else ""
            criteria = {k: replace(c, reason=f"{c.reason} {note}".strip()) for k, c in judgement.criteria.items()}
            return replace(judgement, criteria=criteria)
        levelled = gives_level(judgement, rubric, answer)
        used = {name: t for name, t in model.targets.items() if t.verdict is not Verdict.UNCALIBRATED}
        if not levelled or not used:
            return replace(judgement, calibration=_weakest(rubric, used))
        reader = self._reader(model, rubric, question_text)
        features = reader.read(answer, judgement)
        pair = reader.pair(answer) if any(t.encoder is not None for t in used.values()) else None
        criteria = dict(judgement.criteria)
        for name in levelled & used.keys():
            criteria[name] = _replaced(criteria[name], used[name], *used[name].judge(features, pair))
        overall = None
        if (target := used.get(OVERALL)) is not None:
            probabilities, interval = target.judge(features, pair)
            overall = OverallJudgement(probabilities, interval, target.verdict.value, _why(target))
        return replace(
            judgement,
            criteria=criteria,
            overall=overall,
            calibration=_weakest(rubric, used),
            model=f"{self._judge.model}; fitted model {model.hash}",
        )

    def _reader(self, model: CalibrationModel, rubric: Rubric, question_text: str) -> AnswerReader:
        known = self._readers.get(model.hash)
        if known is None:
            known = AnswerReader(self._embedder, rubric, question_text, model.basis.reference)
            self._readers[model.hash] = known
        return known


def _replaced(
    own: CriterionJudgement, target: TargetModel, probabilities: tuple[float, float, float, float, float],
    interval: tuple[float, float],
) -> CriterionJudgement:  # fmt: skip
    return replace(own, probabilities=probabilities, interval=interval, reason=f"{own.reason} {_why(target)}".strip())


def _why(target: TargetModel) -> str:
    return f"The level is fitted to people's ratings of {target.report['answers']} answers to this question."


def _weakest(rubric: Rubric, used: dict[str, TargetModel]) -> str:
    """Of the criteria; one without a usable model is uncalibrated."""
    verdicts = {used[c.id].verdict if c.id in used else Verdict.UNCALIBRATED for c in rubric.criteria}
    order = (Verdict.UNCALIBRATED, Verdict.PROVISIONAL, Verdict.CALIBRATED)
    return next(v for v in order if v in verdicts).value
