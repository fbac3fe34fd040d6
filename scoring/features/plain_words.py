"""plain-words: words that a six-year-old knows, by frequency and length, in short sentences."""

from __future__ import annotations

from functools import lru_cache

from wordfreq import zipf_frequency

from scoring.features.reading import Context, Reading, ramp
from scoring.lexicon import FUNCTION_WORDS, syllables
from scoring.sentences import words

__all__ = ["is_hard", "plain_words"]

# Zipf scale: 3 is once in a million words, 6 once in a thousand (van Heuven et al. 2014).
RARE = 3.4
LESS_COMMON = 4.4
CONCRETE_AND_SHORT = 2.6  # short words such as "splash" or "bouncy" are rare in print and known to every child
HARD_SHARE = (0.03, 0.16)  # of all words: up to the first nothing is lost, from the second on nothing is left
SENTENCE_WORDS = (12.0, 26.0)  # on average: as with HARD_SHARE
LONG_SENTENCES = 0.4  # what long sentences take away at most


def plain_words(context: Context) -> Reading:
    asked = set(words(context.question_text))
    sentences = context.content.sentences
    hard: dict[str, int] = {}
    share: dict[int, float] = {}
    for i, sentence in enumerate(sentences):
        own = [w for w in sentence.words if w not in asked and is_hard(w)]
        share[i] = len(own) / len(sentence.words)
        for word in own:
            hard[word] = hard.get(word, 0) + 1
    total = len(context.content.words)
    if not total:
        return Reading(0.0, "")
    # The same hard word again is the same burden: the root of its count.
    weight = sum(n**0.5 for n in hard.values())
    value = 1 - ramp(weight / total, *HARD_SHARE)
    marked = [len(s.words) for s in sentences if s.marked]
    note = "Nearly all words are ones a young child knows."
    if hard:
        listed = sorted(hard, key=lambda w: (zipf_frequency(w, "en"), w))[:4]
        amount = "A few" if value >= 0.7 else "Several" if value >= 0.35 else "Many"
        note = f"{amount} words may be hard for a young child, such as " + ", ".join(f"“{w}”" for w in listed) + "."
    # Unpunctuated speech has no sentence length that could be measured, so there words alone decide.
    if marked and 2 * sum(marked) > total:
        mean = sum(marked) / len(marked)
        value *= 1 - LONG_SENTENCES * ramp(mean, *SENTENCE_WORDS)
        note += f" Sentences have {mean:.0f} words on average."
    order = sorted(share, key=lambda i: (-share[i] if value < 0.5 else share[i], -len(sentences[i].words)))
    return Reading(value, note, tuple(sentences[i] for i in order[:2]))


@lru_cache(maxsize=20_000)
def is_hard(word: str) -> bool:
    """True for a word that is rare, or long and not common. Numbers and function words are never hard."""
    if word in FUNCTION_WORDS or not word.isascii() or any(c.isdigit() for c in word):
        return False
    word = word.removesuffix("'s")
    frequency: float = max(zipf_frequency(w, "en") for w in _forms(word))
    beats = syllables(word)
    if beats >= 4:
        return True
    if beats == 3:
        return frequency < LESS_COMMON
    return frequency < (RARE if len(word) > 6 else CONCRETE_AND_SHORT)


def _forms(word: str) -> list[str]:
    """The word and its likely base forms: "bouncing" is as known as "bounce"."""
    forms = [word]
    for ending, replacements in (
        ("ing", ("", "e")),
        ("ed", ("", "e")),
        ("ies", ("y",)),
        ("es", ("", "e")),
        ("s", ("",)),
        ("ly", ("",)),
    ):
        if word.endswith(ending) and len(word) > len(ending) + 2:
            stem = word[: -len(ending)]
            forms += [stem + r for r in replacements]
            if len(stem) > 3 and stem[-1] == stem[-2]:
                forms.append(stem[:-1])
    return forms
