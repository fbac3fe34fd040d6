"""YAML is read with lines; what cannot be read is refused with its line, never with a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest

from interviewer.plans.source import read_source


def test_every_key_and_item_has_its_line(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("# a comment\nname: x\nitems:\n  - id: one\n    text: hello\n  - id: two\n")
    source, problems = read_source(path, "a.yaml")
    assert problems == []
    assert source is not None
    assert source.data == {"name": "x", "items": [{"id": "one", "text": "hello"}, {"id": "two"}]}
    assert [source.line(p) for p in [("name",), ("items",), ("items", 0, "text"), ("items", 1)]] == [2, 3, 5, 6]


def test_a_place_that_is_not_there_has_the_line_of_what_is_around_it(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("a: 1\nitems:\n  - id: one\n")
    source, _ = read_source(path, "a.yaml")
    assert source is not None
    assert source.line(("items", 0, "text", 4)) == 3
    assert source.line(()) == 1


def test_number_keys_are_read_as_text(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text('1: one\n"2": two\n')
    source, problems = read_source(path, "a.yaml")
    assert problems == []
    assert source is not None
    assert source.data == {"1": "one", "2": "two"}


@pytest.mark.parametrize(
    ("raw", "line", "words"),
    [
        (b"a: [1, 2\nb: 3\n", 2, "not valid YAML"),
        (b"ok: 1\ntext: what: is this\n", 2, "not valid YAML"),
        (b"a: 1\n\tb: 2\n", 2, "not valid YAML"),
        (b"- a list\n", 1, "not a mapping"),
        (b"", 1, "not a mapping"),
        (b"a: 1\nb: \xff\xfe\n", 2, "not UTF-8"),
        (b"a: 1\nb: 2\nc: \x07\n", 3, "character that YAML does not allow"),
        (b"a: 1\nb: 2\na: 3\n", 3, "`a` stands here a second time"),
        (b"a: &x [1]\nb: *x\n", 1, "YAML alias"),
        (b"a: &x [*x]\n", 1, "YAML alias"),
        (b"a: 1\nb: !!python/object:os.system ls\n", 2, "cannot read the value"),
        (b"a: 2024-99-99\n", 1, "cannot read the value"),
        (b"? [1, 2]\n: b\n", 1, "key that is not a plain word"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_its_line(tmp_path: Path, raw: bytes, line: int, words: str) -> None:
    path = tmp_path / "bad.yaml"
    path.write_bytes(raw)
    _, problems = read_source(path, "plans/bad.yaml")
    assert len(problems) == 1
    assert problems[0].file == "plans/bad.yaml"
    assert problems[0].line == line
    assert words in problems[0].reason
    assert problems[0].mend


def test_nested_aliases_do_not_grow(tmp_path: Path) -> None:
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 30)]
    path = tmp_path / "bomb.yaml"
    path.write_text("\n".join(rows))
    _, problems = read_source(path, "bomb.yaml")
    assert problems
    assert all("alias" in p.reason for p in problems)


@pytest.mark.parametrize(
    "text", ["a: 1\nb: " + "[" * 200_000, "a: 1\nb:\n  " + "- " * 100_000, "a: 1\nb: " + "{a: " * 50_000]
)
def test_deep_nesting_is_refused_and_does_not_end_the_process(tmp_path: Path, text: str) -> None:
    path = tmp_path / "deep.yaml"
    path.write_text(text)
    source, problems = read_source(path, "deep.yaml")
    assert source is None
    assert [p.reason for p in problems] == ["is nested too deeply"]
    assert problems[0].line in (2, 3)
