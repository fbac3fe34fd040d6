"""The library loads a folder whole, or refuses it with every problem: file, line, reason, and how to mend."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from interviewer.plans.library import Library, PlanError, Problem, UnknownPlan, default_folder

Spoil = Callable[[str, str, str], int]


def problems_of(folder: Path) -> tuple[Problem, ...]:
    with pytest.raises(PlanError) as caught:
        Library.load(folder)
    return caught.value.problems


def only_problem(folder: Path) -> Problem:
    problems = problems_of(folder)
    assert len(problems) == 1, [str(p) for p in problems]
    return problems[0]


def test_a_right_folder_loads(folder: Path) -> None:
    library = Library.load(folder)
    assert library.names() == ("tiny",)
    bundle = library.get("tiny")
    assert bundle.plan.title == "Tiny"
    assert set(bundle.rubrics) == {"reasons"}
    assert bundle.persona.name == "Melvin"
    assert len(bundle.phrases["acknowledge"]) >= 6
    assert bundle.notice.notice == "standard"


@pytest.mark.parametrize(
    ("file", "old", "new", "reason", "mend"),
    [
        ("plans/tiny.yaml", "minutes: 5", "minuts: 5", "`minuts` is not a field", "Did you mean `minutes`?"),
        ("plans/tiny.yaml", "minutes: 5", "minutes: five", "`minutes`: ", "whole number"),
        ("plans/tiny.yaml", "minutes: 5", "minutes: 0", "greater than or equal to 1", ""),
        ("plans/tiny.yaml", "title: Tiny", "title: 1969", "`title`: ", "quotes"),
        ("plans/tiny.yaml", "plan: tiny", "plan: Tiny Plan", "`plan`: ", "lower-case"),
        ("plans/tiny.yaml", "plan: tiny", "plan: other", "the file is named 'tiny'", "agree"),
        ("plans/tiny.yaml", "covers: [reason]", "covers: [raeson]", "'raeson' is not a key point", "`reason`"),
        ("plans/tiny.yaml", "rubric: reasons", "rubric: reason", "no rubrics/reason.yaml", "`reasons`"),
        ("plans/tiny.yaml", "minutes: 5", "minutes: 5\npersona: melvyn", "no personas/melvyn.yaml", "`melvin`"),
        ("plans/tiny.yaml", "minutes: 5", "minutes: 5\nnotice: short", "no notices/short.yaml", "standard"),
        ("plans/tiny.yaml", "minutes: 5", "minutes: 5\ncamera: on", "`camera`: ", ""),
        (
            "plans/tiny.yaml",
            "minutes: 5",
            "minutes: 5\ncamera: ask",
            "no `camera` part",
            "`notice: standard-with-camera`",
        ),
        (
            "plans/tiny.yaml",
            "minutes: 5",
            "minutes: 5\nnotice: standard-with-camera",
            "asks for the camera, and this plan does not",
            "`camera: ask`",
        ),
        ("plans/tiny.yaml", "minutes: 5", "minutes: 5\nlanguage: vi", "no phrases/vi.yaml", "en"),
        ("plans/tiny.yaml", "minutes: 5", "minutes: 5\nlanguage: klingon", "`language`: ", ""),
        ("plans/tiny.yaml", "weighs most in {field}", "weighs most in {feild}", "variable {feild}", ""),
        ("plans/tiny.yaml", "What else?", "What else {Field}?", "a brace that belongs to no variable", ""),
        ("plans/tiny.yaml", "id: more", "id: which", "two probes called 'which'", ""),
        ("plans/tiny.yaml", "covers: []", "covers: [reason]", "one probe with `covers: []`", ""),
        (
            "plans/tiny.yaml",
            "    examples: [law]",
            "    choices: [law]\n    default: war",
            "not one of the choices",
            "",
        ),
        ("plans/tiny.yaml", "title: Tiny", "title: Tiny {field}", "before variables are known", ""),
        ("rubrics/reasons.yaml", "rubric: reasons", "rubric: because", "the file is named 'reasons'", "agree"),
        ("rubrics/reasons.yaml", "      3: Gives a reason that fits.\n", "", "`3` is missing", "`3:`"),
        ("rubrics/reasons.yaml", "Gives a reason and explains it.", "Good", "`4`: ", "fuller"),
        ("rubrics/reasons.yaml", "    anchors:", "    measures: [charm]\n    anchors:", "`measures`: ", ""),
        ("rubrics/reasons.yaml", "    anchors:", "    measures: [length-fit]\n    anchors:", "needs words", ""),
        ("rubrics/reasons.yaml", "    anchors:", "    words: [90, 20]\n    anchors:", "0 < least < most", ""),
        ("personas/melvin.yaml", "speed: 1.0", "speed: 9", "`speed`: ", ""),
        ("phrases/en.yaml", "  skip:", "  skipp:", "`skipp` is not a phrase", ""),
        ("phrases/en.yaml", '    - "Sure. Here it is again."\n', "", "`repeat` has 1 variants; it takes 2 to 20", ""),
        ("phrases/en.yaml", '"I have your answer, thank you."', '""', "the text is empty", ""),
        ("phrases/en.yaml", "Okay. Here is where we were.", "Okay, {name}.", "variable {name}; only {title}", ""),
        ("requests/en.yaml", "  skip:", "  skipp:", "`skipp` is nothing that a candidate can ask for", ""),
        ("requests/en.yaml", "- come again", '- "come [again"', "']' is missing", ""),
        ("requests/en.yaml", "- come again", '- "come again?"', "may hold words", ""),
        ("requests/en.yaml", "- come again", '- "[come] [again]"', "by saying nothing", ""),
        ("notices/standard.yaml", "id: judged", "id: recorded", "section id 'recorded' is used twice", ""),
        ("notices/standard.yaml", "Please ask {contact}.", "Please ask {who}.", "variable {who}", ""),
        ("notices/standard.yaml", "language: en", "languages: en", "`languages` is not a field", "`language`"),
    ],
)
def test_one_fault_is_told_with_file_line_reason_and_how_to_mend(
    folder: Path, spoil: Spoil, file: str, old: str, new: str, reason: str, mend: str
) -> None:
    line = spoil(file, old, new)
    found = [p for p in problems_of(folder) if reason in p.reason]
    assert len(found) == 1, [str(p) for p in problems_of(folder)]
    problem = found[0]
    assert problem.file == file
    assert problem.line is not None
    assert abs(problem.line - line) <= _drift(new, reason), f"said line {problem.line}, stands at {line}"
    assert mend in problem.mend


def _drift(new: str, reason: str) -> int:
    """Faults told at the thing around: a missing key at its parent, a missing kind of probe at the list of probes."""
    if "is missing" in reason or "covers: []" in reason:
        return 6
    return new.count("\n") + (1 if "takes 2" in reason else 0)


def test_a_fault_points_at_the_very_line(folder: Path, spoil: Spoil) -> None:
    line = spoil("plans/tiny.yaml", "id: more", "idd: more")
    problems = problems_of(folder)
    unknown = next(p for p in problems if "`idd`" in p.reason)
    missing = next(p for p in problems if "`id` is missing" in p.reason)
    assert unknown.line == line
    assert missing.line == line
    assert str(unknown).startswith(f"plans/tiny.yaml:{line}: ")


def test_all_problems_of_all_files_come_at_once(folder: Path, spoil: Spoil) -> None:
    spoil("plans/tiny.yaml", "minutes: 5", "minutes: none")
    spoil("plans/tiny.yaml", "covers: [reason]", "covers: [nothing]")
    spoil("rubrics/reasons.yaml", "version: 1", "version: 0")
    spoil("phrases/en.yaml", "  moment:", "  momment:")
    (folder / "plans" / "broken.yaml").write_text("plan: [")
    (folder / "notices" / "odd.yml").write_text("notice: odd")
    with pytest.raises(PlanError) as caught:
        Library.load(folder)
    text = str(caught.value)
    files = {p.file for p in caught.value.problems}
    assert files == {
        "plans/tiny.yaml", "plans/broken.yaml", "rubrics/reasons.yaml", "phrases/en.yaml", "notices/odd.yml"
    }  # fmt: skip
    assert re.match(r"\d+ problems in the prompts folder:", text)
    assert "plans/tiny.yaml:5: `minutes`" in text


def test_references_are_checked_in_a_plan_with_other_faults(folder: Path, spoil: Spoil) -> None:
    spoil("plans/tiny.yaml", "minutes: 5", "minutes: none")
    spoil("plans/tiny.yaml", "rubric: reasons", "rubric: gone")
    assert {p.reason.split(" ")[0] for p in problems_of(folder)} == {"`minutes`:", "there"}


def test_a_rubric_with_faults_is_not_also_called_missing(folder: Path, spoil: Spoil) -> None:
    spoil("rubrics/reasons.yaml", "title: Reasons\njob", "titel: Reasons\njob")
    assert {p.file for p in problems_of(folder)} == {"rubrics/reasons.yaml"}


def test_variables_of_a_rubric_must_be_declared_by_the_plan(folder: Path, spoil: Spoil) -> None:
    spoil("rubrics/reasons.yaml", "Gives reasons for {field}.", "Gives reasons for {town}.")
    problem = only_problem(folder)
    assert (problem.file, problem.line) == ("plans/tiny.yaml", 14)
    assert "rubric reasons uses the variable {town}" in problem.reason
    assert "Add `town:` under `variables:`" in problem.mend


def test_a_reserved_name_cannot_be_a_variable(folder: Path, spoil: Spoil) -> None:
    line = spoil("plans/tiny.yaml", "  field:\n", "  count:\n    description: A number\n  field:\n")
    problem = only_problem(folder)
    assert problem.line == line
    assert "'count' cannot be a variable" in problem.reason


def test_older_versions_stand_beside_the_latest(folder: Path) -> None:
    text = (folder / "plans" / "tiny.yaml").read_text()
    (folder / "plans" / "tiny.yaml").write_text(text.replace("version: 1", "version: 10"))
    (folder / "plans" / "tiny@1.yaml").write_text(text)
    (folder / "plans" / "tiny@9.yaml").write_text(text.replace("version: 1", "version: 9"))
    library = Library.load(folder)
    assert library.versions("tiny") == (1, 9, 10)
    assert library.get("tiny").plan.version == 10
    assert library.get("tiny", 1).plan.version == 1
    assert library.get("tiny").hash != library.get("tiny", 1).hash


def test_two_files_cannot_hold_the_same_version(folder: Path) -> None:
    text = (folder / "plans" / "tiny.yaml").read_text()
    (folder / "plans" / "tiny@1.yaml").write_text(text)
    problem = only_problem(folder)
    assert (problem.file, problem.line) == ("plans/tiny@1.yaml", 2)
    assert "plans/tiny.yaml already holds version 1" in problem.reason


def test_a_file_named_for_another_version_is_refused(folder: Path) -> None:
    text = (folder / "plans" / "tiny.yaml").read_text()
    (folder / "plans" / "tiny@3.yaml").write_text(text.replace("version: 1", "version: 2"))
    problem = only_problem(folder)
    assert (problem.file, problem.line) == ("plans/tiny@3.yaml", 2)


def test_an_unknown_plan_or_version_is_named_with_what_there_is(folder: Path) -> None:
    library = Library.load(folder)
    with pytest.raises(UnknownPlan, match=r"no plan 'huge'\. Known plans: tiny"):
        library.get("huge")
    with pytest.raises(UnknownPlan, match=r"no version 7\. There is: 1"):
        library.get("tiny", 7)


def test_an_absent_or_empty_folder_is_refused(tmp_path: Path) -> None:
    assert "no such folder" in only_problem(tmp_path / "gone").reason
    assert "no plan in this folder" in only_problem(tmp_path).reason


def test_examples_must_name_key_points_of_their_rubric(folder: Path) -> None:
    examples = folder / "examples"
    examples.mkdir()
    text = (
        "rubric: reasons\nquestion: Why?\nexamples:\n  - {id: a, level: 1, covers: [], text: No., note: none given}\n"
    )
    (examples / "reasons.yaml").write_text(text)
    loaded = Library.load(folder).examples("reasons")
    assert loaded is not None
    assert loaded.examples[0].level == 1
    (examples / "reasons.yaml").write_text(text.replace("[]", "[wit]").replace("level: 1", "level: 6"))
    reasons = [p.reason for p in problems_of(folder)]
    assert any("'wit' is not a key point" in r for r in reasons)
    assert any("`level`" in r for r in reasons)


def test_the_installed_folder_is_found() -> None:
    assert (default_folder() / "plans").is_dir()
