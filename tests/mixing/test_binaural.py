import numpy as np
import pytest

from stemstudio.audio.loudness import TruePeakMeter
from stemstudio.core.buffer import AudioBuffer
from stemstudio.mixing.binaural import BinauralSource
from stemstudio.mixing.layouts import LAYOUTS
from stemstudio.mixing.placement import default_placement
from stemstudio.mixing.spherical_head import ear_responses
from stemstudio.mixing.upmix import UpmixInput, UpmixSource

ROOM = LAYOUTS["7.1.4"]
RATE = 48000
HEADS = ear_responses(ROOM.loudspeakers, RATE)


def between_ears_s(name):
    """How much earlier the left ear hears a loudspeaker than the right, below 700 Hz."""
    spectra = np.fft.rfft(HEADS[ROOM.index(name)], 1 << 16, axis=1)
    hertz = np.fft.rfftfreq(1 << 16, 1 / RATE)
    band = (hertz > 100) & (hertz < 700)
    turn = np.unwrap(np.angle(spectra[0] * spectra[1].conj()))[band]
    return float(np.mean(turn / (2 * np.pi * hertz[band])))


def test_time_between_the_ears_is_that_of_a_head():
    assert between_ears_s("FC") == pytest.approx(0, abs=1e-6)
    assert between_ears_s("SL") == pytest.approx(0.75e-3, abs=0.1e-3)  # Kuhn (1977): 3 a / c sin(azimuth)
    assert between_ears_s("FL") == pytest.approx(0.38e-3, abs=0.06e-3)
    assert between_ears_s("SR") == pytest.approx(-between_ears_s("SL"))


def test_the_head_shades_high_frequencies():
    spectra = np.abs(np.fft.rfft(HEADS, axis=2))
    hertz = np.fft.rfftfreq(HEADS.shape[2], 1 / RATE)
    left, right = (np.mean(spectra[ROOM.index("SL"), ear][(hertz > 3000) & (hertz < 8000)] ** 2) for ear in (0, 1))
    assert 10 * np.log10(left / right) > 8
    near, far = (np.mean(spectra[ROOM.index("SL"), ear][(hertz > 100) & (hertz < 300)] ** 2) for ear in (0, 1))
    assert abs(10 * np.log10(near / far)) < 1.5


def test_front_back_and_above_have_colours_of_their_own():
    spectra = 20 * np.log10(np.abs(np.fft.rfft(HEADS, axis=2)) + 1e-9)
    hertz = np.fft.rfftfreq(HEADS.shape[2], 1 / RATE)
    band = (hertz > 4000) & (hertz < 14000)
    for one, other in (("FL", "BL"), ("FL", "TFL"), ("BL", "TBL")):
        assert np.std((spectra[ROOM.index(one), 0] - spectra[ROOM.index(other), 0])[band]) > 1.5


def test_all_directions_together_have_no_colour():
    hertz = np.fft.rfftfreq(HEADS.shape[2], 1 / RATE)
    power = np.sum(np.abs(np.fft.rfft(HEADS, axis=2)) ** 2, axis=(0, 1)) / 22
    assert 10 * np.log10(2 * power[(hertz > 100) & (hertz < 16000)]) == pytest.approx(0, abs=1.0)


def test_a_room_at_the_ears_is_in_time_and_as_loud_and_below_the_ceiling(stems):
    inputs = [UpmixInput(each, default_placement(name)) for name, each in stems.items()]
    room = UpmixSource(inputs, ROOM)
    ears = BinauralSource(room, ROOM)
    made = ears.read(0, ears.frames)
    assert (ears.channels, made.shape) == (2, (2, room.frames))
    pieces = [ears.read(start, 999) for start in range(0, 30_000, 999)]
    assert np.array_equal(np.concatenate(pieces, axis=1)[:, :30_000], made[:, :30_000])
    mix = room.original(0, room.frames)
    assert 10 * np.log10(np.mean(made**2) / np.mean(mix**2)) == pytest.approx(0, abs=3)
    lag = np.argmax(np.fft.irfft(np.fft.rfft(made.sum(0), 1 << 20) * np.fft.rfft(mix.sum(0), 1 << 20).conj()))
    assert min(lag, (1 << 20) - lag) < 20
    loud = BinauralSource(AudioBuffer(8 * room.read(0, 90_000), room.sample_rate), ROOM).read(0, 90_000)
    meter = TruePeakMeter(2)
    meter.add(loud)
    assert -1.5 < meter.dbtp() <= -1.0
