"""All tests: ``python -m tests [arguments for pytest]``.

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
    return int(pytest.main(sys.argv[1:]))


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
