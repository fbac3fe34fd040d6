"""What is a spoken request and what is an answer: it has to be all that was said, and then it is found."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from interviewer.conversation.asking import Ask, Asking, asking_for
from interviewer.plans.library import Library, default_folder
from tests.conversation.scripted import REQUESTS


def asking(language: str) -> Asking:
    text = (default_folder() / "requests" / f"{language}.yaml").read_text("utf-8")
    return asking_for({key: tuple(ways) for key, ways in yaml.safe_load(text)["requests"].items()})


EN = asking_for(REQUESTS)
LANGUAGES = {language: asking(language) for language in ("en", "vi", "ro")}

ASKED = {
    "Could you repeat the question, please?": Ask.REPEAT,
    "Sorry, I didn't catch that. Can you say it again?": Ask.REPEAT,
    "Um, what was the question?": Ask.REPEAT,
    "Repeat, please.": Ask.REPEAT,
    "I'm sorry, I missed the question.": Ask.REPEAT,
    "Can you rephrase that?": Ask.REPHRASE,
    "Could you put it in other words?": Ask.REPHRASE,
    "I don't understand the question.": Ask.REPHRASE,
    "What do you mean by that?": Ask.REPHRASE,
    "Can we skip this one?": Ask.SKIP,
    "I don't know. I'd like to skip this question.": Ask.SKIP,
    "Next question, please.": Ask.SKIP,
    "Give me a moment.": Ask.MOMENT,
    "Can I have a minute to think?": Ask.MOMENT,
    "Hmm, let me think about it for a second.": Ask.MOMENT,
    "Just a second, please.": Ask.MOMENT,
    "I need some time to think.": Ask.MOMENT,
    "I'm finished.": Ask.DONE,
    "Okay, that's it, I'm done.": Ask.DONE,
    "That's all I have to say to that.": Ask.DONE,
    "That's my answer, thank you.": Ask.DONE,
    "I have nothing else to add.": Ask.DONE,
    "Stop the interview.": Ask.STOP,
    "I'd like to end the interview here, please.": Ask.STOP,
    "Sorry, can we stop this interview now?": Ask.STOP,
    "I don't want to continue.": Ask.STOP,
}

ANSWERED = (
    "I had to repeat the experiment.",
    "I was finished with my degree.",
    "I'm finished with my degree now, so I look for work.",
    "When I'm done, I check it twice.",
    "We decided to skip it.",
    "We had to skip this one because the data was gone.",
    "I asked them to repeat the question.",
    "Can you repeat the question, I asked her, and she did.",
    "The first thing I say is: what was the question?",
    "They told me to stop the interview and to call the police.",
    "The manager wanted to end the interview early.",
    "I would stop the interview if somebody felt unwell.",
    "Give me a moment, he said, and left.",
    "It took a moment to think about that.",
    "I need a moment when I read a contract for the first time.",
    "Let me think about it like a child would.",
    "Let me think of an example. There was a project in May.",
    "One more time we tried, and it worked.",
    "What do you mean by that is what people often ask me.",
    "I said I don't understand the question.",
    "That is all I have in my bag.",
    "That's all they wanted.",
    "I'm done with the first part and then I go to the second.",
    "I'm ready for whatever comes.",
    "I have nothing to hide.",
    "The next question is whether it helps.",
    "The next question would be why they went.",
    "Pass the salt.",
    "I passed on this one.",
    "Say it again and again until it stays.",
    "You can say that again and it is still wrong.",
    "Yes.",
    "No.",
    "Stop.",
    "Please.",
    "Sorry.",
    "Thank you.",
    "A minute.",
    "I don't know.",
    "I'm not sure.",
    "Melvin.",
    "",
    "...",
)


@pytest.mark.parametrize(("text", "ask"), ASKED.items())
def test_a_request_is_found(text: str, ask: Ask) -> None:
    assert EN.find(text) is ask


@pytest.mark.parametrize("text", ANSWERED)
def test_an_answer_is_none(text: str) -> None:
    assert EN.find(text) is None


@given(st.sampled_from(sorted(ASKED)), st.sampled_from([
    "I told her", "because", "she said", "my boss wanted to", "we then", "the rule is that", "it means",
]), st.booleans())  # fmt: skip
@settings(max_examples=150, deadline=None)
def test_a_request_inside_a_sentence_is_told_not_asked(request: str, around: str, first: bool) -> None:
    text = f"{around} {request.lower()}" if first else f"{request.rstrip('.?')} {around} everything else"
    assert EN.find(text) is None


@pytest.mark.parametrize(("text", "ask"), [
    ("Yes.", Ask.CONFIRM), ("Yes, please end it.", Ask.CONFIRM), ("Yeah, I'm sure.", Ask.CONFIRM),
    ("No.", Ask.DECLINE), ("No, let's go on.", Ask.DECLINE), ("No thanks, keep going.", Ask.DECLINE),
    ("Stop the interview.", Ask.STOP), ("Yes, it was a long project with many people.", None),
    ("No idea what you mean by an interview.", None),
])  # fmt: skip
def test_yes_and_no_mean_something_only_when_melvin_has_asked(text: str, ask: Ask | None) -> None:
    assert EN.find(text, asked_back=True) is ask
    assert EN.find(text) in (None, Ask.STOP)


@pytest.mark.parametrize(("language", "text", "ask"), [
    ("vi", "Bạn có thể nhắc lại câu hỏi được không?", Ask.REPEAT),
    ("vi", "Xin lỗi, tôi chưa nghe rõ câu hỏi ạ.", Ask.REPEAT),
    ("vi", "Bạn có thể giải thích lại câu hỏi này không?", Ask.REPHRASE),
    ("vi", "Tôi muốn bỏ qua câu này.", Ask.SKIP),
    ("vi", "Cho em suy nghĩ một chút ạ.", Ask.MOMENT),
    ("vi", "Em trả lời xong rồi ạ.", Ask.DONE),
    ("vi", "Tôi muốn dừng cuộc phỏng vấn.", Ask.STOP),
    ("vi", "Tôi phải nhắc lại câu hỏi cho khách hàng mỗi ngày.", None),
    ("vi", "Dự án đó đã xong rồi và chúng tôi bắt đầu dự án khác.", None),
    ("vi", "Một chút muối là đủ.", None),
    ("ro", "Puteți să repetați întrebarea, vă rog?", Ask.REPEAT),
    ("ro", "Scuze, n-am auzit bine. Puteți repeta întrebarea?", Ask.REPEAT),
    ("ro", "Puteți reformula întrebarea?", Ask.REPHRASE),
    ("ro", "Aș vrea să sărim peste întrebarea asta.", Ask.SKIP),
    ("ro", "Un moment, vă rog.", Ask.MOMENT),
    ("ro", "Am terminat.", Ask.DONE),
    ("ro", "Aș vrea să încheiem interviul.", Ask.STOP),
    ("ro", "Am terminat facultatea în iunie.", None),
    ("ro", "A trebuit să repet experimentul.", None),
    ("ro", "Ne-am oprit acolo.", None),
])  # fmt: skip
def test_vietnamese_and_romanian(language: str, text: str, ask: Ask | None) -> None:
    assert LANGUAGES[language].find(text) is ask


@pytest.mark.parametrize("language", LANGUAGES)
def test_yes_and_no_in_every_language(language: str) -> None:
    yes, no = {"en": ("yes", "no"), "vi": ("có", "không"), "ro": ("da", "nu")}[language]
    assert LANGUAGES[language].find(yes, asked_back=True) is Ask.CONFIRM
    assert LANGUAGES[language].find(no, asked_back=True) is Ask.DECLINE


@pytest.mark.parametrize("language", LANGUAGES)
def test_melvins_own_words_and_our_example_answers_ask_for_nothing(language: str) -> None:
    """What the echo canceller lets through, and what good and poor answers look like."""
    library = Library.load(default_folder())
    bundles = [library.get(name) for name in library.names()]
    said = [text for b in bundles for variants in b.phrases.values() for text in variants]
    said += [text for b in bundles for q in b.plan.questions for _, text in q.texts()]
    examples = (library.examples(rubric) for b in bundles for rubric in b.rubrics)
    said += [e.text for found in examples if found is not None for e in found.examples]
    sentences = {part for text in said for part in (text, *text.replace("?", ".").split("."))}
    assert len(sentences) > 300
    assert [s for s in sentences if LANGUAGES[language].find(s)] == []


def test_without_a_requests_file_nothing_is_a_request() -> None:
    assert asking_for({}).find("Repeat the question, please.") is None
