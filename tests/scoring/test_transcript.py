"""An answer read straight from a transcript's JSON is the one that the transcript itself gives."""

import json

from scoring.transcript import Answer, Mode, Side, StoredTranscript, Transcript, Turn, Word


def turn(side: Side, text: str, question: str | None, request: str = "", heard: str | None = None) -> Turn:
    words = tuple(Word(w, i / 2, (i + 1) / 2, 0.9) for i, w in enumerate((text if heard is None else heard).split()))
    return Turn(side, Mode.SPOKEN, text, 0.0, 9.0, question, words, request)


def test_an_answer_from_stored_turns_is_the_same_as_from_the_transcript() -> None:
    said = Transcript(
        "vi",
        (
            turn(Side.MELVIN, "Who flew up?", "moon"),
            turn(Side.CANDIDATE, "Two  men flew, two walked.", "moon", heard=" Two men men flew, two walked."),
            turn(Side.CANDIDATE, "Can you say it again?", "moon", request="repeat"),
            turn(Side.CANDIDATE, "  ", "moon", heard=""),
            turn(Side.CANDIDATE, "Typed later.", "moon", heard=""),
            turn(Side.CANDIDATE, "Another story.", "chat"),
        ),
    )
    stored = json.loads(json.dumps(said.to_dict()))
    del stored["turns"][4]["words"], stored["turns"][4]["request"]
    for question in ("moon", "chat", "unasked"):
        assert StoredTranscript.read(json.dumps(stored)).answer(question) == said.answer(question)
    assert [w.start for w in said.answer("moon").words] == [0, 5, 9, 15, 19], "the word heard twice stands once"


def test_the_words_of_a_stretch_are_those_that_overlap_it() -> None:
    text = "Two  men flew, then two walked on it."
    answer = Answer.from_turns("moon", [turn(Side.CANDIDATE, text, "moon")], "en")
    for start in range(len(text)):
        for end in range(start, len(text) + 3):
            inside = tuple(w for w in answer.words if w.start < end and w.end > start)
            assert answer.words[answer.words_in(start, end)] == inside
            heard = (inside[0].audio_start, inside[-1].audio_end) if inside else None
            assert answer.audio_span(start, end) == heard
