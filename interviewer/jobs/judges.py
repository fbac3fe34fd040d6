"""Which kinds of judge the same settings are enough for. Nothing heavy is imported: the service asks this too."""

from __future__ import annotations

from dataclasses import replace

from scoring.judges.choice import JudgeKind, JudgeOptions

__all__ = ["judges_from"]


def judges_from(chosen: JudgeOptions) -> dict[JudgeKind, JudgeOptions]:
    """The chosen one first."""
    kinds: list[JudgeKind] = ["embedded"]
    if chosen.base_url and chosen.model:
        kinds.append("chat")
    if chosen.model_folder is not None:
        kinds.append("local")
    found = {chosen.kind: chosen}
    for kind in kinds:
        if kind != chosen.kind:
            seeds = chosen.seeds if kind == "chat" and len(chosen.seeds) == 1 else ()
            found[kind] = replace(chosen, kind=kind, members=(), seeds=seeds, prompt=None)
    return found
