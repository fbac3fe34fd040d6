"""Run as a program by :mod:`interviewer.live.coverage`: the embedding model, and nothing else of the service."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from interviewer.speech.child import Handler, Tell, serve
from interviewer.speech.messages import Message


def load(settings: Mapping[str, Any], tell: Tell) -> tuple[Handler, Mapping[str, Any]]:
    from scoring.coverage import Coverage
    from scoring.embeddings import Embedder, EmbedderOptions
    from scoring.rubric import KeyPoint

    tell("loading the embedding model")
    store = Path(settings["store"]) if settings["store"] else None
    embedder = Embedder(EmbedderOptions(threads=int(settings["threads"]), store=store))
    coverage = Coverage(embedder)
    embedder.encode(["The first sentence is slow; let it be this one."])

    def handle(request: Message) -> Message:
        key_points = [KeyPoint.model_validate(p) for p in request.header["key_points"]]
        return Message({"covered": list(coverage.covered(str(request.header["text"]), key_points))})

    return handle, {"version": embedder.version}


if __name__ == "__main__":
    serve(load)
