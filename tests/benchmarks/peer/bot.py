"""A scripted interviewer built on pipecat, run as a program in a virtual environment of its own: never imported.

microphone -> Silero -> Whisper base int8 -> pipecat's user turn (smart-turn) -> the next scripted question -> Piper

Two settings. ``default``: what pipecat 1.14 does where nothing is said. ``fastest``: every knob that its services offer
for speed and that keeps a transcript. The silence that ends a turn whatever smart-turn says is 1 s in place of 3, none
is put behind a segment before it is recognised, text goes to the voice without waiting for a sentence, and sound goes
out in 20 ms steps in place of 40.

What happens is told on standard output, a JSON object a line: asked, heard, begun, ended, interrupted.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import BackgroundTasks, FastAPI
from fastapi.responses import FileResponse
from loguru import logger
from pipecat.audio.turn.smart_turn.base_smart_turn import SmartTurnParams
from pipecat.audio.turn.smart_turn.local_smart_turn_v3 import LocalSmartTurnAnalyzerV3
from pipecat.audio.vad.silero import SileroVADAnalyzer
from pipecat.frames.frames import (
    BotStartedSpeakingFrame,
    BotStoppedSpeakingFrame,
    Frame,
    InterruptionFrame,
    LLMContextFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    LLMTextFrame,
    TranscriptionFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.runner import WorkerRunner
from pipecat.pipeline.worker import PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import LLMContextAggregatorPair, LLMUserAggregatorParams
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.services.piper.tts import PiperTTSService
from pipecat.services.tts_service import TextAggregationMode
from pipecat.services.whisper.stt import WhisperSTTService
from pipecat.transports.base_transport import TransportParams
from pipecat.transports.smallwebrtc.connection import SmallWebRTCConnection
from pipecat.transports.smallwebrtc.transport import SmallWebRTCTransport
from pipecat.turns.user_stop import TurnAnalyzerUserTurnStopStrategy
from pipecat.turns.user_turn_strategies import UserTurnStrategies

PAGE = Path(__file__).with_name("page.html")


def tell(what: str, text: str = "") -> None:
    print(json.dumps({"what": what, "text": text}), flush=True)


class Transcript(FrameProcessor):
    """Tells what was recognised, before the user's turn swallows it."""

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if isinstance(frame, TranscriptionFrame):
            tell("heard", frame.text)
        await self.push_frame(frame, direction)


class Questions(FrameProcessor):
    """Stands where the language model would: each user turn is answered with the next question, at once."""

    def __init__(self, questions: Iterator[str]) -> None:
        super().__init__()
        self._questions = questions

    async def ask(self) -> None:
        text = next(self._questions)
        tell("asked", text)
        await self.push_frame(LLMFullResponseStartFrame())
        await self.push_frame(LLMTextFrame(text))
        await self.push_frame(LLMFullResponseEndFrame())

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if isinstance(frame, LLMContextFrame):
            await self.ask()
            return
        if isinstance(frame, InterruptionFrame):
            tell("interrupted")
        elif isinstance(frame, BotStartedSpeakingFrame) and direction is FrameDirection.UPSTREAM:
            tell("begun")
        elif isinstance(frame, BotStoppedSpeakingFrame) and direction is FrameDirection.UPSTREAM:
            tell("ended")
        await self.push_frame(frame, direction)


def turn_params(fastest: bool) -> LLMUserAggregatorParams:
    if not fastest:
        return LLMUserAggregatorParams(vad_analyzer=SileroVADAnalyzer())
    smart_turn = LocalSmartTurnAnalyzerV3(params=SmartTurnParams(stop_secs=1.0))
    return LLMUserAggregatorParams(
        vad_analyzer=SileroVADAnalyzer(),
        user_turn_strategies=UserTurnStrategies(stop=[TurnAnalyzerUserTurnStopStrategy(turn_analyzer=smart_turn)]),
    )


async def converse(connection: SmallWebRTCConnection, given: argparse.Namespace) -> None:
    fastest = given.settings == "fastest"
    sound: dict[str, Any] = {"audio_out_10ms_chunks": 2} if fastest else {}
    transport = SmallWebRTCTransport(
        webrtc_connection=connection,
        params=TransportParams(audio_in_enabled=True, audio_out_enabled=True, **sound),
    )
    whisper = WhisperSTTService(
        device="cpu",
        compute_type="int8",
        settings=WhisperSTTService.Settings(model=str(given.whisper)),
        **({"trailing_silence_secs": 0.0} if fastest else {}),
    )
    piper = PiperTTSService(
        download_dir=given.voice.parent,
        settings=PiperTTSService.Settings(voice=given.voice.stem),
        **({"text_aggregation_mode": TextAggregationMode.TOKEN} if fastest else {}),
    )
    turns = LLMContextAggregatorPair(LLMContext(), user_params=turn_params(fastest))
    questions = Questions(cycle(json.loads(given.questions.read_text("utf-8"))))
    worker = PipelineWorker(
        Pipeline(
            [transport.input(), whisper, Transcript(), turns.user(), questions, piper, transport.output(),
             turns.assistant()]
        )
    )  # fmt: skip

    @transport.event_handler("on_client_connected")
    async def greet(_transport: object, _client: object) -> None:
        await questions.ask()

    @transport.event_handler("on_client_disconnected")
    async def leave(_transport: object, _client: object) -> None:
        await worker.cancel()

    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    await runner.run()


def app(given: argparse.Namespace) -> FastAPI:
    service = FastAPI()

    @service.get("/")
    async def page() -> FileResponse:
        return FileResponse(PAGE)

    @service.post("/offer")
    async def offer(offered: dict[str, str], later: BackgroundTasks) -> dict[str, str] | None:
        connection = SmallWebRTCConnection()
        await connection.initialize(sdp=offered["sdp"], type=offered["type"])
        later.add_task(converse, connection, given)
        return connection.get_answer()

    return service


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--settings", choices=("default", "fastest"), required=True)
    parser.add_argument("--whisper", type=Path, required=True, help="folder of a CTranslate2 model")
    parser.add_argument("--voice", type=Path, required=True, help="Piper voice, NAME.onnx beside NAME.onnx.json")
    parser.add_argument("--questions", type=Path, required=True, help="JSON list of texts")
    given = parser.parse_args()
    logger.remove()
    logger.add(sys.stderr, level="DEBUG")
    uvicorn.run(app(given), host="127.0.0.1", port=given.port, log_level="warning")


if __name__ == "__main__":
    main()
