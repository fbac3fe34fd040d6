"""The benchmarks' command line: what it lists, how it says a missed target, and its exit codes."""

import json

import pytest

from tests.benchmarks.__main__ import finish, main
from tests.benchmarks.registry import NAMES, benchmark
from tests.benchmarks.report import Figure, Options, Report
from tests.benchmarks.stolen import StolenTime


def test_each_name_is_listed_with_a_sentence(capsys):
    assert main(["list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(NAMES)
    assert all(line.endswith(".") and len(line.split()) > 5 for line in lines)
    assert all(callable(benchmark(name)) for name in NAMES)


def test_missing_data_exits_with_2_and_names_the_place(capsys, tmp_path):
    assert main(["recognition", "--data", str(tmp_path)]) == 2
    assert str(tmp_path / "audio") in capsys.readouterr().err


@pytest.mark.parametrize(
    ("figure", "met"),
    [
        (Figure("a", 5.0, "s", at_most=5.0), True),
        (Figure("a", 5.1, "s", at_most=5.0), False),
        (Figure("a", 0.8, "", at_least=0.9), False),
        (Figure("a", 0.95, "", at_least=0.9, at_most=1.0), True),
        (Figure("a", 1e9, "MB"), None),
    ],
)
def test_a_target_is_met_or_missed(figure, met, tmp_path, capsys):
    assert figure.met is met
    options = Options(quick=True, data=tmp_path)
    kept = tmp_path / "figures.json"
    assert finish("startup", Report([figure], ["a note"]), options, kept) == (1 if met is False else 0)
    shown = capsys.readouterr().out
    assert ("MISSED" in shown) == (met is False)
    assert "a note" in shown
    written = json.loads(kept.read_text())
    assert written["figures"][0]["met"] is met
    assert written["quick"] is True
    assert written["machine"]["cores"] >= 1


def test_stolen_time_is_told_as_a_share_of_all_and_of_the_worst_moment():
    stolen = StolenTime()
    stolen.take([(0.0, 100.0), (1.0, 110.0), (1.0, 120.0), (1.0, 120.0)])
    assert str(stolen) == "5.0%, most in 5 s 10%"
    with StolenTime() as now:
        pass
    assert 0 <= now.mean <= now.most <= 1
