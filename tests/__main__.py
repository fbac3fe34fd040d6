"""All tests: ``python -m tests [arguments for pytest]``.

Without arguments in three parts: rooms whose tests keep no time in two processes, then the rest alone, then the
interviews in a real browser, which mostly wait for somebody to have spoken: those in two processes again.

Some of them drive a real browser. It is looked for first (the variable CHROMIUM names one); on Debian and its kin, as
root, a missing one is installed. Exits 2 where there is none and none can be installed, else as pytest does.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

from tests.browser import find_chromium

UNTIMED = tuple(f"tests/{room}" for room in ("conversation", "desk", "http", "jobs", "plans", "records", "scoring"))
"""Rooms whose tests may share the processor: none of them measures how fast something follows something."""

INTERVIEWS = "tests/end_to_end"
TWO_PROCESSES = ("-n", "2", "--dist", "loadfile")


def main() -> int:
    if os.environ.get("CHROMIUM") and find_chromium() is None:
        print(f"CHROMIUM={os.environ['CHROMIUM']} is not a file; name a Chromium or Chrome", file=sys.stderr)
        return 2
    if find_chromium() is None and shutil.which("apt-get") and os.geteuid() == 0:
        _install()
    found = find_chromium()
    if found is None:
        print(
            "The tests drive a real browser, and none was found: install Chromium (Debian: apt-get install chromium) "
            "or Google Chrome, or set CHROMIUM to the program.",
            file=sys.stderr,
        )
        return 2
    os.environ["CHROMIUM"] = str(found)
    if sys.argv[1:]:
        return int(pytest.main(sys.argv[1:]))
    # Each in a program of its own: what one has loaded does not weigh on the other.
    parts = (
        _pytest(*TWO_PROCESSES, *UNTIMED),
        _pytest("tests", *(f"--ignore={room}" for room in (*UNTIMED, INTERVIEWS))),
        _pytest(*TWO_PROCESSES, INTERVIEWS),
    )
    return next((code for code in parts if code), 0)


def _pytest(*arguments: str) -> int:
    return subprocess.run([sys.executable, "-m", "pytest", *arguments], check=False).returncode


def _install() -> None:
    print("Installing Chromium for the tests (apt-get install chromium)", flush=True)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", "chromium"]):
        done = subprocess.run(
            ["apt-get", *command], env=quiet, stdin=subprocess.DEVNULL, capture_output=True, text=True
        )
        if done.returncode:
            print(done.stdout[-2000:], done.stderr[-2000:], file=sys.stderr)
            return


if __name__ == "__main__":
    sys.exit(main())
