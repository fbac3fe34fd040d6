"""The peer's virtual environment: made once from the pinned requirements beside this file, and kept in tests/out."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

__all__ = ["interpreter"]

REQUIREMENTS = Path(__file__).with_name("requirements.txt")
OUT = Path(__file__).resolve().parents[2] / "out"
INSTALL_S = 1800


def interpreter() -> Path:
    """Its Python. Takes one to two minutes and 1.1 GB where it is not there yet.

    Raises ``subprocess.CalledProcessError`` where pip cannot install; pip says why on standard error.
    """
    key = hashlib.sha256(REQUIREMENTS.read_bytes() + sys.version.encode()).hexdigest()[:12]
    folder = OUT / f"peer-{key}"
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    finished = folder / "finished"
    if finished.is_file():
        return python
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    print(f"installing the peer into {folder}", file=sys.stderr)
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True, timeout=INSTALL_S)
    subprocess.run(
        [str(python), "-m", "pip", "install", "-qq", "--no-deps", "-r", str(REQUIREMENTS)],
        check=True,
        timeout=INSTALL_S,
    )
    finished.touch()
    return python
