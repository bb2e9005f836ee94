from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from stemstudio.core.buffer import AudioBuffer, Samples
from stemstudio.core.errors import Cancelled
from stemstudio.core.params import resolve
from stemstudio.core.progress import Progress
from stemstudio.separation.backend import Missing, Ready
from stemstudio.separation.neural.small import MODEL_ID, SmallSeparator

RATE = 44100
SEGMENT_S = 127 * 2048 / RATE

Separate = Callable[..., dict[str, Samples]]


def noise(channels: int, seconds: float, rate: int = RATE) -> Samples:
    rng = np.random.default_rng(1)
    return (rng.standard_normal((channels, round(seconds * rate))) * 0.1).astype(np.float32)


def level_db(samples: Samples) -> float:
    return float(10 * np.log10(np.mean(np.square(samples, dtype=np.float64)) + 1e-30))


@pytest.mark.parametrize("channels", [1, 3])
def test_the_stems_are_the_mix_at_any_channel_count(model_folder: Path, separate: Separate, channels: int) -> None:
    mix = noise(channels, 9.3)
    stems = separate(SmallSeparator(model_folder), mix)
    assert set(stems) == {"vocals", "drums", "bass", "other"}
    assert level_db(sum(stems.values()) - mix) < level_db(mix) - 110


@pytest.mark.parametrize("rate", [48000])
def test_other_rates_keep_length_and_alignment(model_folder: Path, separate: Separate, rate: int) -> None:
    time = np.arange(round(9.2 * rate) + 1) / rate
    mix = (0.1 * np.sin(2 * np.pi * (200 + 300 * time) * time))[None].astype(np.float32).repeat(2, 0)
    stems = separate(SmallSeparator(model_folder), mix, rate)
    inner = slice(rate // 10, -rate // 10)
    assert level_db((sum(stems.values()) - mix)[:, inner]) < level_db(mix) - 80


def test_the_output_does_not_depend_on_how_the_rate_converter_is_fed(model_folder: Path, separate: Separate) -> None:
    mix = noise(1, 14, 32000)
    few, many = (separate(SmallSeparator(model_folder), mix, 32000, overlap=overlap) for overlap in (5.0, 50.0))
    for stems in (few, many):
        quiet = sum(stems.values()) - mix
        # The top of the band belongs to the converter; below it all is there, at every joint.
        spectrum = np.abs(np.fft.rfft(quiet[0, 3200:-3200] * np.hanning(quiet.shape[1] - 6400)))
        whole = np.abs(np.fft.rfft(mix[0, 3200:-3200] * np.hanning(quiet.shape[1] - 6400)))
        low = slice(0, int(len(spectrum) * 0.85))
        assert np.sum(spectrum[low] ** 2) < 1e-7 * np.sum(whole[low] ** 2)


def test_silence_stays_silence(model_folder: Path, separate: Separate) -> None:
    stems = separate(SmallSeparator(model_folder), np.zeros((2, RATE * 7), np.float32))
    assert all(not samples.any() for samples in stems.values())


def test_a_short_sound_works(model_folder: Path, separate: Separate) -> None:
    for frames in (1, 5000):
        mix = noise(2, 1.0)[:, :frames]
        stems = separate(SmallSeparator(model_folder), mix)
        np.testing.assert_allclose(sum(stems.values()), mix, atol=1e-5)


def high_band_by_moment(samples: Samples) -> np.ndarray:
    """Level above 6 kHz of every 10 ms, in dB."""
    from scipy.signal import butter, sosfilt

    high = sosfilt(butter(8, 6000, "high", fs=RATE, output="sos"), samples[0])
    window = RATE // 100
    count = len(high) // window
    return 10 * np.log10(np.mean(high[: count * window].reshape(count, window) ** 2, 1) + 1e-20)


@pytest.mark.parametrize(("frequency_hz", "views", "rules"), [(110.0, 1, 0), (997.0, 1, 0), (440.0, 3, 0)])
def test_a_tone_does_not_click_at_the_joints(
    model_folder: Path, separate: Separate, frequency_hz: float, views: int, rules: float
) -> None:
    time = np.arange(round(16 * RATE)) / RATE
    tone = 0.5 * np.sin(2 * np.pi * frequency_hz * time)
    # What surrounds the tone differs from segment to segment, so that their masks differ too.
    swell = noise(1, 16)[0] * np.interp(time, [0, 4, 4.5, 9, 10, 16], [0.5, 0.5, 0, 0, 0.5, 0.5])
    mix = np.stack([tone, tone]).astype(np.float32) + np.stack([swell, swell]).astype(np.float32)
    for name, samples in separate(SmallSeparator(model_folder), mix, overlap=5.0, views=views, rules=rules).items():
        quiet = high_band_by_moment(samples)[475:875]  # only the tone sounds; the joint lies between 5.6 and 5.9 s
        assert quiet.max() < level_db(tone) - 60, name


@pytest.mark.parametrize(("views", "rules"), [(1, 0), (3, 30)])
def test_noise_keeps_its_level_across_a_joint(model_folder: Path, separate: Separate, views: int, rules: float) -> None:
    mix = noise(2, 13)
    for name, samples in separate(SmallSeparator(model_folder), mix, overlap=5.0, views=views, rules=rules).items():
        window = RATE // 20
        count = samples.shape[1] // window
        power = np.mean(samples[:, : count * window].reshape(2, count, window) ** 2, (0, 2))
        joint = power[int((SEGMENT_S * 0.95 - 0.5) * 20) : int((SEGMENT_S + 0.5) * 20)]
        assert joint.min() / np.median(power) > 0.4, name
        assert joint.max() / np.median(power) < 2.5, name


def test_more_views_and_the_rules_change_what_is_found(model_folder: Path, separate: Separate) -> None:
    mix = noise(2, 3)
    found = [
        separate(SmallSeparator(model_folder), mix, views=views, rules=rules)["vocals"]
        for views, rules in ((1, 0), (2, 0), (3, 0), (1, 30))
    ]
    for one, other in pairwise(found):
        assert level_db(one - other) > level_db(one) - 40


def test_it_says_what_is_missing(model_folder: Path, tmp_path: Path) -> None:
    assert isinstance(SmallSeparator(model_folder).availability(), Ready)
    assert isinstance(SmallSeparator(tmp_path / "none").availability(), Missing)
    (model_folder / f"{MODEL_ID}.safetensors").unlink()
    missing = SmallSeparator(model_folder).availability()
    assert isinstance(missing, Missing)
    assert "safetensors" in missing.what


def test_it_stops_when_asked(model_folder: Path) -> None:
    progress = Progress()
    progress.cancel()

    class Nothing:
        def write(self, start, stems) -> None:
            pass

    small = SmallSeparator(model_folder)
    with pytest.raises(Cancelled):
        small.separate(AudioBuffer(noise(2, 30), RATE), resolve(small.info.params, {}), Nothing(), progress)
