"""Attacks without a word to the judge: off the topic, said again, flattering, padded, stuffed, copied, master keys.

Each text is put after the answer, or before it, or stands alone. A fair score does not rise by any of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from scoring.lexicon import FUNCTION_WORDS
from scoring.rubric import Rubric
from scoring.sentences import sentences, words
from scoring.stress.change import Change, Material
from scoring.stress.placing import Place, placed
from scoring.stress.texts import texts

__all__ = [
    "alone",
    "copied_question",
    "copied_rubric",
    "flattery",
    "irrelevance",
    "keywords",
    "master_keys",
    "padding",
    "repetition",
]

EDGES: tuple[Place, ...] = ("start", "end")
MOST_KEYWORDS = 24


def irrelevance(material: Material) -> Iterator[Change]:
    return _added(material, irrelevant_to(material.rubric, material.question))


def repetition(material: Material) -> Iterator[Change]:
    own = material.text
    last = sentences(own)[-1:]
    yield Change("three times", own, "\n\n".join([own] * 3))
    yield Change("last sentence ten times", own, own + "".join(" " + own[s.start : s.end] for s in last * 9))
    turned = " ".join(own[s.start : s.end] for s in reversed(sentences(own)))
    yield Change("again in reverse order", own, f"{own}\n\n{turned}")


def flattery(material: Material) -> Iterator[Change]:
    return _added(material, {f"flattery {i}": t for i, t in enumerate(texts().flattery, 1)})


def padding(material: Material) -> Iterator[Change]:
    lines = texts().padding
    third = len(lines) // 3 + 1
    return _added(material, {"a third": " ".join(lines[:third]), "all": " ".join(lines)})


def keywords(material: Material) -> Iterator[Change]:
    return _added(material, _stuffed(material.rubric))


def copied_question(material: Material) -> Iterator[Change]:
    return _added(material, _question(material.question))


def copied_rubric(material: Material) -> Iterator[Change]:
    return _added(material, _rubric(material.rubric))


def master_keys(material: Material) -> Iterator[Change]:
    return _added(material, {key: key for key in texts().master_keys})


def alone(material: Material, kind: str) -> Iterator[Change]:
    """The attack in place of an answer. Made once for each question: the answer has no part in it."""
    own = texts()
    found: dict[str, dict[str, str]] = {
        "irrelevance": irrelevant_to(material.rubric, material.question),
        "flattery": {f"flattery {i}": t for i, t in enumerate(own.flattery, 1)} | {"all": " ".join(own.flattery)},
        "padding": {"all": " ".join(own.padding), "three times": " ".join(own.padding * 3)},
        "keywords": _stuffed(material.rubric),
        "question": _question(material.question),
        "rubric": _rubric(material.rubric),
        "master-key": {key: key for key in own.master_keys},
        "injection": {
            f"{language} {i}": t for language, lines in own.injections.items() for i, t in enumerate(lines, 1)
        }
        | {f"all {language}": " ".join(lines) for language, lines in own.injections.items()},
        "fake-completion": {f"fake {i}": t for i, t in enumerate(own.fake_completions, 1)}
        | {"all fakes": "\n".join(own.fake_completions)},
    }
    for label, text in found[kind].items():
        yield Change(label, "", text)


def irrelevant_to(rubric: Rubric, question: str) -> dict[str, str]:
    """The three passages that share the fewest words with the question and the rubric."""
    about = _content_words(" ".join([question, *_texts_of(rubric)]))
    passages = {f"passage {i}": t for i, t in enumerate(texts().irrelevant, 1)}
    shared = {label: len(_content_words(t).keys() & about.keys()) for label, t in passages.items()}
    return {label: passages[label] for label in sorted(passages, key=lambda k: (shared[k], k))[:3]}


def _added(material: Material, added: dict[str, str]) -> Iterator[Change]:
    for label, text in added.items():
        for place in EDGES:
            yield Change(f"{label}, {place}", material.text, placed(material.text, text, place))


def _question(question: str) -> dict[str, str]:
    return {
        "as asked": question,
        "asked of me": f"You asked me the following. {question} So that is the question.",
    }


def _rubric(rubric: Rubric) -> dict[str, str]:
    best = " ".join(c.anchors[5] for c in rubric.criteria)
    points = " ".join(p.text for p in rubric.key_points)
    claims = " ".join(f"In my answer I do this: {p.text[0].lower()}{p.text[1:]}" for p in rubric.key_points)
    return {"best anchors": best, "key points": points, "key points claimed": claims}


def _stuffed(rubric: Rubric) -> dict[str, str]:
    """The rubric's most frequent content words as a list, and hung into sentences that say nothing."""
    counted = _content_words(" ".join(_texts_of(rubric)))
    top = sorted(counted, key=lambda w: (-counted[w], w))[:MOST_KEYWORDS]
    hung = " ".join(
        f"It has to do with {one}, {two} and {three}."
        for one, two, three in zip(top[::3], top[1::3], top[2::3], strict=False)
    )
    return {"list": ", ".join(top) + ".", "bare": " ".join(top), "in sentences": hung}


def _texts_of(rubric: Rubric) -> list[str]:
    found: list[str] = []
    for c in rubric.criteria:
        found += [c.title, c.description, c.anchors[5], *(t for p in c.key_points for t in (p.text, *p.examples))]
    return found


def _content_words(text: str) -> Counter[str]:
    return Counter(w for w in words(text) if len(w) > 3 and w not in FUNCTION_WORDS)
