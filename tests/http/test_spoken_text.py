"""Transcripts for the page: no character lost, words placed, turns under their questions."""

from __future__ import annotations

from interviewer.http.spoken_text import OPENING, clock, turns_by_question
from scoring.transcript import Mode, Side, Transcript, Turn, Word


def turn(side: Side, text: str, start: float, question: str | None, *words: Word) -> Turn:
    return Turn(side, Mode.SPOKEN, text, start, start + 1, question, words)


def test_every_character_stays_and_words_that_are_not_in_the_text_are_left_out() -> None:
    text = "Well, the  moon—yes!\nThe moon."
    heard = (Word("moon", 1, 2, 0.2), Word("sun", 2, 3, 0.9), Word("moon.", 3, 4, 0.9), Word(" ", 4, 5, 0.9))
    shown = turns_by_question(Transcript("en", (turn(Side.CANDIDATE, text, 0, "q1", *heard),)), ["q1"])["q1"][0]
    assert "".join(piece.text for piece in shown.pieces) == text
    timed = [(p.text, p.start, p.doubtful) for p in shown.pieces if p.start is not None]
    assert timed == [("moon", 1, True), ("moon.", 3, False)]


def test_phrases_between_answers_stand_before_the_question_that_follows() -> None:
    talk = Transcript(
        "en",
        (
            turn(Side.MELVIN, "Hello.", 0, None),
            turn(Side.MELVIN, "First?", 1, "q1"),
            turn(Side.CANDIDATE, "One.", 2, "q1"),
            turn(Side.MELVIN, "Thank you.", 3, None),
            turn(Side.MELVIN, "Second?", 4, "q2"),
            turn(Side.CANDIDATE, "Two.", 5, "q2"),
            turn(Side.MELVIN, "Back to the first.", 6, "q1"),
            turn(Side.MELVIN, "Goodbye.", 7, None),
        ),
    )
    shown = turns_by_question(talk, ["q1", "q2"])
    told = {key: ["".join(p.text for p in t.pieces) for t in turns] for key, turns in shown.items()}
    assert told == {
        OPENING: ["Hello."],
        "q1": ["First?", "One.", "Back to the first.", "Goodbye."],
        "q2": ["Thank you.", "Second?", "Two."],
    }


def test_times_read_like_a_clock() -> None:
    assert [clock(s) for s in (0, 59.9, 247, 3847, -1)] == ["0:00", "0:59", "4:07", "1:04:07", "0:00"]
