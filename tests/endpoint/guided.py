"""Writes JSON that fits a schema, as servers with structured output do: the form is forced, the model fills it in."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import torch

__all__ = ["Writer"]

LONGEST_STRING = 16  # tokens
MOST_ITEMS = 1


class Writer:
    """Goes on from a prompt's tokens. ``cache`` may hold the beginning of them already."""

    def __init__(self, tokenizer: Any, model: Any, ids: list[int], cache: Any, cached: int) -> None:
        self.tokenizer, self.model, self.cache = tokenizer, model, cache
        self.text = ""
        self.ids = ids[:cached]
        self._feed(ids[cached:])

    def free(self, most: int) -> str:
        """Greedy text to the end of the turn."""
        out: list[int] = []
        while len(out) < most and (token := int(self.logits.argmax())) != self.tokenizer.eos_token_id:
            out.append(token)
            self._feed([token])
        return str(self.tokenizer.decode(out))

    def value(self, schema: dict[str, Any]) -> None:
        """A value of the schema; only what chat judgements use is known."""
        if "anyOf" in schema:
            nothing = self._likelier(["null", '"' if schema["anyOf"][0].get("type") == "string" else "1"]) == "null"
            self.value({"type": "null"} if nothing else schema["anyOf"][0])
        elif "enum" in schema:
            self._force(self._likelier([json.dumps(v) for v in schema["enum"]]))
        elif schema["type"] == "object":
            for index, (name, inner) in enumerate(schema["properties"].items()):
                self._force(("{" if index == 0 else ", ") + json.dumps(name) + ": ")
                self.value(inner)
            self._force("}")
        elif schema["type"] == "array":
            self._force("[")
            for _ in range(MOST_ITEMS):
                self.value(schema["items"])
            self._force("]")
        elif schema["type"] == "string":
            self._string()
        elif schema["type"] == "boolean":
            self._force(self._likelier(["true", "false"]))
        elif schema["type"] == "null":
            self._force("null")
        else:
            self._force(self._likelier(["0", "0.1", "0.3", "0.5", "0.7", "0.9", "1"]))

    def _string(self) -> None:
        out: list[int] = []
        while len(out) < LONGEST_STRING:
            token = int(self.logits.argmax())
            piece = self.tokenizer.decode([token])
            if token == self.tokenizer.eos_token_id or '"' in piece or "\n" in piece:
                break
            out.append(token)
            self._feed([token])
        self.text += json.dumps(self.tokenizer.decode(out))

    def _likelier(self, options: Sequence[str]) -> str:
        """By the first token of each; of equal first tokens the first option."""
        first = [self.tokenizer(o, add_special_tokens=False)["input_ids"][0] for o in options]
        return options[max(range(len(options)), key=lambda i: (float(self.logits[first[i]]), -i))]

    def _force(self, text: str) -> None:
        self.text += text
        self._feed(self.tokenizer(text, add_special_tokens=False)["input_ids"])

    def _feed(self, ids: list[int]) -> None:
        with torch.inference_mode():
            done = self.model(torch.tensor([ids]), past_key_values=self.cache, use_cache=True, logits_to_keep=1)
        self.ids += ids
        self.cache, self.logits = done.past_key_values, done.logits[0, -1]
