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
    from interviewer.speech.smart_turn import smart_turn_file

    named = settings["smart_turn"]
    smart_turn = smart_turn_file(Path(named) if named else None)
    whisper = Whisper(folder, str(settings["compute_type"]), int(settings["threads"]), smart_turn)
    # The first call allocates buffers; it should not be a candidate's.
    whisper.warm()

    def handle(request: Message) -> Message:
        sound = np.frombuffer(request.payload, np.int16)
        before, pcm = np.split(sound, [int(request.header["before"])])
        told = {"language": str(request.header["language"]), "hotwords": request.header["hotwords"]}
        if request.header["careful"]:
            result = whisper.careful(pcm, **told)
        else:
            result = whisper.quick(pcm, judged=bool(request.header["judged"]), before=before, **told)
        words = [[w.text, w.start, w.end, w.confidence] for w in result.words]
        found = {"text": result.text, "words": words, "confidence": result.confidence, "finality": result.finality}
        return Message({**found, "took_s": result.took_s})

    return handle, {"model": folder.name, "smart_turn": smart_turn is not None}


if __name__ == "__main__":
    serve(load)
