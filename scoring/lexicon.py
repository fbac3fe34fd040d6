"""Small closed word lists of English that the text features and the reading of an answer share."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

__all__ = ["FUNCTION_WORDS", "VERBS", "but_articles", "looks_like_verb", "syllables"]

_FUNCTION_WORDS = """
    a an the this that these those some any no every each all both either neither such i me my mine myself we us our
    ours ourselves you your yours yourself he him his she her hers it its they them their theirs themselves who whom
    whose which what am is are was were be been being do does did done doing have has had having will would shall
    should can could may might must ought cannot and or but nor so yet if because as while when where after before
    until unless although though since than whether of in on at by for with from to into onto over under about
    between through during without within against around across behind beyond up down out off near along upon toward
    towards not there here then now just very too also only even how why again still already always never often i'm
    i've i'd i'll you're you've you'd you'll we're we've we'd we'll they're they've they'd they'll it's he's she's
    that's there's what's let's don't doesn't didn't isn't aren't wasn't weren't won't wouldn't can't couldn't
    shouldn't haven't hasn't hadn't
"""
ARTICLES = frozenset({"a", "an", "the"})
FUNCTION_WORDS = frozenset(_FUNCTION_WORDS.split())

_VERBS_TEXT = """
    add agree allow answer appear apply arrive ask avoid be became become begin believe break bring build buy call
    came can care carry cause change check choose climb close come compare consider contain continue cost could
    count cover create cut decide describe design did do does draw drive drop eat end enjoy ensure exist expect
    explain fall feel fill find finish fit fix float fly follow forget form gain gave get give go goes grow guess
    had handle happen has have hear help hold hope imagine improve include increase is join jump keep kick knew know
    land laugh lead learn leave let lie like listen live look lose love made make manage matter mean measure meet
    miss mix move must need notice offer open own pass pay pick plan play point prefer prepare pretend prevent
    produce protect prove provide pull push put raise reach read realise realize receive record reduce remember
    remove replace report require rest return ride rise run said save saw say see seem sell send serve set shake
    share shine should show sing sit sleep solve speak spend spin stand start stay step stick stop study suggest
    support take talk teach tell test thank think throw touch train travel treat try turn understand use visit wait
    walk want wash watch wear will win wonder work would write ate blew bought brought broke built came chose did
    drew drove fell felt flew forgot found fought gave went got grew heard held hid hit kept knew laid led left lent
    lost made meant met paid ran rode rose said sang sat sent shook shone shot shut slept sold spent spoke stood
    stuck swam taught thought threw told took understood woke won wore wrote was were are am been being
"""
VERBS = frozenset(_VERBS_TEXT.split())
_VOWELS = re.compile(r"[aeiouy]+")


def but_articles(said: Iterable[str]) -> int:
    """How many words there are besides articles, which learners of English leave out."""
    return sum(word not in ARTICLES for word in said)


@lru_cache(maxsize=20_000)
def looks_like_verb(word: str) -> bool:
    """True for a common verb in any form. A guess from spelling: no tagger, so "-ed" and "-ing" words count too."""
    word = word.split("'")[0] or word
    if word in VERBS or (len(word) >= 5 and word.endswith(("ed", "ing"))):
        return True
    return word.endswith("s") and (word[:-1] in VERBS or (word.endswith("es") and word[:-2] in VERBS))


@lru_cache(maxsize=20_000)
def syllables(word: str) -> int:
    """Syllables of an English word, guessed from its vowel groups; at least 1."""
    word = re.sub(r"[^a-z]", "", word.casefold())
    count = len(_VOWELS.findall(word))
    silent_e = word.endswith("e") and not word.endswith("le") and count > 1
    silent_ed = word.endswith("ed") and not word.endswith(("ted", "ded")) and count > 1
    silent_es = (
        word.endswith("es") and not word.endswith(("ses", "zes", "ches", "shes", "xes", "ges", "ces")) and count > 1
    )
    apart = len(re.findall(r"ia(?!l$)|io(?!n)|iu|ua(?!l)|uo|ying|eing", word))
    return max(1, count - (silent_e or silent_ed or silent_es) + apart)
