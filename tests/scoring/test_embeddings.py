"""The real model: unit vectors, the same whatever stands beside a text; a cache that is bounded."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from scoring.embeddings import DIMENSIONS, Embedder, EmbedderOptions, model_folder

pytestmark = pytest.mark.slow

TEXTS = ["They flew to the moon in a rocket.", "Yes.", "Add the eggs to the flour and stir. " * 3]


def test_rows_are_unit_vectors_in_the_order_asked(embedder: Embedder) -> None:
    vectors = embedder.encode([*TEXTS, TEXTS[0]])
    assert (vectors.shape, vectors.dtype) == ((4, DIMENSIONS), np.float32)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(4), abs=1e-5)
    assert (vectors[0] == vectors[3]).all()
    assert embedder.encode([]).shape == (0, DIMENSIONS)


def test_meaning_is_nearer_than_wording(embedder: Embedder) -> None:
    rocket, spaceship, rockets = embedder.encode(
        [
            "A rocket took them to the moon.",
            "They travelled up there in a spaceship.",
            "A rocket salad goes with pasta.",
        ]
    )
    assert rocket @ spaceship > rocket @ rockets


def test_vectors_are_those_of_the_plain_model_but_for_eight_bits(embedder: Embedder) -> None:
    import torch
    from transformers import AutoModel, AutoTokenizer

    folder = model_folder()
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder).eval()
    for text, row in zip(TEXTS, Embedder().encode(TEXTS), strict=True):
        with torch.inference_mode():
            mean = model(**tokenizer(text, return_tensors="pt")).last_hidden_state[0].mean(0)
        assert row @ torch.nn.functional.normalize(mean, dim=0).numpy() == pytest.approx(1.0, abs=0.03)


def test_a_text_has_the_same_vector_whatever_stands_beside_it(embedder: Embedder) -> None:
    beside = embedder.encode(TEXTS)
    for text, row in zip(TEXTS, beside, strict=True):
        assert row @ Embedder().encode([text])[0] == pytest.approx(1.0, abs=1e-5)


def test_a_stored_model_loads_without_torch_and_gives_the_same(embedder: Embedder, tmp_path: Path) -> None:
    first = Embedder(EmbedderOptions(store=tmp_path / "models")).encode(TEXTS)
    code = (
        "import sys, pathlib\n"
        "from scoring.embeddings import Embedder, EmbedderOptions\n"
        f"row = Embedder(EmbedderOptions(store=pathlib.Path({str(tmp_path / 'models')!r}))).encode([{TEXTS[0]!r}])[0]\n"
        "assert not {'torch', 'transformers'} & sys.modules.keys()\n"
        "print(*map(float, row))"
    )
    again = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert np.array(again.split(), dtype=float) @ first[0] == pytest.approx(1.0, abs=1e-5)
    assert [f.name.startswith("all-minilm") for f in (tmp_path / "models").iterdir()] == [True]


def test_a_text_longer_than_the_model_reads_is_cut(embedder: Embedder) -> None:
    assert np.isfinite(embedder.encode(["word " * 5000])).all()


def test_the_cache_keeps_no_more_than_it_may() -> None:
    small = Embedder(EmbedderOptions(cache=2))
    assert small.encode(TEXTS).shape == (3, DIMENSIONS)
    assert len(small._cache) == 2


def test_importing_the_library_loads_neither_torch_nor_transformers() -> None:
    code = (
        "import sys, scoring.judges.embedded, scoring.score, scoring.export, scoring.correction\n"
        "sys.exit(any(m in sys.modules for m in ('torch', 'transformers', 'sentence_transformers')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
