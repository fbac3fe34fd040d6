"""Of several policies, which is the best that keeps to a share of cut pauses."""

from __future__ import annotations

from tests.benchmarks.turns.points import Point, frontier


def point(name: str, cut: float, *gaps_s: float) -> Point:
    return Point(name, 100, cut, cut, 0.0, gaps_s)


def test_for_each_share_of_cut_pauses_the_policy_of_the_least_waiting_is_told() -> None:
    patient, quick, bold = (
        point("patient", 0.02, 1.1, 1.1, 6.3),
        point("quick", 0.05, 1.1, 1.1, 3.0),
        point("bold", 0.2, 1),
    )
    least, more, all_of_it = frontier([bold, patient, quick], (0.03, 0.08, 0.5))
    assert least.startswith("at most 3% cut: 2.0% with patient; gap median 1.10 s")
    assert "33% later than 2 s" in least
    assert "with quick" in more
    assert "with bold" in all_of_it


def test_where_every_policy_cuts_more_it_is_said() -> None:
    assert list(frontier([point("bold", 0.2, 1.0)], (0.03,))) == ["at most 3% cut: by none"]
