"""What is asked of each list. The lists are read off the OpenAPI document, so that a new one is measured as well."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.benchmarks.api.rows import Rows

__all__ = ["Asked", "page_variants", "variants"]


@dataclass(frozen=True, slots=True)
class Asked:
    list: str
    name: str
    path: str
    params: dict[str, str]


def variants(document: dict[str, Any], rows: Rows) -> Iterator[Asked]:
    """Raises ``KeyError`` for a list that ``rows`` knows nothing of: then it has to be told."""
    for path, item in document["paths"].items():
        operation = item.get("get")
        if operation is None:
            continue
        parameters = {p["name"]: p for p in operation.get("parameters", []) if p["in"] == "query"}
        if "starting_after" not in parameters and not operation["operationId"].startswith("list_"):
            continue
        filters = {name: rows.values(name, _choices(p["schema"])) for name, p in parameters.items()
                   if name not in ("limit", "starting_after")}  # fmt: skip
        cursors = rows.cursors[path] if "starting_after" in parameters else ()
        where = path.format(**rows.path_ids)
        for params in _asks(filters, cursors, "limit" in parameters):
            yield Asked(path, f"{path} {params or ''}".strip(), where, params)


def page_variants(rows: Rows) -> Iterator[Asked]:
    """The recruiters' lists."""
    for page, filters in (
        ("/", {"status": rows.statuses, "plan": rows.plans, "candidate": rows.candidates}),
        ("/invitations", {"candidate": rows.candidates}),
    ):
        for params in _asks(filters, rows.cursors[page], has_limit=False):
            yield Asked(f"page {page}", f"page {page} {params or ''}".strip(), page, params)


def _asks(filters: dict[str, tuple[str, ...]], cursors: tuple[str, ...], has_limit: bool) -> Iterator[dict[str, str]]:
    chosen: list[dict[str, str]] = [{}]
    chosen += [{name: value} for name, values in filters.items() for value in values]
    for one, other in itertools.combinations(filters, 2):
        chosen += [{one: a, other: b} for a in filters[one][:3] for b in filters[other][:3]]
    for filtered in chosen:
        yield filtered
        yield from ({**filtered, "starting_after": cursor} for cursor in cursors)
    if has_limit:
        yield {"limit": "100"}
        yield from ({"limit": "100", "starting_after": cursor} for cursor in cursors[:1])


def _choices(schema: dict[str, Any]) -> tuple[str, ...]:
    found = [*schema.get("enum", ()), *(v for part in schema.get("anyOf", ()) for v in part.get("enum", ()))]
    found += [part["const"] for part in (schema, *schema.get("anyOf", ())) if "const" in part]
    return tuple(str(value) for value in found)
