"""Virtual environments for what is no part of ours (the peer, the contract's tester): made once from pinned
requirements, and kept in tests/out."""

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


def interpreter(requirements: Path = REQUIREMENTS, name: str = "peer") -> Path:
    """Its Python. The peer's takes one to two minutes and 1.1 GB where it is not there yet.

    Raises ``subprocess.CalledProcessError`` where pip cannot install; pip says why on standard error.
    """
    key = hashlib.sha256(requirements.read_bytes() + sys.version.encode()).hexdigest()[:12]
    folder = OUT / f"{name}-{key}"
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    finished = folder / "finished"
    if finished.is_file():
        return python
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    print(f"installing the {name} into {folder}", file=sys.stderr)
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True, timeout=INSTALL_S)
    subprocess.run(
        [str(python), "-m", "pip", "install", "-qq", "--no-deps", "-r", str(requirements)],
        check=True,
        timeout=INSTALL_S,
    )
    finished.touch()
    return python
