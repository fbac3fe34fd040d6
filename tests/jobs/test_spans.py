"""Each spoken turn gets its own stretch of the recording, with margins that never overlap."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from interviewer.conversation.history import HistoryTurn
from interviewer.conversation.script import RATE
from interviewer.jobs.spans import MARGIN, Span, received_share, spoken_spans


def spoken(start: float, end: float, side: str = "candidate", mode: str = "spoken") -> HistoryTurn:
    return HistoryTurn(side, mode, "text", round(start * RATE), round(end * RATE), "q")  # type: ignore[arg-type]


def test_a_turn_gets_a_margin_on_both_sides() -> None:
    (span,) = spoken_spans([spoken(2, 5)], 10 * RATE)
    assert span == Span(0, 2 * RATE - MARGIN, 5 * RATE + MARGIN)


def test_neighbours_meet_halfway() -> None:
    first, second = spoken_spans([spoken(2, 5), spoken(5.2, 7)], 10 * RATE)
    assert first.end == second.start == round(5.1 * RATE)


def test_the_recording_s_ends_are_kept_to() -> None:
    (span,) = spoken_spans([spoken(0.1, 9.9)], 10 * RATE)
    assert (span.start, span.end) == (0, 10 * RATE)


def test_only_what_the_candidate_spoke_is_written_out() -> None:
    turns = [spoken(1, 2, side="melvin"), spoken(2, 3), spoken(4, 4, mode="typed")]
    assert [s.index for s in spoken_spans(turns, 10 * RATE)] == [1]


def test_a_turn_after_the_recording_s_end_has_no_span() -> None:
    assert spoken_spans([spoken(20, 25)], 10 * RATE) == []


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(1, 10**5)), max_size=8), st.integers(0, 10**6))
def test_spans_never_overlap_nor_leave_the_recording(parts: list[tuple[int, int]], length: int) -> None:
    turns = [HistoryTurn("candidate", "spoken", "x", start, start + long, "q") for start, long in parts]
    spans = spoken_spans(turns, length)
    assert all(0 <= s.start < s.end <= length for s in spans)
    assert all(a.end <= b.start for a, b in pairwise(spans))


def test_the_share_that_was_received_is_counted() -> None:
    span = Span(0, 100, 200)
    assert received_share(span, [(0, 120), (150, 160), (190, 500)]) == 0.4
    assert received_share(span, []) == 0.0
