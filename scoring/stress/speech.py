"""Ways of speaking that say the same: filler words, dialects, and the grammar of people who learn the language.

The rewrites are rules that keep the meaning. They make no fair sample of any dialect: they show whether a judge takes
the form for the matter. Features after Wolfram & Schilling, American English (3rd ed.): leveled "was", "ain't",
negative concord, habitual "be", zero copula; and articles and endings left out, as by learners from Vietnamese.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator

from scoring.lexicon import VERBS
from scoring.stress.change import Change, Material

__all__ = ["DIALECTS", "GRAMMARS", "dialects", "filled", "fillers", "grammars"]

FILLERS = ("um", "uh", "er", "like", "you know", "I mean")
FILLED = 0.12  # fillers for each gap between two words of a sentence

Rule = tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]]


_GAP = re.compile(r"(?<=[a-z]) (?=[a-z])")


def fillers(material: Material) -> Iterator[Change]:
    for seed in (1, 2):
        yield Change(f"draw {seed}", material.text, filled(material.text, seed))


def filled(text: str, seed: int) -> str:
    """Hesitations in about every eighth gap, set off by commas as recognisers write them: "it was, like, big"."""
    draw = random.Random(f"{seed}:{text}")  # noqa: S311 - a repeatable draw, not a secret
    return _GAP.sub(lambda gap: f", {draw.choice(FILLERS)}, " if draw.random() < FILLED else gap.group(), text)


def dialects(material: Material) -> Iterator[Change]:
    return _rewritten(material, DIALECTS)


def grammars(material: Material) -> Iterator[Change]:
    return _rewritten(material, GRAMMARS)


def _rewritten(material: Material, by: dict[str, tuple[Rule, ...]]) -> Iterator[Change]:
    """A rewrite that finds nothing to change in this answer makes no case."""
    for label, rules in by.items():
        text = material.text
        for pattern, replacement in rules:
            text = pattern.sub(replacement, text)
        if text != material.text:
            yield Change(label, material.text, text)


def _rule(pattern: str, replacement: str | Callable[[re.Match[str]], str]) -> Rule:
    return re.compile(pattern, re.IGNORECASE), replacement


def _without_s(found: re.Match[str]) -> str:
    """ "she works" becomes "she work", where "works" is surely a verb."""
    verb = found[2]
    for ending, rest in (("ies", "y"), ("es", ""), ("s", "")):
        if verb.endswith(ending) and verb[: -len(ending)] + rest in VERBS and not verb.endswith("ss"):
            return f"{found[1]} {verb[: -len(ending)]}{rest}"
    return found[0]


_SUBJECT = r"(he|she|it|this|that|who|which)"
_BASE = r"(?=(?:be|" + "|".join(sorted(w for w in VERBS if len(w) > 2 and not w.endswith("ed"))) + r")\b)"
_NO_ARTICLES = _rule(r"\b(the|an?) ([a-z])", lambda m: m[2].upper() if m[1][0].isupper() else m[2])
_NO_THIRD_PERSON = _rule(rf"\b{_SUBJECT} (\w+s)\b", _without_s)

DIALECTS: dict[str, tuple[Rule, ...]] = {
    "ain't, gonna, was": (
        _rule(r"\b(?:isn't|aren't|hasn't|haven't|am not|is not|are not)\b", "ain't"),
        _rule(rf"\bgoing to {_BASE}", "gonna "),
        _rule(rf"\bwant to {_BASE}", "wanna "),
        _rule(rf"\bhave to {_BASE}", "gotta "),
        _rule(r"\b(we|you|they) were\b", r"\1 was"),
        _rule(r"\b(he|she|it) doesn't\b", r"\1 don't"),
        _rule(r"\bbecause\b", "cause"),
        _rule(r"\bthose (\w+s)\b", r"them \1"),
        _rule(r"\b(\w{3,})ing\b(?=[ ,.])", r"\1in'"),
    ),
    "negative concord, habitual be": (
        _rule(r"\b(don't|doesn't|didn't|can't|won't|couldn't|wouldn't) (\w+) any\b", r"\1 \2 no"),
        _rule(r"\b(don't|doesn't|didn't|can't|won't|couldn't|wouldn't) (\w+) anything\b", r"\1 \2 nothing"),
        _rule(r"\b(don't|doesn't|didn't|can't|won't|couldn't|wouldn't) (\w+) anybody\b", r"\1 \2 nobody"),
        _rule(r"\b(?:is|are) (always|usually|often|never)\b", r"be \1"),
        _rule(r"\b(they|we|you|he|she)(?:'re|'s| are| is) (\w+ing)\b", r"\1 \2"),
        _NO_THIRD_PERSON,
    ),
}
GRAMMARS: dict[str, tuple[Rule, ...]] = {
    "no articles": (_NO_ARTICLES,),
    "no endings": (
        _NO_THIRD_PERSON,
        _rule(r"\b(two|three|four|five|six|seven|eight|nine|ten|\d+) ([a-z]{2,}[^s\W])s\b", r"\1 \2"),
        _rule(r"\b(many|some|all) ([a-z]{3,}[^su\W])s\b", r"\1 \2"),
    ),
    "no articles, no copula": (
        _NO_ARTICLES,
        _rule(r"\b(it|he|she|they|we|this|that)(?:'s|'re| is| are) (?=(?:very|so|too|really|not)\b)", r"\1 "),
    ),
}
