"""How memory is kept flat, and its collector short, in the process that holds interviews.

By itself glibc learns to put ever larger blocks into its heap (up to 32 MiB, where the size fixed here has it map them
one by one). A second's sound, a window for the recogniser, a part for the object store then lie between small ones that
live longer, and the heap's end cannot be given back: 2 MB more with every ten minutes of an interview, with no object
more in it. See mallopt(3), "dynamic mmap threshold".

Python's collector walks all that was made at start-up (270,000 objects) with what interviews leave in circles. That
takes 0.11 s, in which no interview's sound moves, so it is done seldom, and the remains of twenty interviews lie about
until then. What stays for ever is therefore left alone, and the rest is picked up whenever interviews have been let go.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import sys

__all__ = ["keep_flat", "leave_alone", "pick_up"]

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8
OPTIONS = {
    "MALLOC_MMAP_THRESHOLD_": (M_MMAP_THRESHOLD, 256 * 1024),
    "MALLOC_TRIM_THRESHOLD_": (M_TRIM_THRESHOLD, 128 * 1024),
    "MALLOC_ARENA_MAX": (M_ARENA_MAX, 2),
}
"""By the variable with which an operator may choose otherwise."""


def keep_flat() -> bool:
    """Whether it was set; it is not where the C library is another one. To be called before there are threads."""
    if sys.platform != "linux":
        return False
    with contextlib.suppress(OSError, AttributeError):
        mallopt = ctypes.CDLL(None).mallopt
        return all(mallopt(option, value) == 1 for name, (option, value) in OPTIONS.items() if name not in os.environ)
    return False


def leave_alone() -> None:
    """What is there now stays for ever; to be called when all rooms are up."""
    gc.collect()
    gc.freeze()


def pick_up() -> None:
    """What interviews left in circles, connections above all."""
    gc.collect()
