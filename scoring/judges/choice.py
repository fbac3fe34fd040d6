"""Which judge is wanted, and making it: one place for the service, the commands and the benchmarks."""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from scoring.judges.base import Judge

if TYPE_CHECKING:
    from scoring.embeddings import Embedder

__all__ = ["JudgeKind", "JudgeOptions", "add_judge_arguments", "judge_options", "make_judge"]

JudgeKind = Literal["embedded", "chat", "local", "panel"]
MemberKind = Literal["embedded", "chat", "local"]
Device = Literal["auto", "cpu", "cuda"]

SEEDED_TEMPERATURE = 0.7  # at 0 all seeds would say the same


@dataclass(frozen=True, slots=True)
class JudgeOptions:
    """``threads`` is for the models that run in this process; ``store`` a folder that keeps converted weights.
    ``calibrations`` is a folder of fitted models (``python -m scoring calibrate``), used for the questions they fit.

    Of a panel's ``members``, chat stands once for each of ``seeds``. Raises ValueError where these do not go together.
    """

    kind: JudgeKind = "embedded"
    threads: int = 1
    store: Path | None = None
    calibrations: Path | None = None
    base_url: str = ""
    """Where an OpenAI-compatible API begins, such as http://127.0.0.1:8080/v1."""
    model: str = ""
    """The name of the model at that endpoint."""
    api_key: str = field(default="", repr=False)
    timeout_s: float = 60.0
    """Seconds for one try at the endpoint; an answer may take three times that."""
    slots: int = 8
    """Requests to the endpoint in flight at once."""
    seeds: tuple[int, ...] = ()
    model_folder: Path | None = None
    """The local judge's weights, in transformers' form or with a GGUF file in it."""
    gguf_file: str | None = None
    device: Device = "auto"
    members: tuple[MemberKind, ...] = ()
    prompt: Path | None = None
    """A prompt file in place of the one in prompts/judge/, for chat or local."""

    def __post_init__(self) -> None:
        asked = self.members if self.kind == "panel" else (self.kind,)
        if "chat" in asked and not self.base_url:
            raise ValueError("the chat judge needs the address of an endpoint (--base-url http://host:8000/v1)")
        if "chat" in asked and not self.model:
            raise ValueError("the chat judge needs the name of a model at its endpoint (--model NAME)")
        if "local" in asked and self.model_folder is None:
            raise ValueError("the local judge needs a language model's folder (--model-folder FOLDER)")
        if self.kind == "panel":
            count = sum(max(1, len(self.seeds)) if m == "chat" else 1 for m in self.members)
            if len(set(self.seeds)) < len(self.seeds) or len(set(self.members)) < len(self.members):
                raise ValueError(
                    "a panel's members and its seeds must differ: one that is asked twice agrees with itself"
                )
            if count < 2:
                raise ValueError("a panel needs two members (--members embedded,chat) or two seeds (--seeds 1,2,3)")
        elif self.members:
            raise ValueError("members are for a panel (--judge panel)")
        elif len(self.seeds) > 1:
            raise ValueError("several seeds make a panel (--judge panel --members chat)")
        if self.prompt is not None and ("embedded" in asked or len(set(asked)) > 1):
            raise ValueError("a prompt file is for one kind of judge, chat or local")


def make_judge(options: JudgeOptions, embedder: Embedder | None = None) -> Judge:
    """Models load, and endpoints are asked, at the first answer. Raises ModelRefused where a calibration cannot be
    trusted, ModelMissing where a local model is not there, and ValueError where a prompt file is wrong.

    ``embedder`` is shared where the caller has one.
    """
    from scoring.embeddings import Embedder, EmbedderOptions

    embedder = embedder or Embedder(EmbedderOptions(threads=options.threads, store=options.store))
    if options.kind == "panel":
        from scoring.judges.panel import Panel

        judge: Judge = Panel([judge for kind in options.members for judge in _members(kind, options, embedder)])
    else:
        (judge,) = _members(options.kind, options, embedder)
    return _calibrated(judge, embedder, options.calibrations)


def _members(kind: MemberKind, options: JudgeOptions, embedder: Embedder) -> list[Judge]:
    if kind == "embedded":
        from scoring.judges.embedded import EmbeddedJudge

        return [EmbeddedJudge(embedder)]
    if kind == "local":
        return [_local(options, embedder)]
    return _chat(options)


def _local(options: JudgeOptions, embedder: Embedder) -> Judge:
    from scoring.judges.local import LocalJudge
    from scoring.judges.local_model import CausalModel, LocalOptions

    if options.model_folder is None:
        raise ValueError("the local judge needs a language model's folder")
    local = LocalOptions(
        options.model_folder, options.gguf_file, options.device, threads=options.threads, prompt=options.prompt
    )
    model = CausalModel(local)
    _ = model.fingerprint  # says now that it is missing, not at the first answer
    return LocalJudge(local, embedder, model)


def _chat(options: JudgeOptions) -> list[Judge]:
    """One for each seed, all with the same connections."""
    from scoring.judges.chat import ChatJudge
    from scoring.judges.chat_endpoint import ChatEndpoint
    from scoring.judges.chat_options import ChatOptions

    chat = ChatOptions(
        base_url=options.base_url,
        model=options.model,
        api_key=options.api_key,
        timeout_s=options.timeout_s,
        deadline_s=3 * options.timeout_s,
        slots=options.slots,
        temperature=SEEDED_TEMPERATURE if len(options.seeds) > 1 else 0.0,
        prompt=options.prompt,
    )
    endpoint = ChatEndpoint(chat)
    return [ChatJudge(replace(chat, seed=seed), endpoint) for seed in options.seeds or (None,)]


def _calibrated(judge: Judge, embedder: Embedder, folder: Path | None) -> Judge:
    if folder is None:
        return judge
    from scoring.calibration.store import stored_models
    from scoring.judges.calibrated import CalibratedJudge

    return CalibratedJudge(judge, embedder, stored_models(folder))


def add_judge_arguments(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(judge_parser=parser)
    group = parser.add_argument_group("judge")
    group.add_argument("--judge", choices=get_args(JudgeKind), default="embedded", help="default: embedded")
    group.add_argument("--threads", type=int, default=1, help="processor threads for the judge's models (default 1)")
    group.add_argument("--calibrations", type=Path, metavar="FOLDER", help="fitted models to use where they fit")
    group.add_argument("--base-url", default="", metavar="URL", help="chat: where the API begins, http://host:8000/v1")
    group.add_argument("--model", default="", metavar="NAME", help="chat: the model's name at that endpoint")
    group.add_argument(
        "--api-key-env", default="", metavar="VARIABLE", help="chat: the environment variable that holds the API key"
    )
    group.add_argument("--timeout", type=float, default=60.0, metavar="SECONDS", help="chat: for one try (default 60)")
    group.add_argument("--slots", type=int, default=8, help="chat: requests in flight at once (default 8)")
    group.add_argument("--seeds", default="", metavar="N,N", help="chat: a seed; of a panel, one member for each")
    group.add_argument("--model-folder", type=Path, metavar="FOLDER", help="local: a language model's weights")
    group.add_argument("--gguf-file", metavar="FILE", help="local: the GGUF file in that folder")
    group.add_argument("--device", choices=get_args(Device), default="auto", help="local: default auto")
    group.add_argument("--members", default="", metavar="KIND,KIND", help="panel: of embedded, chat, local")
    group.add_argument("--prompt", type=Path, metavar="FILE", help="chat, local: a prompt file of your own")


def judge_options(given: argparse.Namespace) -> JudgeOptions:
    """Leaves the program as argparse does where the arguments do not go together."""
    try:
        members: list[MemberKind] = [_member(m.strip()) for m in given.members.split(",") if m.strip()]
        if given.api_key_env and given.api_key_env not in os.environ:
            raise ValueError(f"the environment variable {given.api_key_env} is not set (--api-key-env)")
        return JudgeOptions(
            kind=given.judge,
            threads=given.threads,
            calibrations=given.calibrations,
            base_url=given.base_url,
            model=given.model,
            api_key=os.environ[given.api_key_env] if given.api_key_env else "",
            timeout_s=given.timeout,
            slots=given.slots,
            seeds=tuple(int(s) for s in given.seeds.split(",") if s.strip()),
            model_folder=given.model_folder,
            gguf_file=given.gguf_file,
            device=given.device,
            members=tuple(members),
            prompt=given.prompt,
        )
    except ValueError as error:
        parser: argparse.ArgumentParser = given.judge_parser
        parser.error(str(error))


def _member(name: str) -> MemberKind:
    kinds: tuple[MemberKind, ...] = get_args(MemberKind)
    for kind in kinds:
        if kind == name:
            return kind
    raise ValueError(f"a panel's members are {', '.join(kinds)}, not {name!r}")
