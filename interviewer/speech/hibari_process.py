"""Run as a program by :mod:`interviewer.speech.voice` where Piper is not installed: hibari-tts (Apache-2.0).

Its wheel holds one voice, a female one. The male voice is used where its file was put beside (``hibari`` fetches it,
HIBARI_HOME says where); nothing is fetched from here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from interviewer.speech.child import Handler, Tell, serve
from interviewer.speech.messages import Message
from interviewer.speech.sound import finished

MALE = "fenrir"
BUNDLED = "heart"


def installed_voice() -> str:
    """The male voice where its file is, else the one in the wheel."""
    from hibari.voices import voice_path

    try:
        voice_path(MALE, download_missing=False)
    except FileNotFoundError:
        return BUNDLED
    return MALE


def load(settings: Mapping[str, Any], tell: Tell) -> tuple[Handler, Mapping[str, Any]]:
    from hibari import Hibari

    tell("loading Melvin's voice")
    synthesiser = Hibari(installed_voice(), threads=int(settings["threads"]))

    def handle(request: Message) -> Message:
        sentences = list(synthesiser.stream(str(request.header["text"]), speed=float(request.header["speed"]), seed=1))
        pcm = finished(sentences, synthesiser.sample_rate)
        return Message({}, np.ascontiguousarray(pcm).tobytes())

    handle(Message({"text": "Ready.", "speed": 1.0}))
    return handle, {"rate": synthesiser.sample_rate}


if __name__ == "__main__":
    serve(load)
