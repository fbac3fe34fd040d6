"""An OpenAI-compatible server around a causal language model: chat completions with JSON schemas, greedy."""

from __future__ import annotations

import threading
from typing import Any

from fastapi import FastAPI
from fastapi.responses import JSONResponse

from scoring.judges.local_model import CausalModel
from tests.endpoint.guided import Writer

__all__ = ["served"]


def served(causal: CausalModel) -> FastAPI:
    app = FastAPI()
    lock = threading.Lock()
    before: dict[str, Any] = {"ids": [], "cache": None}

    @app.get("/v1/models")
    def models() -> dict[str, Any]:
        return {"object": "list", "data": [{"id": causal.name, "object": "model"}]}

    @app.post("/v1/chat/completions")
    def complete(body: dict[str, Any]) -> JSONResponse:
        with lock:
            return JSONResponse(_completion(causal, body, before))

    return app


def _completion(causal: CausalModel, body: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    tokenizer, model = causal.loaded()
    text = tokenizer.apply_chat_template(body["messages"], add_generation_prompt=True, tokenize=False)
    ids = tokenizer(text, add_special_tokens=False)["input_ids"]
    # What the prompt has in common with the last one is not computed again, as servers with prefix caching do.
    pairs = zip(ids[:-1], before["ids"], strict=False)
    same = next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(ids) - 1, len(before["ids"])))
    if before["cache"] is not None and same < len(before["ids"]):
        before["cache"].crop(same - len(before["ids"]))
    writer = Writer(tokenizer, model, ids, before["cache"] if same else None, same)
    form = (body.get("response_format") or {}).get("json_schema")
    if form:
        writer.value(form["schema"])
    said = writer.text if form else writer.free(min(body.get("max_tokens", 64), 64))
    before |= {"ids": writer.ids, "cache": writer.cache}
    written = len(writer.ids) - len(ids)
    return {
        "id": "chatcmpl-1", "object": "chat.completion", "created": 0, "model": body["model"],
        "choices": [{"index": 0, "message": {"role": "assistant", "content": said}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": len(ids), "completion_tokens": written, "total_tokens": len(ids) + written},
    }  # fmt: skip
