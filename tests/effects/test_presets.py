from __future__ import annotations

import numpy as np
import pytest
import soundfile

from stemstudio.core.buffer import AudioBuffer
from stemstudio.core.errors import BadInput
from stemstudio.effects.chain_source import ChainSource
from stemstudio.effects.presets import preset, presets, read_preset

EXPECTED = {"vocal-stem", "hollow-vocals", "drums", "bass", "guitar", "karaoke-bus", "master", "podcast-voice"}


@pytest.fixture(scope="module")
def vocals(demo_folder) -> AudioBuffer:
    samples, rate = soundfile.read(demo_folder / "vocals.flac", dtype="float32", always_2d=True)
    return AudioBuffer(np.ascontiguousarray(samples.T), rate)


def test_every_preset_people_expect_is_there_with_its_words():
    assert {each.id for each in presets()} >= EXPECTED
    for each in presets():
        assert each.title
        assert each.summary.endswith(".")
        assert len(each.chain) >= 3


def test_vocal_stem_is_the_chain_of_the_trade():
    chain = preset("Vocal stem").chain
    assert [slot.effect for slot in chain] == ["deesser", "gate", "fet", "compressor", "limiter"]


@pytest.mark.parametrize("name", ["vocal-stem", "Vocal Stem", "VOCAL_STEM"])
def test_a_preset_is_found_by_id_and_title(name):
    assert preset(name).id == "vocal-stem"


def test_an_unknown_one_is_told_with_the_known_ones():
    with pytest.raises(BadInput, match="vocal-stem"):
        preset("loudest")


@pytest.mark.parametrize("each", presets(), ids=lambda each: each.id)
def test_a_preset_sounds_the_same_wherever_it_is_read(each, vocals):
    chain = each.chain_for(vocals)
    whole = ChainSource(vocals, chain).read(0, vocals.frames)
    assert np.isfinite(whole).all()
    assert 0.02 < np.abs(whole).max() < 1.5
    jumping = ChainSource(vocals, chain)
    for start in (900_000, 123_457, 600_001):
        part = jumping.read(start, 40_000)
        assert np.abs(part - whole[:, start : start + 40_000]).max() <= 1e-6


def test_thresholds_are_fitted_to_the_sound(vocals):
    loud, soft = (
        {
            slot.effect: slot.resolved()
            for slot in preset("vocal-stem").chain_for(AudioBuffer(gain * vocals.samples, 44100))
        }
        for gain in (1.0, 0.25)
    )
    for name in ("fet", "compressor", "gate"):
        assert loud[name]["threshold_db"] - soft[name]["threshold_db"] == pytest.approx(12, abs=3.1)


def test_a_file_that_is_missing_or_no_text_is_told(tmp_path):
    with pytest.raises(BadInput, match="does not exist"):
        read_preset(tmp_path / "none.toml")
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadInput, match="not text"):
        read_preset(tmp_path / "bytes.toml")
