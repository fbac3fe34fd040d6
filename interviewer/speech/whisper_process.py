"""Run as a program by :mod:`interviewer.speech.recognition`: Whisper, and nothing else of the service."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from interviewer.speech.child import Handler, Tell, serve
from interviewer.speech.messages import Message


def load(settings: Mapping[str, Any], tell: Tell) -> tuple[Handler, Mapping[str, Any]]:
    from interviewer.speech.models import whisper_folder
    from interviewer.speech.whisper import Whisper

    folder = whisper_folder(settings["model"], Path(settings["cache"]), tell)
    tell("loading the speech recogniser")
    whisper = Whisper(folder, str(settings["compute_type"]), int(settings["threads"]))
    # The first call allocates buffers; it should not be a candidate's.
    whisper.warm()

    def handle(request: Message) -> Message:
        pcm = np.frombuffer(request.payload, np.int16)
        recognise = whisper.careful if request.header["careful"] else whisper.quick
        result = recognise(pcm, language=str(request.header["language"]), hotwords=request.header["hotwords"])
        words = [[w.text, w.start, w.end, w.confidence] for w in result.words]
        found = {"text": result.text, "words": words, "confidence": result.confidence, "finality": result.finality}
        return Message({**found, "took_s": result.took_s})

    return handle, {"model": folder.name}


if __name__ == "__main__":
    serve(load)
