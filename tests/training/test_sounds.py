from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from stemstudio.core.errors import BadInput
from stemstudio.core.progress import Progress
from stemstudio.training.composing import play_notes
from stemstudio.training.instruments import RATE
from stemstudio.training.moving import MovingPatch
from stemstudio.training.producing import _EFFECTS, produce
from stemstudio.training.score import Note
from stemstudio.training.sounds import Sounds, hits, instruments, load, perform, singers


def tone(path: Path, hz: float, seconds: float = 0.5, before_s: float = 0.2) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    sound = 0.3 * np.sin(2 * np.pi * hz * np.arange(round(seconds * RATE)) / RATE)
    soundfile.write(path, np.concatenate([np.zeros(round(before_s * RATE)), sound]), RATE)


def test_sounds_are_trimmed_and_found_by_role(tmp_path: Path) -> None:
    tone(tmp_path / "bd_low.wav", 60, 3.0)
    tone(tmp_path / "organ.wav", 220)
    kicks, organ = Sounds(tmp_path, "bd", ("bd_*",)), Sounds(tmp_path, "other", ("organ*", "none*"))
    sound = load(tmp_path / "organ.wav")
    assert sound.shape[1] == pytest.approx(0.5 * RATE, abs=50)
    assert np.abs(sound).max() == pytest.approx(0.8, abs=1e-4)
    found = hits([kicks, organ])
    assert list(found) == ["bd"]
    assert found["bd"][0].shape == (2, 2 * RATE)
    assert instruments([kicks, organ], "other") == [tmp_path / "organ.wav"]
    with pytest.raises(BadInput, match="sn_"):
        hits([Sounds(tmp_path, "sn", ("sn_*",))])
    with pytest.raises(BadInput, match="harp"):
        Sounds(tmp_path, "harp", ("organ*",)).found()


def test_vowels_are_sorted_by_singer_and_pitch(tmp_path: Path) -> None:
    for name in ("alto_aa_Db4", "alto_aa_A3", "tenor_oo_f#3"):
        tone(tmp_path / f"{name}.wav", 200)
    choir = singers([Sounds(tmp_path, "vowel", ("*_??*",))])
    assert [sorted(singer) for singer in choir] == [[57, 61], [54]]
    tone(tmp_path / "alto_ee_high.wav", 200)
    with pytest.raises(BadInput, match="alto_ee_high"):
        singers([Sounds(tmp_path, "vowel", ("alto*",))])


def test_a_part_is_played_with_one_note(tmp_path: Path) -> None:
    tone(tmp_path / "in" / "organ.wav", 220, before_s=0.0)
    for seed in range(3):
        sound = perform(np.random.default_rng(seed), "bass", load(tmp_path / "in" / "organ.wav"), 4.0)
        assert sound.shape[0] == 2
        assert np.isfinite(sound).all()
        assert np.abs(sound).max() == pytest.approx(0.8, abs=0.01)
    play_notes(tmp_path / "out", 2, 1, [Sounds(tmp_path / "in", "other", ("*",))], Progress())
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["other__notes1.npy"]  # there is no bass


@pytest.mark.parametrize("seed", range(8))
def test_the_moving_synthesiser_plays_and_stops(seed: int) -> None:
    patch = MovingPatch(np.random.default_rng(seed))
    sound = patch.play([Note(0.5, 0.5, 57, 0.9), Note(1.0, 0.5, 64, 0.9)], 4 * RATE)
    assert sound.shape == (2, 4 * RATE)
    assert np.isfinite(sound).all()
    assert not sound[:, : RATE // 2].any()
    assert 0.003 < np.abs(sound[:, RATE // 2 : 3 * RATE // 2]).max() < 4
    assert np.abs(sound[:, 3 * RATE :]).max() < 1e-3


def test_every_kind_of_moving_sound_is_drawn() -> None:
    kinds = {MovingPatch(np.random.default_rng(seed)).kind for seed in range(40)}
    assert kinds == {"modulated", "saws", "pulse", "vowel"}


@pytest.mark.parametrize("effect", _EFFECTS)
def test_a_produced_voice_still_sounds(effect: object) -> None:
    assert callable(effect)
    voice = 0.3 * np.sin(2 * np.pi * 300 * np.arange(2 * RATE) / RATE)
    sound = effect(np.random.default_rng(1), np.stack([voice, voice]).astype(np.float32))
    assert sound.dtype == np.float32
    assert sound.shape[0] == 2
    assert np.isfinite(sound).all()
    assert np.sqrt(np.mean(sound**2)) > 0.01


def test_produced_voices_differ_and_keep_their_peak() -> None:
    voice = np.stack([0.3 * np.sin(2 * np.pi * 300 * np.arange(RATE) / RATE)] * 2).astype(np.float32)
    made = [produce(np.random.default_rng(seed), voice) for seed in range(4)]
    assert len({sound.tobytes() for sound in made}) == 4
    assert all(np.abs(sound).max() == pytest.approx(0.8, abs=1e-3) for sound in made)
