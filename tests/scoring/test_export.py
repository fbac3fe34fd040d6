"""WebVTT: voices, cue lengths, order, escaping."""

from __future__ import annotations

import re

from scoring.export import webvtt
from scoring.transcript import Mode, Side, Transcript, Turn, Word

TIMES = re.compile(r"(\d\d+):(\d\d):(\d\d)\.(\d\d\d) --> (\d\d+):(\d\d):(\d\d)\.(\d\d\d)")


def spoken(side: Side, text: str, start: float, step: float = 0.5) -> Turn:
    words = tuple(Word(w, start + i * step, start + (i + 0.9) * step, 0.9) for i, w in enumerate(text.split()))
    return Turn(side, Mode.SPOKEN, text, start, words[-1].end, "moon", words)


def cues(vtt: str) -> list[tuple[float, float, str]]:
    found = []
    for block in vtt.strip().split("\n\n")[1:]:
        lines = block.split("\n")
        if times := TIMES.fullmatch(lines[0]):
            h, m, s, ms, *end = (int(x) for x in times.groups())
            found.append(
                (h * 3600 + m * 60 + s + ms / 1000, end[0] * 3600 + end[1] * 60 + end[2] + end[3] / 1000, lines[1])
            )
    return found


def test_a_whole_file() -> None:
    transcript = Transcript(
        "en", (spoken(Side.MELVIN, "What is it?", 1.0), spoken(Side.CANDIDATE, "A <b>rocket</b> & more", 3661.0))
    )
    assert webvtt(transcript, {"interview": "int_1", "odd": "a --> b\n\nc"}) == (
        "WEBVTT\n\nNOTE\ninterview: int_1\nodd: a -> b c\n\n"
        "00:00:01.000 --> 00:00:02.450\n<v Melvin>What is it?\n\n"
        "01:01:01.000 --> 01:01:02.950\n<v Candidate>A &lt;b&gt;rocket&lt;/b&gt; &amp; more\n"
    )


def test_long_turns_become_cues_of_seven_seconds_at_most_that_hold_every_word() -> None:
    text = " ".join(f"word{i}" for i in range(100))
    found = cues(webvtt(Transcript("en", (spoken(Side.CANDIDATE, text, 2.0),))))
    assert all(0 < end - start <= 7.0 for start, end, _ in found)
    assert " ".join(line.removeprefix("<v Candidate>") for _, _, line in found) == text


def test_cues_are_in_order_of_time_even_where_the_sides_talk_over_each_other() -> None:
    transcript = Transcript(
        "en", (spoken(Side.CANDIDATE, " ".join(["yes"] * 60), 0.0), spoken(Side.MELVIN, "One moment please", 4.0))
    )
    starts = [start for start, _, _ in cues(webvtt(transcript))]
    assert starts == sorted(starts)


def test_typed_text_and_a_word_stretched_over_silence_stay_within_seven_seconds() -> None:
    typed = Turn(Side.CANDIDATE, Mode.TYPED, "one two three\n\nfour " * 40, 10.0, 10.0, "moon")
    silent = Turn(Side.CANDIDATE, Mode.SPOKEN, "and", 500.0, 520.0, "moon", (Word("and", 500.0, 520.0, 0.4),))
    found = cues(webvtt(Transcript("en", (typed, silent))))
    assert all(0 < end - start <= 7.0 for start, end, _ in found)
    assert len(re.findall(r"\bfour\b", " ".join(line for *_, line in found))) == 40


def test_an_empty_transcript_is_a_valid_file() -> None:
    assert webvtt(Transcript("en"), {}) == "WEBVTT\n"
