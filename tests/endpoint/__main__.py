"""``python -m tests.endpoint [--port 8080]``: SmolLM2-135M-Instruct behind an OpenAI-compatible API on this machine.

To try the chat judge without anyone's key: python -m scoring --judge chat --base-url http://127.0.0.1:8080/v1
--model smollm2. The model is far too small to judge well.
"""

from __future__ import annotations

import argparse

import uvicorn

from scoring.judges.local_model import CausalModel, LocalOptions
from tests.endpoint.served import served
from tests.smollm import GGUF, weights_folder


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.endpoint", description="Serve SmolLM2 on this machine.")
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    causal = CausalModel(LocalOptions(weights_folder(), GGUF, threads=given.threads))
    causal.loaded()
    uvicorn.run(served(causal), host="127.0.0.1", port=given.port, log_level="warning")


if __name__ == "__main__":
    main()
