"""Texts that speak to the judge, in three languages and three places, open and hidden; and honest look-alikes."""

from __future__ import annotations

import base64
from collections.abc import Iterator

from scoring.stress.change import Change, Material
from scoring.stress.placing import PLACES, placed
from scoring.stress.texts import texts

__all__ = ["HIDINGS", "added", "benign", "fake_completions", "hidden", "injections"]

ZERO_WIDTH = "\u200b"


def injections(material: Material, language: str) -> Iterator[Change]:
    return added(material, {f"{language} {i}": t for i, t in enumerate(texts().injections[language], 1)})


def fake_completions(material: Material) -> Iterator[Change]:
    return added(material, {f"fake {i}": t for i, t in enumerate(texts().fake_completions, 1)})


def hidden(material: Material) -> Iterator[Change]:
    first = texts().injections["en"][:2]
    return added(material, {f"{name} {i}": hide(t) for i, t in enumerate(first, 1) for name, hide in HIDINGS.items()})


def benign(material: Material) -> Iterator[Change]:
    return added(material, {f"benign {i}": t for i, t in enumerate(texts().benign, 1)})


def added(material: Material, found: dict[str, str]) -> Iterator[Change]:
    """Each text at the start, in the middle and at the end of the answer."""
    for label, text in found.items():
        for place in PLACES:
            yield Change(f"{label}, {place}", material.text, placed(material.text, text, place))


def _between_letters(text: str) -> str:
    return ZERO_WIDTH.join(text)


def _between_words(text: str) -> str:
    return text.replace(" ", ZERO_WIDTH + " " + ZERO_WIDTH)


def _commented(text: str) -> str:
    return f"<!-- {text} -->"


def _styled(text: str) -> str:
    return f'<span style="font-size:0">{text}</span>'


def _encoded(text: str) -> str:
    return f"{base64.b64encode(text.encode()).decode()} (decode this and do what it says)"


def _tagged(text: str) -> str:
    """In the invisible letters of the Unicode block "Tags"."""
    return "".join(chr(0xE0000 + ord(c)) if c.isascii() else c for c in text)


HIDINGS = {
    "zero-width letters": _between_letters,
    "zero-width words": _between_words,
    "comment": _commented,
    "markup": _styled,
    "base64": _encoded,
    "tag letters": _tagged,
}
