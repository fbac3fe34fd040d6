"""Spoken and dialect forms in the spelling that the word lists and the embeddings know: "walkin'" is "walking".

How somebody speaks is never scored, so the same thing said in another form must measure the same. Only forms that mean
one thing are written out; no grammar is mended.
"""

from __future__ import annotations

import re

__all__ = ["standard_forms"]

_FORMS = {
    "ain't": "isn't",
    "gonna": "going to",
    "wanna": "want to",
    "gotta": "have to",
    "gimme": "give me",
    "lemme": "let me",
    "kinda": "kind of",
    "sorta": "sort of",
    "lotta": "lot of",
    "outta": "out of",
    "dunno": "do not know",
    "coulda": "could have",
    "shoulda": "should have",
    "woulda": "would have",
    "y'all": "you all",
    "'cause": "because",
    "'cuz": "because",
    "cuz": "because",
    "'em": "them",
}
_FORM = re.compile(
    r"(?<![\w’'])(?:" + "|".join(re.escape(f).replace("'", "[’']") for f in sorted(_FORMS, key=len, reverse=True))
    + r")(?![\w’'])",
    re.IGNORECASE,
)  # fmt: skip
_DROPPED_G = re.compile(r"\b([a-z]{2,}in)[’'](?!\w)", re.IGNORECASE)
_NOT_DROPPED = ("begin", "cabin", "robin", "basin", "again", "captain", "margin", "origin", "cousin")  # own names' ends


def standard_forms(text: str) -> str:
    """The text with such forms written out."""
    if "'" in text or "’" in text:
        text = _DROPPED_G.sub(_with_g, text)
    return _FORM.sub(_written_out, text)


def _with_g(found: re.Match[str]) -> str:
    return found[0] if found[1].casefold() in _NOT_DROPPED else f"{found[1]}g"


def _written_out(found: re.Match[str]) -> str:
    form = _FORMS[found[0].casefold().replace("’", "'")]
    return form.capitalize() if found[0].lstrip("’'")[:1].isupper() else form
