"""YAML files read together with the line of every key and item."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from yaml.constructor import ConstructorError, SafeConstructor
from yaml.events import CollectionEndEvent, CollectionStartEvent
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from interviewer.plans.problems import Problem
from scoring.faults import Place

__all__ = ["Source", "read_source"]

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml reads ten times as fast, with the same marks
_NOT_ALLOWED = yaml.reader.Reader.NON_PRINTABLE
_DEEPEST = 30  # plans need seven; composing recurses in C, where a hundred thousand brackets would end the process


@dataclass(frozen=True, slots=True)
class Source:
    """One file: its data (keys are always strings) and where each part of it stands."""

    file: str
    data: dict[str, Any]
    lines: Mapping[Place, int] = field(repr=False)

    def line(self, place: Place) -> int:
        """The line of ``place``, or of the nearest thing around it that the file holds."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)

    def problem(self, place: Place, reason: str, mend: str = "") -> Problem:
        return Problem(self.file, self.line(place), reason, mend)


def read_source(path: Path, file: str) -> tuple[Source | None, list[Problem]]:
    """Read ``path``, called ``file`` in problems. No source where the file cannot be read as a YAML mapping."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        return None, [Problem(file, line, "is not UTF-8 text", "Save the file with UTF-8 encoding.")]
    except OSError as error:
        return None, [Problem(file, None, f"cannot be read: {error.strerror}", "Check the file and its permissions.")]
    if odd := _NOT_ALLOWED.search(text):
        line = text[: odd.start()].count("\n") + 1
        return None, [Problem(file, line, "holds a character that YAML does not allow", "Delete that character.")]
    try:
        if deep := _too_deep(text):
            return None, [Problem(file, deep, "is nested too deeply", "Write fewer levels of lists and mappings.")]
        root = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reason = " ".join(part for part in (error.problem, error.context) if part)
        mend = "Check the indentation, and put quotes round a text that holds ': ' or ' #'."
        return None, [Problem(file, mark.line + 1 if mark else None, f"is not valid YAML: {reason}", mend)]
    if not isinstance(root, MappingNode):
        line = root.start_mark.line + 1 if root else 1
        return None, [Problem(file, line, "is not a mapping", "Start the file with `key: value` lines.")]
    building = _Building(file)
    data = building.build(root, ())
    return Source(file, data, building.lines), building.problems


def _too_deep(text: str) -> int | None:
    """The line where nesting passes the limit. Events come without recursion, however deep the file."""
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, CollectionStartEvent):
            depth += 1
            if depth > _DEEPEST:
                return event.start_mark.line + 1 if event.start_mark else 1
        elif isinstance(event, CollectionEndEvent):
            depth -= 1
    return None


class _Building:
    def __init__(self, file: str) -> None:
        self.file = file
        self.lines: dict[Place, int] = {}
        self.problems: list[Problem] = []
        self._seen: set[int] = set()
        self._constructor = SafeConstructor()

    def build(self, node: Node, place: Place) -> Any:
        self.lines.setdefault(place, node.start_mark.line + 1)
        if isinstance(node, ScalarNode):
            return self._scalar(node)
        if id(node) in self._seen:  # an alias; refused because nested ones can grow without bound
            self._problem(node, "repeats a part of the file with a YAML alias (*name)", "Write that part out.")
            return None
        self._seen.add(id(node))
        if isinstance(node, SequenceNode):
            return [self.build(child, (*place, i)) for i, child in enumerate(node.value)]
        data: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, ScalarNode):
                self._problem(key_node, "has a key that is not a plain word", "Write `key: value`.")
                continue
            key = str(key_node.value)
            if key in data:
                self._problem(key_node, f"`{key}` stands here a second time", "Keep one of the two.")
                continue
            self.lines[(*place, key)] = key_node.start_mark.line + 1
            data[key] = self.build(value_node, (*place, key))
        return data

    def _scalar(self, node: ScalarNode) -> Any:
        try:
            return self._constructor.construct_object(node, deep=True)
        except (ConstructorError, ValueError):
            self._problem(node, f"cannot read the value {node.value!r}", "Put the value in quotes.")
            return node.value

    def _problem(self, node: Node, reason: str, mend: str) -> None:
        self.problems.append(Problem(self.file, node.start_mark.line + 1, reason, mend))
