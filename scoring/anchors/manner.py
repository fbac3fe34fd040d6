"""How a sentence speaks: counts of kinds of words. Lists are of general English; none belongs to a trade."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from wordfreq import zipf_frequency

from scoring.lexicon import FUNCTION_WORDS, looks_like_verb
from scoring.sentences import words

__all__ = ["COUNTS", "LEVEL_RATES", "QUALIFYING_RATES", "RELEVANCE_RATES", "Counts", "counts", "rates"]

Counts = npt.NDArray[np.float64]

# fmt: off
_LISTS = {
    "vague": """
        just usually mostly mainly generally basically pretty whatever somehow maybe probably okay ok quick quickly
        simple simply basic rough roughly informal informally things stuff sometimes often typically eyeball eyeballed
        fine feel feels felt looked looks look seem seems seemed try tried tweak tweaked nudge nudged somewhat fairly
        kind_of sort_of a_bit a_little i_guess i_think as_needed by_eye good_enough a_few a_couple and_stuff
        nothing_fancy here_and
    """,
    "negation": """
        not no never nothing none without nor didn't don't doesn't wasn't weren't isn't aren't can't couldn't won't
        wouldn't haven't hadn't hasn't rather_than instead_of
    """,
    "method": """
        against versus threshold thresholds baseline baselines evidence template templates reusable clear each every
        across within so_that because if when before after until then trade-off trade-offs tradeoff tradeoffs
    """,
    "number": """
        one two three four five six seven eight nine ten percent dozen hundred thousand million
    """,
    "self": "i we my our i'd i'll i've we'd we'll",
    "summary": """
        background worked working role roles position career years degree skill skills skilled expert confident proud
        best biggest most love enjoy interested great impact project projects company client clients team
    """,
    "process": """
        i'd i'll we'd when if then first once after before until from_there usually typically so_that because to_avoid
        instead keep kept use used using set made added changed checked picked split tracked
    """,
    "limit": """
        only mostly mainly largely partly just usually sometimes occasionally rarely not_always not_every not_really
        depends depending at_times in_most most_of a_lot often generally typically
    """,
    "past": "was were wasn't weren't had hadn't did didn't",
    "correction": """
        actually really honestly officially in_practice in_reality i_meant i_mean i_said i_made implied misread
        came_across sound sounds sounded to_be at_that at_the back_then in_that in_those for_that that_was it_was
        they_were those_were more_of more_like closer_to rather_than
    """,
    "others": """
        existing inherited handed provided the_team platform someone_else lead owned leadership shared standard
        template already_in
    """,
}
_STEMS = {
    "method": (
        "explicit", "defin", "document", "measur", "test", "verif", "validat", "criteri", "check", "consistent", "rule",
        "compar", "review", "track", "record", "standard", "systematic", "structur", "constraint", "assumption",
        "guardrail", "audit", "specific", "hypothes", "isolat", "version",
    ),
    "summary": ("experience", "passion", "achiev"),
    "process": ("start",),
}
# fmt: on
_SETS = {name: frozenset(text.split()) for name, text in _LISTS.items()}
_REFERS_BACK = re.compile(
    r"(?:that|it|they|those|these|this|there|not|no\b|in practice|honestly|officially|mostly|most|usually|sometimes"
    r"|i (?:meant|made|was)|we (?:had|used))",
    re.IGNORECASE,
)

COUNTS = ("words", "content", "letters", "zipf", "under_4", "under_3", *_LISTS, "verb", "refers_back")
LEVEL_RATES = (
    "vague", "negation", "method", "number", "content", "letters", "zipf", "under_4", "under_3", "self", "verb",
)  # fmt: skip
RELEVANCE_RATES = ("summary", "process")
QUALIFYING_RATES = ("limit", "past", "correction", "others", "negation")
_AT = {name: i for i, name in enumerate(COUNTS)}
_PER_CONTENT = frozenset({"letters", "zipf", "under_4", "under_3"})  # the others are per word


@lru_cache(maxsize=16_384)
def counts(text: str) -> Counts:
    """Counts of one sentence, in the order of COUNTS; add them up for a longer stretch. Not to be written to."""
    tokens = words(text)
    found = dict.fromkeys(COUNTS, 0.0)
    found["words"] = len(tokens)
    found["refers_back"] = float(bool(_REFERS_BACK.match(text)))
    pairs = [f"{one}_{two}" for one, two in pairwise(tokens)]
    for name, own in _SETS.items():
        stems = _STEMS.get(name)
        found[name] = float(
            sum(w in own or (stems is not None and w.startswith(stems)) for w in tokens) + sum(p in own for p in pairs)
        )
    for word in tokens:
        found["number"] += any(c.isdigit() for c in word)
        found["verb"] += looks_like_verb(word)
        if word in FUNCTION_WORDS:
            continue
        frequency = zipf_frequency(word, "en")
        found["content"] += 1
        found["letters"] += len(word)
        found["zipf"] += frequency
        found["under_4"] += frequency < 4
        found["under_3"] += frequency < 3
    result = np.array([found[name] for name in COUNTS])
    result.setflags(write=False)
    return result


def rates(total: Counts, names: tuple[str, ...]) -> Counts:
    """Counts as rates: per word, or per content word where a thing is a property of those."""
    size, content = max(1.0, total[_AT["words"]]), max(1.0, total[_AT["content"]])
    return np.array([total[_AT[n]] / (content if n in _PER_CONTENT else size) for n in names])
