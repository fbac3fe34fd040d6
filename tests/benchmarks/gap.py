"""How long a candidate waits for Melvin's reply.

From the last sample of speech that a candidate sends (the last 10 ms frame within 20 dB of speech level) to the first
sound of Melvin that arrives, both at the candidate's end of a WebRTC connection over loopback; so it holds the network,
all buffers, the decision that the turn is over, recognition and coverage for the choice of a probe, and the voice.
Whole interviews of the shipped plan generalist-ai-trainer; speech from tests/data/audio.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from pathlib import Path

import numpy as np

from tests.benchmarks.report import Figure, Options, Report
from tests.benchmarks.talker import Talker
from tests.clips import FOLDER, load
from tests.end_to_end.service import RunningService

__all__ = ["run"]

SPEECH = ("jfk.flac", "LJ001-0001.flac", "nasa_spacewalk.flac", "LJ001-0005.flac", "libri_2412-153948-0000.flac")
PLAN = "generalist-ai-trainer"


def run(options: Options) -> Report:
    folder = Path(tempfile.mkdtemp(prefix="melvin-gap-"))
    folder.chmod(0o711)  # as root, PostgreSQL runs as another user and must get in
    service = RunningService(folder)
    try:
        service.start()
        gaps: list[float] = []
        wanted = 8 if options.quick else 40
        while len(gaps) < wanted:
            link = service.command("invite", PLAN)
            gaps += asyncio.run(_interview(link, wanted - len(gaps)))
    finally:
        if service.process is not None and service.process.poll() is None:
            service.stop()
        shutil.rmtree(folder, ignore_errors=True)
    return Report(
        [
            Figure("answers", len(gaps), ""),
            Figure("response gap, median", float(np.median(gaps)), "s", at_most=3.0),
            Figure("response gap, 95th percentile", float(np.percentile(gaps, 95)), "s"),
            Figure("response gap, largest", max(gaps), "s"),
        ],
        ["all gaps, s: " + " ".join(f"{g:.2f}" for g in gaps)],
    )


async def _interview(link: str, most: int) -> list[float]:
    gaps: list[float] = []
    sounds = [load(FOLDER / name, 48_000) for name in SPEECH]
    async with Talker(link) as talker:
        asked = ""
        while len(gaps) < most:
            prompt = await talker.prompt(asked)
            if prompt is None:
                break
            asked = prompt
            if talker.state["phase"] == "writing":
                await talker.type("I would check the figures against two sources before I signed it.")
                continue
            await asyncio.sleep(1.0)  # nobody answers in the instant that a question ends
            gaps.append(await talker.answer(sounds[len(gaps) % len(sounds)]))
    return gaps
