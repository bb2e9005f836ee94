import numpy as np
import pytest

from stemstudio.core.buffer import AudioBuffer
from stemstudio.spectral.level import level_at


@pytest.mark.parametrize("rate", [8000, 44100, 96000])
@pytest.mark.parametrize("hertz", [440.0, 1234.5])
def test_a_tone_has_its_level_at_its_frequency_and_none_elsewhere(rate, hertz):
    tone = 0.1 * np.sin(2 * np.pi * hertz * np.arange(rate) / rate)
    source = AudioBuffer(tone[None].astype(np.float32), rate)
    assert level_at(source, rate / 2, hertz) == pytest.approx(-20, abs=0.1)
    assert level_at(source, rate / 2, 2 * hertz) < -100


def test_channels_add_up_and_silence_is_the_floor():
    tone = np.sin(2 * np.pi * 1000 * np.arange(44100) / 44100).astype(np.float32)
    assert level_at(AudioBuffer(np.stack([tone, -tone]), 44100), 22050, 1000) == pytest.approx(3, abs=0.1)
    assert level_at(AudioBuffer(np.zeros((1, 10), np.float32), 44100), 5, 1000) == -120
    assert level_at(AudioBuffer(tone[None], 44100), -1e6, 1000) == -120
