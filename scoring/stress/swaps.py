"""Swaps that have nothing to do with the answer: the candidate's or a colleague's name, the order of the criteria."""

from __future__ import annotations

from collections.abc import Iterator

from scoring.rubric import Rubric
from scoring.stress.change import Change, Material
from scoring.stress.texts import texts

__all__ = ["criterion_orders", "names"]


def names(material: Material) -> Iterator[Change]:
    """The same words with another name; compared with the first name, so that only the name differs."""
    own = texts()
    first, *others = own.names
    for own_name, patterns in ((True, own.self_introductions), (False, own.mentions)):
        for pattern in patterns:
            before = f"{pattern.format(name=first)} {material.text}"
            for other in others:
                yield Change(
                    f"{other}: {pattern}",
                    before,
                    f"{pattern.format(name=other)} {material.text}",
                    name_before=first if own_name else None,
                    name_after=other if own_name else None,
                )


def criterion_orders(material: Material) -> Iterator[Change]:
    """Reversed, and turned by one. A rubric of one criterion has no other order."""
    criteria = material.rubric.criteria
    orders = {"reversed": criteria[::-1], "turned by one": criteria[1:] + criteria[:1]}
    for label, order in orders.items():
        if order != criteria:
            yield Change(label, material.text, material.text, _ordered(material.rubric, order))


def _ordered(rubric: Rubric, criteria: tuple[object, ...]) -> Rubric:
    return rubric.model_copy(update={"criteria": criteria})
