"""constraints.txt pins what pyproject.toml asks for, to versions that it allows, and says nothing else."""

import re
from pathlib import Path

from packaging.utils import canonicalize_name

from tests.constraints import asked

ROOT = Path(__file__).parent.parent
LINES = [line for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines() if not line.startswith("#")]
PINS = dict(line.split("==") for line in LINES)


def test_each_line_is_a_plain_pin():
    for line in LINES:
        assert re.fullmatch(r"[a-z0-9-]+==[0-9][0-9a-z.]*", line), line


def test_every_dependency_is_pinned_within_its_range():
    for requirement in asked():
        pin = PINS[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(pin, prereleases=True), f"{requirement} is pinned to {pin}"


def test_no_pin_is_for_one_kind_of_machine_alone():
    assert [name for name in PINS if name.startswith(("nvidia", "cuda", "triton", "pywin", "pyobjc"))] == []
