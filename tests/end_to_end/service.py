"""The real service as a process of its own, started as the README starts it."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil

__all__ = ["RunningService", "free_port"]

START_S = 240.0
QUIET_S = 4.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _processor_s(pid: int) -> float:
    """Of a process and its children."""
    used = 0.0
    for process in (psutil.Process(pid), *psutil.Process(pid).children(recursive=True)):
        with contextlib.suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            used += times.user + times.system
    return used


@dataclass
class RunningService:
    folder: Path
    port: int = field(default_factory=free_port)
    extra: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    starts: int = 0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        return {
            **{k: v for k, v in os.environ.items() if not k.startswith("MELVIN_")},
            "MELVIN_DATA_FOLDER": str(self.folder / "data"),
            "MELVIN_PORT": str(self.port),
            "MELVIN_LOG_FORMAT": "json",
            **self.extra,
        }

    @property
    def output(self) -> str:
        return (self.folder / f"serve-{self.starts}.log").read_text(errors="replace")

    def start(self) -> None:
        """Return when the service says that it is ready and answers /readyz."""
        self.starts += 1
        with (self.folder / f"serve-{self.starts}.log").open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "interviewer", "serve"],
                env=self.environment, cwd=self.folder, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise AssertionError(f"the service ended at its start:\n{self.output[-4000:]}")
            if "Melvin is ready" in self.output:
                try:
                    if httpx.get(f"{self.address}/readyz", trust_env=False).status_code == 200:
                        return
                except httpx.TransportError:
                    pass
            time.sleep(0.2)
        raise AssertionError(f"the service was not ready within {START_S} s:\n{self.output[-4000:]}")

    def settle(self) -> None:
        """Return when it has nothing left to make ready: on its first start that is Melvin's sentences, which takes
        half of a processor for a minute or two. A service in use has long done so."""
        assert self.process is not None
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            used = _processor_s(self.process.pid)
            time.sleep(QUIET_S)
            if _processor_s(self.process.pid) - used < 0.1 * QUIET_S:
                return
        raise AssertionError(f"the service was still at work {START_S} s after its start")

    def stop(self) -> int:
        """As an operator stops it: SIGTERM. The exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait(timeout=30)

    def command(self, *arguments: str) -> str:
        """Standard output of ``interviewer ...`` beside the running service."""
        done = subprocess.run(
            [sys.executable, "-m", "interviewer", *arguments],
            env=self.environment, cwd=self.folder, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def first_password(self) -> str:
        found = re.search(r"password\s+(\S+)", (self.folder / "serve-1.log").read_text())
        assert found, "no one-time password was printed"
        return found.group(1)

    def sample_link(self) -> str:
        found = re.search(r"http://\S+/i/\S+", (self.folder / "serve-1.log").read_text())
        assert found, "no sample link was printed"
        return found.group(0)

    def api(self) -> httpx.Client:
        key = self.command("keys", "create", "end-to-end")
        return httpx.Client(
            base_url=f"{self.address}/api/v1", headers={"Authorization": f"Bearer {key}"}, trust_env=False, timeout=30
        )
