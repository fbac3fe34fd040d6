"""What a person would see of a text: no invisible characters, comments or hidden markup. Its length and offsets stay.

An attack can hide in what a page does not show. Whatever is hidden is blanked; what is only broken up by invisible
characters is put together again, so that it is read as what it is.
"""

from __future__ import annotations

import re

__all__ = ["joined", "visible"]

_INVISIBLE_SET = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufeff\ufe00-\ufe0f\uffa0"
)
_TAGS = "\U000e0000-\U000e007f"  # an invisible copy of ASCII
_INVISIBLE = re.compile(f"[{_INVISIBLE_SET}{_TAGS}]")
_BROKEN = re.compile(rf"(?<=\w)[{_INVISIBLE_SET}](?=\w)")
# Elements that somebody might write into an answer; "<y and the loop runs then z>" is none.
_NAMES = (
    "a|abbr|article|b|big|blockquote|body|br|center|code|details|div|em|font|footer|form|h[1-6]|head|header|hr|html|i"
    "|iframe|img|input|instructions?|ins|kbd|label|li|link|main|mark|meta|note|object|ol|p|pre|prompt|q|s|script|section"
    "|small|span|strike|strong|style|sub|summary|sup|svg|system|table|tbody|td|template|textarea|tfoot|th|thead|title|tr"
    "|tt|u|ul|user|var|answer|assistant|candidate|evaluation|grade|level|message|response|result|rubric|score"
)
_HIDDEN = re.compile(
    r"<!--.*?-->"
    r"|<(\w+)\b[^>]*(?:font-size\s*:\s*0|display\s*:\s*none|visibility\s*:\s*hidden|opacity\s*:\s*0)[^>]*>.*?(?:</\1>|$)"
    rf"|</?(?:{_NAMES})(?:\s[^<>]*)?/?>",
    re.DOTALL | re.IGNORECASE,
)
JOINT = "’"  # holds a word together where an invisible character broke it; part of a word for scoring.sentences


def visible(text: str) -> str:
    """As long as ``text``. A word broken by invisible characters is held together by JOINT; see ``joined``."""
    if "<" in text:
        text = _HIDDEN.sub(lambda m: " " * len(m.group()), text)
    if _INVISIBLE.search(text):
        text = _INVISIBLE.sub(" ", _BROKEN.sub(JOINT, text))
    return text


def joined(raw: str, seen: str) -> str:
    """The same stretch of a text and of ``visible`` of it: what stands there, without the joints."""
    if raw == seen:
        return seen
    return "".join(s for r, s in zip(raw, seen, strict=True) if not (s == JOINT and r != JOINT))
