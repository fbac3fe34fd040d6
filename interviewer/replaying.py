"""`interviewer replay`: what each turn policy would have done in every pause of a recorded interview.

The recording is an interview's id, a folder that ``--save`` wrote (script.json and events.jsonl), or a sound file with
one person's answer, which is recognised first. The candidate's choices (pace, accommodation) count; a sound file has
none.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from interviewer.app import open_database, recognition_options
from interviewer.conversation.events import event_from_dict
from interviewer.conversation.pace import Pace
from interviewer.conversation.pauses import Pause, Verdict, pauses, verdict
from interviewer.conversation.script import RATE, Script
from interviewer.conversation.turns import POLICIES, TurnPolicy
from interviewer.desk.errands import Refused
from interviewer.live.rehearing import rehear
from interviewer.records.events import read_events
from interviewer.records.interviews import interview as find_interview
from interviewer.records.journal import Journal, parse_lines
from interviewer.settings import Settings
from interviewer.speech.recognition import RecordRecogniser

__all__ = ["Replayed", "as_table", "read", "to_dict"]

SCRIPT, EVENTS = "script.json", "events.jsonl"
TAIL_CHARACTERS = 32

Progress = Callable[[str], None]
Entry = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Replayed:
    """``pauses`` with the verdicts of ``policies``, in their order; ``log`` as it was read."""

    recording: str
    script: Script
    log: Sequence[Entry]
    pauses: Sequence[Pause]
    policies: Sequence[TurnPolicy]

    def verdicts(self, pause: Pause) -> list[Verdict]:
        return [verdict(pause, policy, self.script.accommodation) for policy in self.policies]

    def save(self, folder: Path) -> None:
        """What :func:`read` reads again, elsewhere."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / SCRIPT).write_text(json.dumps(self.script.to_dict(), ensure_ascii=False, indent=1), "utf-8")
        lines = [json.dumps(entry, ensure_ascii=False, separators=(",", ":")) + "\n" for entry in self.log]
        (folder / EVENTS).write_text("".join(lines), "utf-8")


def read(
    settings: Settings,
    progress: Progress,
    recording: str,
    names: Sequence[str] = (),
    *,
    pace: str | None = None,
    language: str = "en",
) -> Replayed:
    """``names`` of policies; all where there are none. ``pace`` stands for the candidate's own choices where given.
    Raises :class:`Refused`."""
    policies = _policies(names)
    place = Path(recording)
    if place.is_dir():
        script, log = _from_folder(place)
        found = _pauses(recording, script, log)
    elif place.is_file():
        script, log, found = asyncio.run(_from_sound(settings, progress, place, language))
    elif recording.startswith("int_"):
        script, log = asyncio.run(_from_records(settings, progress, recording))
        found = _pauses(recording, script, log)
    else:
        raise Refused(f"{recording} is neither an interview's id (int_...) nor a folder or sound file on this machine.")
    if pace is not None and pace not in set(Pace):
        raise Refused(f"There is no pace {pace}. The paces are: {', '.join(Pace)}.")
    if pace is not None:
        found = [replace(p, turn=replace(p.turn, pace=Pace(pace))) for p in found]
    return Replayed(recording, script, log, found, policies)


def _policies(names: Sequence[str]) -> list[TurnPolicy]:
    unknown = sorted(set(names) - set(POLICIES))
    if unknown:
        raise Refused(f"There is no policy {', '.join(unknown)}. The policies are: {', '.join(POLICIES)}.")
    return [POLICIES[name] for name in dict.fromkeys(names or POLICIES)]


def _pauses(recording: str, script: Script, log: Iterable[Entry]) -> list[Pause]:
    try:
        return pauses(script, [event_from_dict(entry) for entry in log])
    except (KeyError, TypeError, ValueError) as error:
        raise Refused(f"The event log of {recording} cannot be read by this version ({error}).") from error


def _from_folder(folder: Path) -> tuple[Script, list[Entry]]:
    for name in (SCRIPT, EVENTS):
        if not (folder / name).is_file():
            raise Refused(
                f"{folder} holds no {name}; `interviewer replay int_... --save FOLDER` writes such a folder, and an "
                "interview of this machine is named by its id alone."
            )
    try:
        script = Script.from_dict(json.loads((folder / SCRIPT).read_text("utf-8")))
    except (KeyError, TypeError, ValueError) as error:
        raise Refused(f"{folder / SCRIPT} is no script of an interview ({error}).") from error
    log, used = parse_lines((folder / EVENTS).read_bytes())
    if used < (folder / EVENTS).stat().st_size:
        raise Refused(f"{folder / EVENTS}: line {len(log) + 1} is no entry of an event log.")
    return script, log


async def _from_records(settings: Settings, progress: Progress, interview_id: str) -> tuple[Script, list[Entry]]:
    """From the database, and from this machine's journal where that is ahead of it."""
    async with open_database(settings, progress) as database, database.session() as session:
        found = await find_interview(session, interview_id)
        if found is None:
            raise Refused(f"There is no interview {interview_id}.")
        rows = await read_events(session, interview_id)
        log: list[Entry] = [{**row.body, "seq": row.seq, "at": row.at, "kind": row.kind} for row in rows]
        script = Script.from_dict(found.script)
    journal = Journal(settings.data_folder / "journals", interview_id)
    last = log[-1]["seq"] if log else 0
    log += [entry for entry in journal.read() if entry["seq"] > last]
    if not log:
        raise Refused(f"The interview {interview_id} has no events yet.")
    return script, log


async def _from_sound(
    settings: Settings, progress: Progress, path: Path, language: str
) -> tuple[Script, list[Entry], list[Pause]]:
    pcm = _sound(path)
    recogniser = RecordRecogniser(recognition_options(settings))
    whisper = recogniser.load(progress)
    progress("listening to the recording")
    heard = await rehear(pcm, lambda sound, before: whisper.quick(sound, language=language, before=before), language)
    return heard.script, list(heard.entries), heard.pauses()


def _sound(path: Path) -> NDArray[np.int16]:
    import av

    try:
        with av.open(str(path)) as container:
            resampler = av.AudioResampler("s16", "mono", RATE)
            frames = [g for f in container.decode(audio=0) for g in resampler.resample(f)]
            frames += resampler.resample(None)
    except (av.FFmpegError, IndexError) as error:
        raise Refused(f"{path} is no sound file that can be read ({error}).") from error
    return np.concatenate([f.to_ndarray()[0] for f in frames]) if frames else np.zeros(0, np.int16)


# ---------------------------------------------------------------------- how it is told


def _done(pause: Pause, found: Verdict) -> str:
    if not pause.went_on:
        return "ended"
    return "held" if found.answers_after_s is None else "cut in"


def to_dict(replayed: Replayed) -> dict[str, Any]:
    """JSON-safe. Seconds; ``gap_s`` is from the end of the speech to Melvin's answer, None where the turn was held."""
    return {
        "recording": replayed.recording,
        "policies": [p.name for p in replayed.policies],
        "pauses": [
            {
                "at_s": round(pause.at / RATE, 2),
                "silence_s": pause.silence_s,
                "went_on": pause.went_on,
                "question_id": pause.question_id,
                "text": pause.turn.text,
                "finality": pause.turn.finality,
                "pace": pause.turn.pace.value,
                "verdicts": {
                    policy.name: _verdict_dict(pause, found)
                    for policy, found in zip(replayed.policies, replayed.verdicts(pause), strict=True)
                },
            }
            for pause in replayed.pauses
        ],
        "summary": {policy.name: _summary(replayed, i) for i, policy in enumerate(replayed.policies)},
    }


def _verdict_dict(pause: Pause, found: Verdict) -> dict[str, Any]:
    gap = found.answers_after_s
    return {
        "done": _done(pause, found),
        "wait_s": round(found.limit_s, 2),
        "cue": found.wait.cue.value,
        "learned_s": None if found.wait.learned_s is None else round(found.wait.learned_s, 2),
        "gap_s": None if gap is None else round(gap, 2),
    }


def _summary(replayed: Replayed, index: int) -> dict[str, Any]:
    told = [(_done(p, v), v.answers_after_s) for p in replayed.pauses for v in [replayed.verdicts(p)[index]]]
    gaps = [gap for done, gap in told if done == "ended" and gap is not None]
    counts = {name.replace(" ", "_"): sum(done == name for done, _ in told) for name in ("held", "cut in", "ended")}
    return {**counts, "median_gap_s": round(median(gaps), 2) if gaps else None}


def as_table(replayed: Replayed) -> str:
    if not replayed.pauses:
        return f"{replayed.recording} has no pause of half a second or more in which the turn was the candidate's."
    shown = to_dict(replayed)
    rows = [["at", "silence", "words so far", *shown["policies"]]]
    for pause in shown["pauses"]:
        words = pause["text"]
        tail = words if len(words) <= TAIL_CHARACTERS else "…" + words[-TAIL_CHARACTERS:]
        went_on = "" if pause["went_on"] else " end"
        told = [_told(v) for v in pause["verdicts"].values()]
        rows.append([_clock(pause["at_s"]), f"{pause['silence_s']:.1f} s{went_on}", tail, *told])
    sums: Iterable[Mapping[str, Any]] = shown["summary"].values()
    rows.append(["", "", "held / cut in / ended", *(f"{s['held']} / {s['cut_in']} / {s['ended']}" for s in sums)])
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = ["  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in rows]
    rule = "-" * max(len(line) for line in lines)
    return "\n".join([lines[0], rule, *lines[1:-1], rule, lines[-1]])


def _told(found: Mapping[str, Any]) -> str:
    gap = "" if found["gap_s"] is None else f" {found['gap_s']:.1f} s"
    limit = f" of {found['wait_s']:.1f} s" if found["done"] == "held" else ""
    return f"{found['done']}{gap}{limit}, {found['cue']}"


def _clock(seconds: float) -> str:
    return f"{int(seconds // 60)}:{seconds % 60:04.1f}"
