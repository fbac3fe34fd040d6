"""Prompts for judges that are language models: versioned files, filled so that a candidate's words stay data."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

import scoring
from scoring.rubric import Criterion, Rubric, Slug
from scoring.transcript import content_hash

__all__ = ["JudgePrompt", "PromptFileError", "default_folder", "read_prompt", "shown"]

_PLACE = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_HIDDEN = re.compile(
    r"[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]|[\U000e0000-\U000e007f]"
)
_CONTROL = re.compile(r"<(?=[|/]?[a-z_|]{1,40}\|?>)|<(?=<|\|)|\[(?=/?INST\])", re.IGNORECASE)
"""What chat templates of known models write around turns; a tokenizer may take them for its own."""

NEEDED: Mapping[str, frozenset[str]] = {
    "user": frozenset({"question", "answer", "fence"}),
    "criterion": frozenset({"title", "description", "key_points", *(f"level_{n}" for n in range(1, 6))}),
    "key_point": frozenset({"text"}),
}
"""Without these places a prompt would leave out what a judge must know."""


class PromptFileError(ValueError):
    """A prompt file is missing or is not what it should be; the message names the file and every reason."""


class JudgePrompt(BaseModel):
    """A prompt as written, with ``{name}`` where values go. ``user`` has the rubric or ends where a criterion follows.

    ``again`` is for a reply that cannot be used; ``begin`` is put into the model's mouth; ``neutral`` stands for an
    answer that says nothing, against which a model's own leaning is measured.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    prompt: Slug
    version: int = Field(ge=1)
    summary: str
    system: str = Field(min_length=20)
    user: str
    criterion: str
    key_point: str
    again: str = ""
    begin: str = ""
    neutral: str = ""

    @model_validator(mode="after")
    def _check(self) -> Self:
        for field, needed in NEEDED.items():
            missing = needed - set(_PLACE.findall(getattr(self, field)))
            if missing:
                raise ValueError(f"{field} must have a place for {', '.join(sorted('{' + m + '}' for m in missing))}")
        if self.user.count("{fence}") < 2 or "{answer}" not in self.user.split("{fence}", 1)[1].rsplit("{fence}", 1)[0]:
            raise ValueError("user must have the answer between two fences")
        return self

    @property
    def hash(self) -> str:
        return _hash(self)

    def rubric_text(self, rubric: Rubric) -> str:
        return "\n".join(self.criterion_text(c) for c in rubric.criteria)

    def criterion_text(self, criterion: Criterion) -> str:
        points = "\n".join(filled(self.key_point, {"id": p.id, "text": p.text}) for p in criterion.key_points)
        values = {f"level_{n}": criterion.anchors[n] for n in range(1, 6)}
        return filled(
            self.criterion,
            {"id": criterion.id, "title": criterion.title, "description": criterion.description, "key_points": points}
            | values,
        )

    def user_text(self, answer: str, question: str, criteria: str = "", ids: str = "") -> str:
        """The user's turn. The answer cannot close its fence: the code is a hash of what it would have to contain."""
        data = shown(answer)
        fence = fence_for(data, self.hash)
        return filled(
            self.user, {"question": question, "criteria": criteria, "ids": ids, "answer": data, "fence": fence}
        )


def shown(answer: str) -> str:
    """An answer as a model may see it: without invisible characters, and without marks that end a chat's turn."""
    return _CONTROL.sub(lambda m: "‹" if m.group() == "<" else "(", _HIDDEN.sub("", answer))


def fence_for(data: str, prompt_hash: str) -> str:
    """16 hexadecimal digits that do not stand in the data. The same for the same input, so that calls can be repeated;
    nobody can write a text that contains its own hash."""
    seed = prompt_hash + data
    while True:
        code = hashlib.sha256(seed.encode("utf-8", "surrogatepass")).hexdigest()[:16]
        if code not in data:
            return code
        seed = code + seed


def filled(template: str, values: Mapping[str, str]) -> str:
    """Each place once, in one pass: braces in a value are only text."""
    return _PLACE.sub(lambda place: values.get(place[1], place[0]), template)


def default_folder() -> Path:
    """The prompts folder that is installed beside the library."""
    return Path(scoring.__file__).resolve().parent.parent / "prompts" / "judge"


@lru_cache(maxsize=16)
def read_prompt(path: Path) -> JudgePrompt:
    """Raises PromptFileError."""
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        return JudgePrompt.model_validate(data)
    except OSError as error:
        raise PromptFileError(f"{path}: cannot be read ({(error.strerror or 'unknown').lower()})") from error
    except UnicodeDecodeError as error:
        raise PromptFileError(f"{path}: is not UTF-8 text ({error.reason} at byte {error.start})") from error
    except yaml.YAMLError as error:
        raise PromptFileError(f"{path}: is not YAML ({error})") from error
    except ValidationError as error:
        reasons = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'file'}: {e['msg']}" for e in error.errors())
        raise PromptFileError(f"{path}: {reasons}") from error


@lru_cache(maxsize=16)
def _hash(prompt: JudgePrompt) -> str:
    return content_hash(prompt.model_dump(mode="json"))
