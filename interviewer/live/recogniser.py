"""One interview's way to the recogniser that all interviews of this machine share."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from interviewer.live.load import CAPTIONS_SHED, RECOGNITION, Load
from interviewer.speech.process import Unwanted
from interviewer.speech.recognition import Purpose, Recogniser, Recognition

__all__ = ["InterviewRecogniser"]


@dataclass(frozen=True, slots=True)
class InterviewRecogniser:
    """``language`` and ``hotwords`` are the plan's. ``load`` is told how long words took."""

    shared: Recogniser
    load: Load
    language: str
    hotwords: tuple[str, ...]

    @property
    def busy(self) -> bool:
        """The end of a turn, of any interview, is being recognised."""
        return self.shared.busy

    async def __call__(
        self, pcm: NDArray[np.int16], *, purpose: Purpose, wanted: Callable[[], bool], before: NDArray[np.int16]
    ) -> Recognition:
        asked = time.monotonic()
        try:
            heard = await self.shared.recognise(
                pcm, language=self.language, hotwords=self.hotwords, purpose=purpose, wanted=wanted, before=before
            )
        except Unwanted:
            if purpose is Purpose.CAPTION:
                CAPTIONS_SHED.inc()
            raise
        waited = time.monotonic() - asked
        RECOGNITION.labels(purpose.name.lower()).observe(waited)
        if purpose is not Purpose.CAPTION:
            self.load.recognised(waited, heard.took_s, urgent=purpose is Purpose.LIVE)
        return heard
