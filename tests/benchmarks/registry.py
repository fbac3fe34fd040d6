"""The benchmarks by name. Each is a module of this package with a docstring that says what it measures, from where to
where and on what data, and with ``run(options) -> Report``."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from types import ModuleType
from typing import cast

from tests.benchmarks.report import Options, Report

__all__ = ["NAMES", "benchmark", "summary"]

NAMES = (
    "install", "startup", "recognition", "gap", "turns", "peer", "captions", "capacity", "network", "resume", "nodes",
    "drain", "soak", "offline", "alignment",
    "scoring", "stress",
    "rescoring", "durability", "api", "contract",
)  # fmt: skip


def benchmark(name: str) -> Callable[[Options], Report]:
    return cast("Callable[[Options], Report]", _module(name).run)


def summary(name: str) -> str:
    """The first sentence of its docstring."""
    return " ".join((_module(name).__doc__ or "").split("\n\n")[0].split())


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"tests.benchmarks.{name}")
