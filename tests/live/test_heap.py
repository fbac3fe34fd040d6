"""Memory of the process that holds interviews: a block of sound is mapped by itself, whatever was freed before it, and
the collector walks nothing that was there from the start."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

from interviewer.live.heap import OPTIONS

GLIBC = platform.libc_ver()[0] == "glibc"
PROGRAM = """
import ctypes, sys
from interviewer.live.heap import keep_flat

class Info(ctypes.Structure):
    names = "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost".split()
    _fields_ = [(name, ctypes.c_size_t) for name in names]

told = keep_flat() if sys.argv[1] == "flat" else False
try:
    info = ctypes.CDLL(None).mallinfo2
except AttributeError:
    print(told, None)
    sys.exit()
info.restype = Info
for _ in range(3):
    bytearray(20 << 20)  # glibc takes a mapped block that is freed for a sign that the next one belongs into the heap
before = info().hblks
sound = bytearray(300_000)
print(told, info().hblks - before)
"""


def heap(kind: str, **environment: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, kind], env={"PATH": "/usr/bin:/bin", **environment}, capture_output=True,
        text=True, check=True,
    )  # fmt: skip
    return done.stdout.split()


@pytest.mark.skipif(not GLIBC, reason="other C libraries have no such heap; the test below is theirs")
def test_a_block_of_sound_is_mapped_by_itself_and_was_not_before() -> None:
    assert heap("as it comes") == ["False", "0"]
    assert heap("flat") == ["True", "1"]


def test_an_operators_own_settings_stand_and_other_systems_are_left_alone() -> None:
    own = {name: "33554432" for name in OPTIONS if name != "MALLOC_ARENA_MAX"}
    assert heap("flat", **own)[0] == str(GLIBC)
    if GLIBC:
        assert heap("flat", **own)[1] == "0"


def test_what_is_there_from_the_start_is_walked_no_more_and_what_comes_later_is() -> None:
    program = """
import gc
from interviewer.live.heap import leave_alone
class Room: pass
class Interview: pass
room = Room()
leave_alone()
interview = Interview()
interview.itself = interview
walked = {type(one).__name__ for one in gc.get_objects()}
del interview
gc.collect()
left = sum(type(one) is Interview for one in gc.get_objects())
print("Room" in walked, "Interview" in walked, left)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True", "0"]
