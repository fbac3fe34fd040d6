"""Writes constraints.txt: ``python -m tests.constraints > constraints.txt``.

It pins everything that the project with all its extras has brought into this environment, by plain version numbers: no
addresses, no hashes, no local versions (``2.13.0+cpu``), so that the same file serves every machine. Packages that only
other systems need stay free, and pins for absent ones do no harm.
"""

from __future__ import annotations

import tomllib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

__all__ = ["asked", "needed"]

ROOT = Path(__file__).parent.parent
HEAD = """\
# Exact versions of everything that Melvin brings with him, as tested: pip install -c constraints.txt '.[piper]'
# Made by: python -m tests.constraints > constraints.txt
"""


def needed() -> dict[str, str]:
    """Version by name of each package that the project asks for, and of each that those ask for, here."""
    found: dict[str, str] = {}
    seen: set[tuple[str, frozenset[str]]] = set()

    def walk(requirement: Requirement) -> None:
        key = (canonicalize_name(requirement.name), frozenset(requirement.extras))
        if key in seen:
            return
        seen.add(key)
        try:
            installed = distribution(requirement.name)
        except PackageNotFoundError:  # for another system, or installed without it
            return
        found[key[0]] = Version(installed.version).public
        for line in installed.requires or ():
            inner = Requirement(line)
            if inner.marker is None or any(inner.marker.evaluate({"extra": e}) for e in {"", *requirement.extras}):
                walk(inner)

    for requirement in asked():
        walk(requirement)
    return found


def asked() -> list[Requirement]:
    """The dependencies in pyproject.toml, with those of all extras."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = [line for lines in project["optional-dependencies"].values() for line in lines]
    return [Requirement(line) for line in [*project["dependencies"], *extras]]


if __name__ == "__main__":
    print(HEAD + "\n".join(f"{name}=={version}" for name, version in sorted(needed().items())))
