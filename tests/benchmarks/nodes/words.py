"""Which words of what was said are in a transcript."""

from __future__ import annotations

import jiwer

from tests.clips import plain

__all__ = ["found", "kept"]


def found(said: str, heard: str) -> dict[int, str]:
    """The words of ``said`` that are in ``heard``, in their order, by their number; what stands between them is
    free."""
    words = jiwer.process_words(plain(said), plain(heard) or "-")
    said_words = words.references[0]
    return {
        n: said_words[n]
        for chunk in words.alignments[0]
        if chunk.type == "equal"
        for n in range(chunk.ref_start_idx, chunk.ref_end_idx)
    }


def kept(said: str, heard: str) -> float:
    """The share of the words of ``said`` that are in ``heard``."""
    return len(found(said, heard)) / max(1, len(plain(said).split()))
