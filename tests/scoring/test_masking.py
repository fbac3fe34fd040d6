"""Nobody's name, gender or school reaches a judge; what it cites comes back in the words that were said."""

from __future__ import annotations

import time
import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.judges.base import Citation
from scoring.masking import Masked, kept, mask
from scoring.rubric import Rubric
from scoring.transcript import Answer, AnswerWord

EN = [
    ("My name is Nguyễn Văn An and I cook.", "My name is [name] and I cook."),
    ("my name is maria and i cook", "my name is [name] and i cook"),
    ("My name is on the list.", "My name is on the list."),
    ("Hi, I'm Priya Sharma from Mumbai.", "Hi, I'm [name] from Mumbai."),
    ("I'm Zvonimir from the office.", "I'm [name] from the office."),
    ("I'm American and I'm Python developer.", "I'm American and I'm Python developer."),
    ("This is John Smith speaking.", "This is [name] speaking."),
    ("Maria's boss asked Ion Popescu.", "[name]'s boss asked [name]."),
    ("Mrs. Dalloway saw Dr. Okafor.", "[name] saw Dr. [name]."),
    ("In May, Will you march to Paris?", "In May, Will you march to Paris?"),
    ("He's tired and she was glad.", "They're tired and they were glad."),
    ("He's been ill; she hasn't.", "They've been ill; they haven't."),
    ("I told her that her book was his.", "I told them that their book was theirs."),
    ("He or she asks him/her himself.", "They asks them themself."),
    ("She'd go if he'll go.", "They'd go if they'll go."),
    ("The shell heated here; this is history.", "The shell heated here; this is history."),
    ("I left Stanford University and joined Google.", "I left [school] and joined Google."),
    ("At the University of California, Berkeley I slept.", "At the [school] I slept."),
    ("I was at MIT under the MIT license.", "I was at [school] under the MIT license."),
    ("I went to a university and to school.", "I went to a university and to school."),
    ("The sim card per se, sir, is the ser file.", "The sim card per se, sir, is the ser file."),
    ("I am Senior Data Engineer at a bank.", "I am Senior Data Engineer at a bank."),
    ("I'm AWS Certified and I am Product Owner.", "I'm AWS Certified and I am Product Owner."),
    ("Please call me back; you can call me maybe.", "Please call me back; you can call me maybe."),
    ("please call me anna", "please call me [name]"),
    ("The function name's parse date.", "The function name's parse date."),
    (
        "The Adam optimizer, on Jan 5, in San Jose or St. Louis.",
        "The Adam optimizer, on Jan 5, in San Jose or St. Louis.",
    ),
    ("Adam and Jan met Jose.", "[name] and [name] met [name]."),
    ("I use Ms Teams; Ms Okafor does not.", "I use Ms Teams; [name] does not."),
    ("I left Business School and Boston University.", "I left Business School and [school]."),
]
OTHERS = [
    ("vi", "Em tên là Trần Thị Mai.", "Em tên là [name]."),
    ("vi", "Tôi học Đại học Bách khoa Hà Nội.", "Tôi học [school]."),
    ("vi", "Anh ấy giúp chị Lan ở Hà Nội.", "Người ấy giúp chị [name] ở Hà Nội."),
    ("vi", "Tôi học đại học ở Việt Nam.", "Tôi học đại học ở Việt Nam."),
    ("ro", "Mă numesc Ștefan Pop și ea știe.", "Mă numesc [name] și el/ea știe."),
    ("ro", "Am terminat Universitatea din București.", "Am terminat [school]."),
    ("ro", "El a spus că dânsa vine. Her plan. Dansul lor.", "El/ea a spus că el/ea vine. Their plan. Dansul lor."),
    ("vi", "Tôi học Học viện Tài chính và Đại học Y và tôi dạy.", "Tôi học [school] và [school] và tôi dạy."),
    ("vi", "anh ay giup toi", "người ấy giup toi"),
    ("vi", "Hôm qua Minh gặp Nguyễn Thị Hoa. Maria cười.", "Hôm qua [name] gặp [name]. [name] cười."),
    ("vi", "Em nghĩ là he is right, she too.", "Em nghĩ là they are right, they too."),
    ("vi", "Tên tôi là Lan. Tên là Mai.", "Tên tôi là [name]. Tên là [name]."),
]

WORDS = [
    ("vi", "Tôi sẽ làm việc với hệ thống này và chia sẻ với cả nhóm vào mùa hè."),
    ("vi", "Nguyên nhân chính là lỗi. Mình nghĩ vậy. Tuần trước tôi sửa. Hiểu được điều đó. Phương pháp này tốt."),
    ("vi", "Trang web chậm. Thành thật mà nói, có ta. Bà tả. Tôi có Google và thấy Excel."),
    ("vi", "Dự án có tên là quản lý kho hàng tự động và công cụ tên là Jira."),
    ("vi", "he thong nay la cua toi"),
    ("ro", "Echipa se ocupă de asta și se știe când se termină, deschid cererea."),
    ("ro", "Sunt Inginer Software la o firmă."),
]
"""Syllables of everyday words, which a name or a pronoun shares without its accents."""


def masked(text: str, *names: str, language: str = "en", keep: frozenset[str] = frozenset()) -> Masked:
    return mask(Answer("q", text, language), names, keep)


@pytest.mark.parametrize(("text", "expected"), EN)
def test_english(text: str, expected: str) -> None:
    assert masked(text).answer.text == expected


@pytest.mark.parametrize(("language", "text", "expected"), OTHERS)
def test_vietnamese_and_romanian(language: str, text: str, expected: str) -> None:
    assert masked(text, language=language).answer.text == expected


@pytest.mark.parametrize(("language", "text"), WORDS)
def test_a_word_is_not_taken_for_a_name_or_a_pronoun(language: str, text: str) -> None:
    for said in (text, unicodedata.normalize("NFD", text)):
        assert masked(said, language=language).answer.text == said


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Nguyễn Văn Minh", "Tôi tự mình tìm nguyên nhân và chứng minh quy trình của mình thông minh hơn."),
        ("Phạm Minh Hiếu", "Tôi hiểu phạm vi của dự án và đã không vi phạm quy định nào."),
        ("Trần Thị Phương", "Tôi dùng phương pháp này, trên trần nhà có camera, và trận đấu."),
        ("Đinh Anh Tuấn", "Gia đình tôi quyết định mỗi tuần xác định mục tiêu, tuân thủ quy định."),
        ("Vũ Thanh Hạnh", "Tôi hoàn thành và thực hành, hành động nhanh."),
        ("Le Thu Trang", "Trang này thu thập trạng thái của đơn hàng, tôi đọc từng trang."),
    ],
)  # fmt: skip
def test_a_vietnamese_name_costs_no_words(name: str, text: str) -> None:
    """Whoever is called Nguyễn loses no "nguyên nhân": two like answers are read alike, whosever they are."""
    for said in (text, unicodedata.normalize("NFD", text)):
        assert masked(said, name, language="vi").answer.text == said


@pytest.mark.parametrize(
    ("text", "names", "expected"),
    [
        ("Rồi Hiếu nói, và Minh Hiếu đi.", ["Phạm Minh Hiếu"], "Rồi [name] nói, và [name] đi."),
        ("Ai cũng gọi Nguyen Minh.", ["Nguyễn Văn Minh"], "Ai cũng gọi [name]."),
        ("Họ gọi Hiếu hay Hiểu?", ["Pham Minh Hieu"], "Họ gọi [name] hay [name]?"),
        ("Họ gọi Hiếu hay Hiểu?", ["Đỗ Hiếu"], "Họ gọi [name] hay Hiểu?"),
    ],
)
def test_vietnamese_names_of_the_candidate(text: str, names: list[str], expected: str) -> None:
    assert masked(text, *names, language="vi").answer.text == expected


@pytest.mark.parametrize(
    ("text", "names", "expected"),
    [
        ("I closed a pop up; Then Pop said so.", ["Maria Pop"], "I closed a pop up; Then [name] said so."),
        ("A lithium-ion cell, says Ion.", ["Ion Preda"], "A lithium-ion cell, says [name]."),
        ("Then Ngozi said: ngozi can.", ["Ngozi Okafor"], "Then [name] said: [name] can."),
        ("Call me Nguyen, said Nguyễn.", ["Nguyễn Long"], "Call me [name], said [name]."),
        ("It takes long. Long ago I, Long, left.", ["Nguyễn Long"], "It takes long. Long ago I, [name], left."),
        ("Will you ask what Will said?", ["Will Moon"], "Will you ask what [name] said?"),
        ("The moon is far.", ["Will Moon"], "The moon is far."),
        ("Maria will go.", ["Maria Will"], "[name] will go."),
        ("Write to ana.popescu@mail.example.", ["Ana Popescu"], "Write to [name].[name]@mail.example."),
        ("Я Иван.", ["Иван"], "Я [name]."),
    ],
)  # fmt: skip
def test_the_candidates_own_names(text: str, names: list[str], expected: str) -> None:
    assert masked(text, *names).answer.text == expected


def test_a_vietnamese_name_in_a_places_name_stays(moon: Rubric) -> None:
    text = "Tôi ở Hà Nội. Bạn tôi gọi Hà là Hà béo."
    assert masked(text, "Trần Thị Hà", language="vi").answer.text == "Tôi ở Hà Nội. Bạn tôi gọi [name] là [name] béo."


def test_whom_the_question_names_stays_even_for_a_namesake(moon: Rubric) -> None:
    keep = kept(moon, "Explain the moon landing.")
    text = "Neil Armstrong climbed down. Then Neil stood there, and Peter Pan flew."
    assert masked(text, keep=keep).answer.text == text.replace("Peter Pan", "[name]")
    assert masked(text, "Neil Kovacs", keep=keep).answer.text == (
        "Neil Armstrong climbed down. Then [name] stood there, and [name] flew."
    )


def test_swapping_the_candidates_name_changes_nothing_a_judge_sees() -> None:
    said = "Hello, my name is {}. People call me {}. So {} decided it, as {} does, and I am {} from Cluj."
    seen = set()
    for name in ("Emily Walsh", "Lakisha Washington", "Nguyễn Thị Hương", "Ștefan Ionescu", "Mohammed Al-Sayed"):
        first = name.split()[0]
        text = said.format(name, first, first, first, first)
        seen.add(masked(text, name).answer.text)
    assert len(seen) == 1


def test_an_answer_without_cues_is_the_very_same_object() -> None:
    answer = Answer("q", "We flew to the moon in a rocket, and then they landed. It was the English summer.", "en")
    assert mask(answer).answer is answer


PIECES = [
    "Maria", "Nguyễn Văn An", "Ștefan", "he", "She's", "her", "his or her", "University of Bucharest", "Stanford",
    "my name is", "I'm", "from", "Mrs. Pop", "Dr.", "Hà Nội", "the", "rocket", "and", "flew.", "Why?", "Then", "Will",
    "long", "An", "I", "[name]", "Neil Armstrong", ",", "\n\n", "el", "anh", "Đại học Y", "🚀", "A\u0301na", "ﬁne", "İ",
]  # fmt: skip
TEXTS = st.lists(st.sampled_from(PIECES), max_size=14).map(" ".join) | st.text(max_size=40)
NAMES = st.lists(st.sampled_from(["Maria Pop", "Nguyễn Văn An", "Will Long", "Ștefan", "Ána"]), max_size=2)
LANGUAGES = st.sampled_from(["en", "vi", "ro"])


@settings(max_examples=100, deadline=None, derandomize=True)
@given(TEXTS, NAMES, LANGUAGES)
def test_masking_twice_is_masking_once(text: str, names: list[str], language: str) -> None:
    once = masked(text, *names, language=language).answer
    assert mask(once, names).answer.text == once.text


@settings(max_examples=100, deadline=None, derandomize=True)
@given(TEXTS, NAMES, LANGUAGES, st.data())
def test_spans_and_words_keep_their_place(text: str, names: list[str], language: str, data: st.DataObject) -> None:
    bounds = sorted(data.draw(st.lists(st.integers(0, len(text)), min_size=2, max_size=8, unique=True))) if text else []
    words = tuple(AnswerWord(a, b, a, b, 0.9) for a, b in pairwise(bounds))
    result = mask(Answer("q", text, language, words, (0, *bounds[:1])), names)
    new, old = result.answer.text, text
    assert "".join(_rebuilt(result)) == new
    for before, after in zip(words, result.answer.words, strict=True):
        assert 0 <= after.start < after.end <= len(new)
        a, b = result.span(after.start, after.end)
        assert a <= before.start < before.end <= b  # a word within a mask comes back as all that the mask hides
        untouched = all(e <= before.start or s >= before.end for s, e, _ in result.changes)
        assert not untouched or new[after.start : after.end] == old[before.start : before.end]
        assert not untouched or (a, b) == (before.start, before.end)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(TEXTS, NAMES, st.data())
def test_a_citation_of_what_was_read_quotes_what_was_said(text: str, names: list[str], data: st.DataObject) -> None:
    result = masked(text, *names)
    read = result.answer.text
    start = data.draw(st.integers(0, len(read)))
    end = data.draw(st.integers(start, len(read)))
    cited = result.citation(Citation(start, end, read[start:end], "point", 0.5))
    assert cited is not None
    assert cited.quote == text[cited.start : cited.end]
    assert (cited.key_point, cited.similarity) == ("point", 0.5)
    assert result.citation(Citation(start, end, read[start:end] + "x")) is None


@settings(max_examples=100, deadline=None, derandomize=True)
@given(TEXTS)
def test_no_given_name_is_left(text: str) -> None:
    read = masked(text, "Ștefan Kowalczyk", "Maria").answer.text.casefold()
    assert not {"ștefan", "stefan", "maria", "kowalczyk"} & set(read.replace(",", " ").replace(".", " ").split())


def _rebuilt(result: Masked) -> list[str]:
    parts, at = [], 0
    for start, end, new in result.changes:
        assert at <= start < end
        parts += [result.original.text[at:start], new]
        at = end
    return [*parts, result.original.text[at:]]


def test_masking_costs_little(moon: Rubric) -> None:
    text = "They flew up with Neil Armstrong, and he stood there. We saw it on television with my sister Maria. " * 8
    answer, keep = Answer("q", text, "en"), kept(moon, "?")
    mask(answer, ("Ana Pop",), keep)
    started = time.process_time()
    for _ in range(50):
        mask(answer, ("Ana Pop",), keep)
    assert (time.process_time() - started) / 50 < 0.002  # seconds; measured 0.0001 to 0.0002
