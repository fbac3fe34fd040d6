"""Which key points an answer covers, judged by meaning, in a process of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from interviewer.speech.process import ModelProcess, Program, Progress
from scoring.rubric import KeyPoint

__all__ = ["CoverageOptions", "LiveCoverage"]


@dataclass(frozen=True, slots=True)
class CoverageOptions:
    threads: int = 1
    nice: int = 0
    store: Path | None = None
    """Where the converted weights are kept for the next start."""


class LiveCoverage:
    def __init__(self, options: CoverageOptions | None = None) -> None:
        options = options or CoverageOptions()
        self._process = ModelProcess(
            Program(
                "interviewer.live.coverage_process",
                {"threads": options.threads, "store": str(options.store) if options.store else None},
                options.threads,
                options.nice,
            )
        )

    @property
    def pid(self) -> int | None:
        return self._process.pid

    async def start(self, progress: Progress | None = None) -> None:
        await self._process.start(progress)

    async def covered(self, text: str, key_points: Sequence[KeyPoint]) -> tuple[str, ...]:
        """Ids of the covered key points. Raises ModelGone or ModelError where the process cannot say."""
        reply = await self._process.call(
            {"text": text, "key_points": [p.model_dump(mode="json") for p in key_points]}, timeout_s=60.0
        )
        return tuple(str(p) for p in reply.header["covered"])

    async def close(self) -> None:
        await self._process.close()
