"""Recognition errors: words that sound alike, words lost and words too many, as a speech recogniser makes them.

Of all words a given share is wrong: 60 % of the errors put a word in another's place, 25 % lose one, 15 % add one.
A word is replaced by its homophone where it has one, else by a common word with nearly the same consonants; never by
letters that are no word. Numbers stay.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from functools import cache, lru_cache

from wordfreq import top_n_list, zipf_frequency

from scoring.sentences import WORD
from scoring.stress.change import Change, Material

__all__ = ["misheard", "recognition_errors", "sounds_like"]

REPLACED, LOST = 0.60, 0.25  # shares of the errors; the rest are words too many
SHORT_WORDS = ("a", "the", "and", "to", "in", "of", "it", "is", "that", "uh")
ALIKE = 0.6  # share of letters in common from which two words of one sound may be confused
COMMON_WORDS = 20_000  # of the most frequent, from which sound-alikes are taken

_HOMOPHONES_TEXT = """
    their/there/they're to/too/two no/know new/knew write/right/rite one/won by/buy/bye for/four hear/here sea/see
    son/sun week/weak wear/where weather/whether would/wood hole/whole your/you're its/it's than/then accept/except
    affect/effect aloud/allowed air/heir ate/eight bare/bear be/bee board/bored brake/break cell/sell cent/sent/scent
    cereal/serial coarse/course dear/deer die/dye fair/fare find/fined flour/flower hair/hare heal/heel high/hi hour/our
    knight/night knot/not lead/led made/maid mail/male main/mane meat/meet pair/pear pale/pail peace/piece plain/plane
    pore/pour principal/principle rain/reign read/red road/rode role/roll sale/sail scene/seen some/sum stair/stare
    steal/steel tail/tale threw/through waist/waste wait/weight way/weigh which/witch who's/whose i'll/aisle past/passed
    and/an in/and of/have as/is can/can't his/he's are/or our/are when/went been/being this/these want/won't live/leave
    then/them had/head think/thing work/walk word/world later/letter model/medal data/dater
"""
_HOMOPHONES = {
    word: tuple(other for other in group.split("/") if other != word)
    for group in _HOMOPHONES_TEXT.split()
    for word in group.split("/")
}
_SOUNDS = str.maketrans("bpdtgkcqfvszxjmn", "ppttkkkkffssssnn")


def recognition_errors(material: Material, share: float) -> Iterator[Change]:
    for seed in (1, 2):
        yield Change(f"draw {seed}", material.text, misheard(material.text, share, seed))


def misheard(text: str, share: float, seed: int) -> str:
    """``share`` of the words (0 to 1) misrecognised, at least one where there are words at all."""
    draw = random.Random(f"{seed}:{share}:{text}")  # noqa: S311 - a repeatable draw, not a secret
    found = [m for m in WORD.finditer(text) if m.group()[0].isalpha()]
    if not found:
        return text
    wrong = draw.sample(found, min(len(found), max(1, round(share * len(found)))))
    pieces: list[str] = []
    at = 0
    for word in sorted(wrong, key=lambda m: m.start()):
        pieces.append(text[at : word.start()])
        at = word.end()
        kind = draw.random()
        others = sounds_like(word.group().casefold())
        if kind < REPLACED and others:
            pieces.append(_as_written(draw.choice(others), word.group()))
        elif kind < REPLACED + LOST:
            at += text[at : at + 1] == " "
        else:
            pieces.append(f"{word.group()} {draw.choice(SHORT_WORDS)}")
    return "".join([*pieces, text[at:]])


@lru_cache(maxsize=20_000)
def sounds_like(word: str) -> tuple[str, ...]:
    """Other English words that a recogniser could take it for, nearest first, at most four."""
    if word in _HOMOPHONES:
        return _HOMOPHONES[word]
    near = [w for w in _by_sound().get(_sound(word), ()) if w != word and not _same_stem(w, word) and _alike(w, word)]
    return tuple(sorted(near, key=lambda w: (abs(len(w) - len(word)), -zipf_frequency(w, "en"), w))[:4])


@cache
def _by_sound() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for word in top_n_list("en", COMMON_WORDS):
        if word.isascii() and word.isalpha() and len(word) > 2:
            found.setdefault(_sound(word), []).append(word)
    return {sound: tuple(words) for sound, words in found.items()}


def _sound(word: str) -> str:
    """Consonants that are told apart by voice or place alone fall together; vowels count only at the start."""
    plain = re.sub(r"[^a-z]", "", word.casefold())
    plain = plain.replace("ph", "f").replace("ck", "k").replace("gh", "").replace("th", "t").replace("wh", "w")
    vowel = "a" if plain[:1] in tuple("aeiou") else ""
    return vowel + re.sub(r"(.)\1+", r"\1", re.sub(r"[aeiouyhw]", "", plain.translate(_SOUNDS)))


def _alike(one: str, two: str) -> bool:
    return SequenceMatcher(None, one, two).ratio() >= ALIKE


def _same_stem(one: str, two: str) -> bool:
    return one.rstrip("s") == two.rstrip("s")


def _as_written(word: str, like: str) -> str:
    return word.capitalize() if like[0].isupper() else word
