"""The model that ships: its papers, its size, and that it does on sound what its card says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from stemstudio.core.buffer import AudioBuffer, Samples
from stemstudio.core.resources import models_folder
from stemstudio.evaluation.segments import score_segments
from stemstudio.separation.backend import Ready
from stemstudio.separation.neural.catalog import find_card
from stemstudio.separation.neural.checkpoints import load_network
from stemstudio.separation.neural.small import MODEL_ID, SmallSeparator

Separate = Callable[..., dict[str, Samples]]


def test_its_card_and_its_weights_belong_together() -> None:
    card = find_card(MODEL_ID)
    network = load_network(card)
    assert 2e6 <= sum(value.numel() for value in network.parameters()) <= 12e6
    assert card.weights.stat().st_size <= 24e6
    assert card.weights_licence
    assert "CC0" in card.training_data
    assert isinstance(SmallSeparator().availability(), Ready)
    assert (models_folder() / "README.md").is_file()


@pytest.fixture(scope="module")
def demo(demo_folder: Path) -> dict[str, Samples]:
    from stemstudio.training.preparing import decode

    return {stem: decode(demo_folder / f"{stem}.flac") for stem in ("vocals", "drums", "bass", "other")}


def test_it_tells_the_drums_of_the_demo_song_from_the_rest(demo: dict[str, Samples], separate: Separate) -> None:
    found = separate(SmallSeparator(), sum(demo.values()))
    references, estimates = (
        {stem: AudioBuffer(samples, 44100) for stem, samples in stems.items()} for stems in (demo, found)
    )
    scores = score_segments(references, estimates)
    assert scores["drums"].gain_db > 3
    assert np.mean([score.gain_db for score in scores.values()]) > 2
