"""The service's settings, from the environment or a ``.env`` file. Read by the command line and the assembly alone."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AliasChoices, Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from scoring.judges.choice import JudgeOptions

__all__ = ["Settings"]


def _either(name: str) -> AliasChoices:
    """These two are known by their plain names everywhere, so both spellings are taken."""
    return AliasChoices(f"MELVIN_{name}", name)


def _cores() -> int:
    """Those that this process may run on, which can be fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Settings(BaseSettings):
    """Every field is the variable ``MELVIN_<NAME>``; README has the table."""

    model_config = SettingsConfigDict(env_prefix="MELVIN_", env_file=".env", extra="ignore", populate_by_name=True)

    data_folder: Path = Path("melvin-data")
    database_url: str | None = Field(default=None, validation_alias=_either("DATABASE_URL"))
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65_535)
    public_url: str | None = Field(default=None, validation_alias=_either("PUBLIC_URL"))
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = ()
    objects: str | None = None
    prompts_folder: Path | None = None
    support_contact: str = ""

    whisper_model: str | None = None
    whisper_compute_type: str = "int8"
    whisper_threads: int = Field(default=2, ge=1, le=64)
    smart_turn: Path | None = None
    voice_engine: Literal["auto", "piper", "hibari"] = "auto"

    judge: Literal["embedded", "chat", "local", "panel"] = "embedded"
    judge_url: str = ""
    judge_model: str = ""
    judge_key: SecretStr = SecretStr("")
    judge_timeout_s: float = Field(default=60.0, gt=0, le=3600)
    judge_slots: int = Field(default=8, ge=1, le=1024)
    judge_at_once: int | None = Field(default=None, ge=1, le=100_000)
    judge_per_minute: int | None = Field(default=None, ge=1, le=10_000_000)
    judge_seeds: Annotated[tuple[int, ...], NoDecode] = ()
    judge_members: Annotated[tuple[Literal["embedded", "chat", "local"], ...], NoDecode] = ()
    judge_model_folder: Path | None = None
    judge_gguf_file: str | None = None
    judge_device: Literal["auto", "cpu", "cuda"] = "auto"
    judge_prompt: Path | None = None
    calibrations_folder: Path | None = None

    ice_servers: tuple[dict[str, Any], ...] = ()
    relay_only: bool = False
    most_interviews: int | None = Field(default=None, ge=1, le=50)
    admission: Literal["measured", "fixed"] = "measured"

    node_address: str | None = None
    drain_s: float = Field(default=25.0, ge=0, le=7200)

    worker: bool = True
    worker_metrics: str | None = None
    otlp_endpoint: str | None = Field(
        default=None, validation_alias=AliasChoices("MELVIN_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
    )
    postgres_user: str = "nobody"
    log_format: Literal["auto", "json", "text"] = "auto"
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @field_validator("trusted_proxies", "judge_seeds", "judge_members", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(p.strip() for p in value.split(",") if p.strip()) if isinstance(value, str) else value

    @field_validator("worker_metrics")
    @classmethod
    def _place(cls, value: str | None) -> str | None:
        if value is not None:
            host, _, port = value.rpartition(":")
            if not host or not port.isdecimal() or not 0 < int(port) < 65_536:
                raise ValueError("must look like 127.0.0.1:9101, where the worker's metrics can be read")
        return value

    @field_validator("judge_url")
    @classmethod
    def _endpoint(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (parts.scheme not in ("http", "https") or not parts.hostname):
            raise ValueError("must look like http://host:8000/v1, where an OpenAI-compatible API begins")
        return value

    @model_validator(mode="after")
    def _judge(self) -> Self:
        """Said when the service starts, not when the first answer waits for a score."""
        asked = self.judge_members if self.judge == "panel" else (self.judge,)
        if "chat" in asked and not (self.judge_url and self.judge_model):
            raise ValueError("a chat judge needs MELVIN_JUDGE_URL (http://host:8000/v1) and MELVIN_JUDGE_MODEL")
        if "local" in asked and self.judge_model_folder is None:
            raise ValueError("a local judge needs MELVIN_JUDGE_MODEL_FOLDER, the folder of a language model")
        if self.judge == "panel" and not asked:
            raise ValueError("a panel needs MELVIN_JUDGE_MEMBERS, such as embedded,chat")
        _ = self.judge_options
        return self

    @field_validator("public_url", "node_address")
    @classmethod
    def _address(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ValueError("must look like https://interviews.example.com, with nothing after the path")
        return value.rstrip("/")

    @field_validator("node_address")
    @classmethod
    def _origin(cls, value: str | None) -> str | None:
        if value is not None and urlsplit(value).path:
            raise ValueError("must look like https://node1.example.com, with nothing after the name and the port")
        return value

    @property
    def address(self) -> str:
        """The address that people use."""
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host  # noqa: S104 - compared, not bound
        return self.public_url or f"http://{host}:{self.port}"

    @property
    def is_secure(self) -> bool:
        return self.address.startswith("https://")

    @property
    def microphone_works(self) -> bool:
        """Browsers give a microphone to https pages and to this very machine only."""
        return self.is_secure or urlsplit(self.address).hostname in ("localhost", "127.0.0.1", "::1")

    @property
    def interviews_at_once(self) -> int:
        """Spoken interviews that this machine lets in at once: ``most_interviews``, else two for each core it may use,
        50 at most. With two cores that is the four which `python -m tests.benchmarks capacity` asks for; where
        recognition falls behind before that, the measured admission holds newcomers back."""
        return self.most_interviews or min(50, 2 * _cores())

    @property
    def objects_place(self) -> str:
        return self.objects or str(self.data_folder / "objects")

    @property
    def judge_options(self) -> JudgeOptions:
        """Raises ValueError where the settings of the judge do not go together."""
        return JudgeOptions(
            kind=self.judge,
            store=self.cache / "models",
            calibrations=self.calibrations_folder,
            base_url=self.judge_url,
            model=self.judge_model,
            api_key=self.judge_key.get_secret_value(),
            timeout_s=self.judge_timeout_s,
            slots=self.judge_slots,
            seeds=self.judge_seeds,
            model_folder=self.judge_model_folder,
            gguf_file=self.judge_gguf_file,
            device=self.judge_device,
            members=self.judge_members,
            prompt=self.judge_prompt,
        )

    @property
    def cache(self) -> Path:
        """Assembled models and synthesised sounds; may be deleted at any time."""
        return self.data_folder / "cache"
