"""Run as a program by :mod:`interviewer.speech.voice` where Piper is not installed: hibari-tts (Apache-2.0).

Its wheel holds one voice, a female one. The male voice is used where its file was put beside (``hibari`` fetches it,
HIBARI_HOME says where); nothing is fetched from here.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import numpy as np

from interviewer.speech.child import Handler, Tell, serve
from interviewer.speech.messages import Message
from interviewer.speech.sound import finished

MALE = "fenrir"
BUNDLED = "heart"


def load(settings: Mapping[str, Any], tell: Tell) -> tuple[Handler, Mapping[str, Any]]:
    from hibari import Hibari
    from hibari.voices import voice_path

    tell("loading Melvin's voice")
    try:
        voice_path(MALE, download_missing=False)
        name = MALE
    except FileNotFoundError:
        name = BUNDLED
    synthesiser = Hibari(name, threads=int(settings["threads"]))

    def handle(request: Message) -> Message:
        sentences = list(synthesiser.stream(str(request.header["text"]), speed=float(request.header["speed"]), seed=1))
        pcm = finished(sentences, synthesiser.sample_rate)
        return Message({}, np.ascontiguousarray(pcm).tobytes())

    handle(Message({"text": "Ready.", "speed": 1.0}))
    return handle, {
        "engine": "hibari",
        "voice": name,
        "male": name == MALE,
        "version": f"hibari-{version('hibari-tts')}-{name}",
    }


if __name__ == "__main__":
    serve(load)
