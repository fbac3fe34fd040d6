"""Names of people: the candidate's own as given, those said in an introduction, and third parties as far as is sound.

What this cannot find: a third party whose name is neither in our list nor after a title; one written without a
capital; a candidate's name, not given, that is introduced in no usual way.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from wordfreq import zipf_frequency

from scoring.identity.edit import NAME, Edit
from scoring.identity.folding import CAPITAL, LETTERS, MARKS, NAMED, PART, SEQUENCE, WORD, folded, plain
from scoring.identity.known_names import (
    AMBIGUOUS,
    FAMILY_FIRST,
    FAMILY_NAMES,
    GIVEN_NAMES,
    NO_NAMES,
    PLACES,
    ROLES,
    VIETNAMESE,
    WORDS_TOO,
)
from scoring.identity.schools import SCHOOL_WORDS, SCHOOLS, school
from scoring.lexicon import FUNCTION_WORDS

__all__ = ["introduced", "known", "own"]

COMMON_AT = 4.0  # Zipf frequency; a name this common as a word is a name only with its capital, inside a sentence
_EVERYDAY = 5.0  # Zipf frequency; after "my name is" without capitals, such a word ends the name

_SENTENCE_START = re.compile(r"(?:^|[.!?…:\n])[\"'”)\]\s-]*$")
_BEFORE = re.compile(rf"({CAPITAL})[ -]$")
_LETTERS = re.compile(LETTERS)
_FULL = rf"{NAMED}(?:[ -]{NAMED}){{0,3}}"
_TITLES = ("Mr", "Ms", "Mx", "Miss", "Dr", "Prof", "Doctor", "mr", "ms.", "dr", "prof", "omnu", "oamn", "omnis")
_TITLE = re.compile(
    r"(?<!\w)(?:(?P<gendered>[Mm]rs?|[Mm]s|Mx|Miss|Mister|[Dd]omnul|[Dd]oamna|[Dd]omnisoara|[Dd]l|[Dd]na)\.?"
    rf"|(?:[Dd]r|[Pp]rof|[Pp]rofessor|Doctor|[Pp]rofesorul|[Pp]rofesoara)\.?) (?P<name>{_FULL})"
)
_SAID_CUES = ("name", "call", "go by", "ten ", "numesc", "cheama")
_SAID = re.compile(
    rf"""\b(?:my\ (?:(?:full|first|last|real|given|own)\ )?name(?:'s|\ is)|(?<!\w\ )name's
      |(?:they|you\ can|please)\ call\ me
      |(?:i\ am|i'm)\ called|i\ go\ by
      |ten\ (?:cua\ )?(?:toi|em|minh|chau|anh|chi|con)\ la|(?<![^.!?,]\ )ten\ la|(?:toi|em|minh|chau|con)\ ten(?:\ la)?
      |ma\ numesc|ma\ cheama|(?:pre)?numele\ meu\ (?:este|e))[ ,:]+(?=(?P<name>{LETTERS}(?:[ ]{LETTERS}){{0,4}}))""",
    re.IGNORECASE | re.VERBOSE,
)
_SPEAKING = re.compile(rf"\b(?:this is|it's|it is) (?P<name>{LETTERS}(?: {LETTERS}){{0,3}}) speaking\b", re.IGNORECASE)
_I_AM = re.compile(rf"\b(?:[Ii]'m|[Ii] am|[Ii]m|[Ss]unt|[Tt]oi la|[Ee]m la|[Mm]inh la) (?P<name>{_FULL})")
_I_AM_ENDS = re.compile(r" (?:from|here|and I|si sunt|din|den tu|o|va)\b|,? (?:\d+|I'm|I am)\b")
_SYLLABLES = frozenset(map(plain, map(folded, VIETNAMESE)))
_SAINTS = frozenset({"san", "santa", "saint", "sao", "sankt", "st"})
_DATE = re.compile(r"\.? \d")
_OPTIMIZER = re.compile(r"W? optimi[sz]er", re.IGNORECASE)
_PRODUCTS = frozenset({"teams", "office", "access", "project", "visio", "outlook", "powerpoint", "dos", "sql", "edge"})
_NO_NAME_TEXT = """
    called actually really basically going from well um uh important spelled pronounced written known mentioned listed
    sunt si din am de va toi em minh nam den o song hien la sinh hoc dang cua tu rat
"""
_NOT_SAID = FUNCTION_WORDS | frozenset(_NO_NAME_TEXT.split())
_TELLING = GIVEN_NAMES | FAMILY_NAMES | FAMILY_FIRST | SCHOOLS | SCHOOL_WORDS


@dataclass(frozen=True, slots=True)
class _Own:
    """The candidate's names as they are looked for: their words, plain, and of each how it was given (in small letters,
    with its accents). ``weak`` are those that are common words too."""

    pattern: re.Pattern[str] | None
    given: Mapping[str, frozenset[str]]
    weak: frozenset[str]

    def may_be(self, said: str, word: str) -> bool:
        """Whether what was said with these accents can be the name ``word``: where both have accents, they agree."""
        spelled = unicodedata.normalize("NFC", said).lower()
        forms = self.given[word]
        return spelled.isascii() or spelled in forms or any(form.isascii() for form in forms)


def own(
    text: str, flat: str, lower: str, names: tuple[str, ...], language: str, keep: frozenset[str]
) -> Iterator[Edit]:
    """The candidate's own names. One that is a common word too must have its capital inside a sentence, and so must
    every name in Vietnamese, where each is a syllable of many words: Hiếu is not hiểu, and Minh not mình or chứng minh.
    """
    sought = _own_names(names, language.split("-")[0])
    if sought.pattern is None or (lower.isascii() and not any(w in lower for w in sought.given)):
        return
    vietnamese = language.startswith("vi")
    for match in sought.pattern.finditer(flat):
        parts = [(m.start(), m.end(), plain(m.group())) for m in WORD.finditer(flat, match.start(), match.end())]
        if vietnamese:
            parts = [p for p in parts if sought.may_be(text[p[0] : p[1]], p[2])]
        # A common word without a capital beside a name is that word: "Maria will".
        while parts and parts[-1][2] in sought.weak and not flat[parts[-1][0]].isupper():
            parts.pop()
        while parts and parts[0][2] in sought.weak and not flat[parts[0][0]].isupper():
            del parts[0]
        if not parts:
            continue
        start, end, found = parts[0][0], parts[-1][1], [w for _, _, w in parts]
        a_word = len(found) == 1 and found[0] in sought.weak
        if a_word and (_begins_sentence(flat, start) or found[0] in keep or _in_place(lower, start)):
            continue
        if not _someone_known(flat, start, end, keep, found):
            yield start, end, NAME


def _begins_sentence(flat: str, at: int) -> bool:
    return at == 0 or _SENTENCE_START.search(flat, max(0, at - 12), at) is not None


@lru_cache(maxsize=1024)
def _own_names(names: tuple[str, ...], language: str) -> _Own:
    given: dict[str, set[str]] = {}
    for name in names:
        flat = folded(name)
        for match in WORD.finditer(flat):
            if len(word := plain(match.group())) > 1:
                spelled = unicodedata.normalize("NFC", name[match.start() : match.end()]).lower()
                given.setdefault(word, set()).add(spelled)
    words = sorted(given, key=lambda w: (-len(w), w))
    if not words:
        return _Own(None, {}, frozenset())
    languages = {"en", language} & {"en", "vi", "ro"}
    listed = (GIVEN_NAMES | FAMILY_NAMES) - WORDS_TOO
    weak = frozenset(
        w
        for w in words
        if language == "vi"
        or w in AMBIGUOUS | FUNCTION_WORDS | NO_NAMES | WORDS_TOO
        or (w not in listed and any(zipf_frequency(w, o) >= COMMON_AT for o in languages))
    )
    one = "|".join("".join(re.escape(c) + f"[{MARKS}]*" for c in w) for w in words)
    pattern = rf"(?<![^\W_])(?:{one})(?:[ -](?:{one})(?![^\W_]))*(?![^\W_])"
    return _Own(re.compile(pattern, re.IGNORECASE), {w: frozenset(given[w]) for w in words}, weak)


def _in_place(lower: str, at: int) -> bool:
    """True where the word is one of a place's, such as Hà in Hà Nội."""
    first = max(0, at - 12)
    around = lower[first : at + 14]
    return any(p in around and around.find(p) <= at - first < around.find(p) + len(p) for p in PLACES)


def _someone_known(flat: str, start: int, end: int, keep: frozenset[str], found: list[str]) -> bool:
    """True where a candidate shares a name with someone whom the question names in full, and that one is meant."""
    if not keep.issuperset(found):
        return False
    after = PART.match(flat, end + 1) if flat[end : end + 1] == " " else None
    before = _BEFORE.search(flat, max(0, start - 30), start)
    beside = {plain(m) for m in (after.group() if after else "", before[1] if before else "") if m}
    return bool((beside & keep).difference(found))


def introduced(flat: str, lower: str) -> Iterator[Edit]:
    """Names in introductions, in English, Vietnamese and Romanian, whether or not anyone knows them."""
    if any(cue in lower for cue in _SAID_CUES) or "numele" in lower:
        for match in _SAID.finditer(flat):
            yield from _said(flat, match)
    if "speaking" in lower:
        for match in _SPEAKING.finditer(flat):
            yield from _said(flat, match)
    if any(cue in lower for cue in ("i'm ", "i am ", "im ", "sunt ", "toi la ", "em la ", "minh la ")):
        for match in _I_AM.finditer(flat):
            parts = [plain(p) for p in PART.findall(match["name"])]
            if match["name"].isupper() or any(p in NO_NAMES or p in FUNCTION_WORDS for p in parts[:1]):
                continue
            is_known = any(p in GIVEN_NAMES or p in FAMILY_NAMES or _is_romanian_family(p) for p in parts)
            if not is_known and not ROLES.isdisjoint(parts):
                continue  # "I am Senior Data Engineer"
            if is_known or len(parts) > 1 or _I_AM_ENDS.match(flat, match.end()):
                yield match.start("name"), match.end("name"), NAME


def _said(flat: str, match: re.Match[str]) -> Iterator[Edit]:
    """The words after "my name is" that can be the name: with capitals as far as they go, else up to a common word."""
    start, end = match.start("name"), 0
    capital = flat[start].isupper()
    for part in _LETTERS.finditer(flat, start, match.end("name")):
        word = plain(part.group())
        if (capital and not part.group()[0].isupper()) or "'" in word or (end and word in NO_NAMES):
            break
        # After a first name with a capital, An, Do and My are names too.
        if word in _NOT_SAID and not (capital and end and word != "i"):
            break
        if not capital and word not in GIVEN_NAMES | AMBIGUOUS and zipf_frequency(word, "en") >= _EVERYDAY:
            break  # "call me back"
        end = part.end()
    if end:
        yield start, end, NAME


def known(text: str, flat: str, language: str, keep: frozenset[str]) -> Iterator[Edit]:
    """People and schools among the words with capitals: after a title, or by our lists."""
    if any(title in flat for title in _TITLES):
        for match in _TITLE.finditer(flat):
            parts = [plain(p) for p in PART.findall(match["name"])]
            product = parts[0] in _PRODUCTS and match.group().startswith(("MS", "Ms", "ms"))
            if keep.isdisjoint(parts) and parts[0] not in NO_NAMES and not product:
                yield match.start() if match["gendered"] else match.start("name"), match.end(), NAME
    for match in SEQUENCE.finditer(flat):
        stretch = match.group()
        lower = stretch.lower() if stretch.isascii() else plain(stretch)
        if lower in FUNCTION_WORDS or (_TELLING.isdisjoint(lower.replace("-", " ").split()) and "escu" not in lower):
            continue
        start = match.start()
        places = [(start + m.start(), start + m.end(), plain(m.group())) for m in PART.finditer(stretch)]
        yield from _in_sequence(text, flat, places, language, keep)


def _in_sequence(
    text: str, flat: str, parts: list[tuple[int, int, str]], language: str, keep: frozenset[str]
) -> Iterator[Edit]:
    while parts and parts[0][2] in FUNCTION_WORDS:
        parts = parts[1:]
    words = [w for _, _, w in parts]
    if not SCHOOL_WORDS.isdisjoint(words) or not SCHOOLS.isdisjoint(words):
        if found := school(flat, parts[0][0], parts[-1][1], words, keep):
            yield found
        return
    i = 0
    while i < len(words):
        first = i
        if words[i] in keep or not _begins_name(words, i, keep) or _means_else(text, flat, parts, i, language):
            i += 1
            continue
        i += 1
        # An, Do and My go on with a name that has begun; a person whom the question names keeps the whole name.
        while i < len(words) and words[i] not in keep and words[i] not in NO_NAMES and words[i] != "i":
            i += 1
        yield parts[first][0], parts[i - 1][1], NAME


def _begins_name(words: list[str], i: int, keep: frozenset[str]) -> bool:
    word = words[i]
    if word in GIVEN_NAMES or _is_romanian_family(word):
        return True
    if word in FAMILY_FIRST and len(words) - i >= 3:
        return " ".join(words[i : i + 3]) not in PLACES
    following = words[i + 1] if i + 1 < len(words) else ""
    return following in FAMILY_NAMES and following not in keep and word not in NO_NAMES


def _means_else(text: str, flat: str, parts: list[tuple[int, int, str]], i: int, language: str) -> bool:
    """Whether a listed name is something else here: a syllable that begins a Vietnamese sentence ("Nguyên nhân là"), a
    saint's place ("San Jose"), a month ("Jan 5"), or what was named after somebody ("the Adam optimizer")."""
    start, end, word = parts[i]
    if language.startswith("vi") and word in _SYLLABLES:
        spelled = unicodedata.normalize("NFC", text[start:end]).lower()
        if not (spelled.isascii() or spelled in VIETNAMESE) or (i == len(parts) - 1 and _begins_sentence(flat, start)):
            return True
    saint = parts[i - 1][2] in _SAINTS if i else flat[max(0, start - 4) : start] == "St. "
    return saint or (word == "jan" and _DATE.match(flat, end) is not None) or (
        word == "adam" and _OPTIMIZER.match(flat, end) is not None
    )  # fmt: skip


def _is_romanian_family(word: str) -> bool:
    return word.endswith("escu") and len(word) > 5
