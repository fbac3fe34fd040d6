from __future__ import annotations

from pathlib import Path

import pytest

from interviewer.speech.models import whisper_folder


@pytest.fixture(scope="session")
def model_cache(tmp_path_factory) -> Path:
    """A folder with the base model put together in it."""
    cache = tmp_path_factory.mktemp("whisper")
    whisper_folder(None, cache)
    return cache
