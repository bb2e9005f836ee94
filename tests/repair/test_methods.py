from __future__ import annotations

import numpy as np
import pytest

from stemstudio.core.buffer import AudioBuffer
from stemstudio.core.errors import BadInput
from stemstudio.core.progress import Progress
from stemstudio.repair.engine import repair
from stemstudio.repair.method import Context
from stemstudio.repair.selection import Selection

RATE = 44100


def mended(stem, selection, method_id, context=None, **values):
    """Samples of the whole song after the repair."""
    result = repair(stem, selection, method_id, values, context or Context(stem), Progress())
    whole = stem.samples.copy()
    whole[:, result.start : result.start + result.samples.shape[1]] = result.samples
    return whole


def tones(*hertz, seconds=3.0, level=0.1):
    time = np.arange(round(seconds * RATE)) / RATE
    wave = level * sum(np.sin(2 * np.pi * hz * time + k) for k, hz in enumerate(hertz))
    return np.stack([wave, 0.5 * wave]).astype(np.float32)


def noise(seconds=3.0, level=0.05, seed=0):
    return (level * np.random.default_rng(seed).standard_normal((2, round(seconds * RATE)))).astype(np.float32)


def level_db(samples):
    return 10 * np.log10(np.mean(np.square(samples, dtype=np.float64)) + 1e-20)


def improvement_db(clean, damaged, result, where):
    errors = [np.sum((other[:, where] - clean[:, where]).astype(np.float64) ** 2) for other in (damaged, result)]
    return 10 * np.log10(errors[0] / (errors[1] + 1e-15))


MIDDLE = slice(RATE, RATE + RATE // 5)
MIDDLE_TIME = Selection.time_range(RATE, MIDDLE.start, MIDDLE.stop)
INSIDE = slice(MIDDLE.start + 4096, MIDDLE.stop - 4096)


def test_erase_leaves_silence_up_to_the_edge_and_nothing_else_is_lost():
    sound = AudioBuffer(noise(), RATE)
    result = mended(sound, MIDDLE_TIME, "erase")
    assert np.abs(result[:, MIDDLE]).max() < 1e-6
    np.testing.assert_array_equal(result[:, : MIDDLE.start - 200], sound.samples[:, : MIDDLE.start - 200])
    np.testing.assert_array_equal(result[:, MIDDLE.stop + 200 :], sound.samples[:, MIDDLE.stop + 200 :])


def test_erase_in_a_band_leaves_the_other_bands():
    low, high = tones(300), tones(3000)
    sound = AudioBuffer(low + high, RATE)
    result = mended(sound, Selection.box(RATE, MIDDLE.start, MIDDLE.stop, 2000, 5000), "erase")
    assert level_db(result[:, INSIDE] - low[:, INSIDE]) < level_db(high) - 50


def test_gain_is_what_it_says():
    sound = AudioBuffer(tones(500), RATE)
    for selection in (MIDDLE_TIME, Selection.box(RATE, MIDDLE.start, MIDDLE.stop, 200, 1000)):
        result = mended(sound, selection, "gain", gain_db=-12.0)
        assert level_db(result[:, INSIDE]) - level_db(sound.samples[:, INSIDE]) == pytest.approx(-12, abs=0.1)


def test_borrow_replaces_or_adds():
    here, there = AudioBuffer(noise(seed=1), RATE), AudioBuffer(noise(seed=2), RATE)
    context = Context(here, others={"drums": there})
    replaced = mended(here, MIDDLE_TIME, "borrow", context, source="drums")
    np.testing.assert_allclose(replaced[:, MIDDLE], there.samples[:, MIDDLE], atol=1e-6)
    added = mended(here, MIDDLE_TIME, "borrow", context, source="drums", mode="add", gain_db=-6.0206)
    np.testing.assert_allclose(added[:, MIDDLE], (here.samples + there.samples / 2)[:, MIDDLE], atol=1e-6)
    with pytest.raises(BadInput):
        mended(here, MIDDLE_TIME, "borrow", Context(here))


@pytest.mark.parametrize("direction", ["time", "both"])
def test_attenuate_brings_a_burst_down_to_the_level_around(direction):
    damaged = noise()
    damaged[:, MIDDLE] *= 10
    result = mended(AudioBuffer(damaged, RATE), MIDDLE_TIME, "attenuate", direction=direction)
    assert abs(level_db(result[:, INSIDE]) - level_db(noise())) < 2.5
    half = mended(AudioBuffer(damaged, RATE), MIDDLE_TIME, "attenuate", strength=50.0)
    assert level_db(half[:, INSIDE]) > level_db(result[:, INSIDE]) + 7


def test_attenuate_along_frequency_takes_a_whistle_of_the_whole_song():
    damaged = AudioBuffer(noise() + tones(3000), RATE)
    whistle = Selection.frequency_range(RATE, 2900, 3100, damaged.frames)
    result = mended(damaged, whistle, "attenuate", direction="frequency")
    assert level_db(result) < level_db(noise()) + 0.5


@pytest.mark.parametrize(("method_id", "least_db"), [("interpolate", 20), ("inpaint", 30), ("partials", 15)])
def test_held_notes_go_on_through_a_gap(method_id, least_db):
    clean = tones(220.3, 331.7, 512.9)
    damaged = clean.copy()
    damaged[:, MIDDLE] = noise()[:, MIDDLE]
    result = mended(AudioBuffer(damaged, RATE), MIDDLE_TIME, method_id)
    assert improvement_db(clean, damaged, result, MIDDLE) > least_db


def test_partials_follow_a_glide():
    time = np.arange(3 * RATE) / RATE
    phase = 2 * np.pi * (400 * time + 10 * time**2)
    clean = np.stack([0.1 * np.sin(phase)] * 2).astype(np.float32)
    damaged = clean.copy()
    damaged[:, MIDDLE] = 0
    result = mended(AudioBuffer(damaged, RATE), MIDDLE_TIME, "partials", noise=0.0)
    assert improvement_db(clean, damaged, result, MIDDLE) > 8


def test_interpolation_along_frequency_keeps_a_hit():
    clean = np.zeros((2, 3 * RATE), np.float32)
    clean[:, MIDDLE.start + 2000] = 1
    whistle = tones(3000)
    band = Selection.box(RATE, MIDDLE.start, MIDDLE.stop, 2700, 3300)
    result = mended(AudioBuffer(clean + whistle, RATE), band, "interpolate", direction="frequency")
    rest = slice(MIDDLE.start + 1900, MIDDLE.start + 2100)
    assert improvement_db(clean, clean + whistle, result, rest) > 15


def test_heal_sounds_like_the_air_around_and_takes_no_tone_along():
    damaged = noise() + tones(1000)
    damaged[:, MIDDLE] = 0
    result = mended(AudioBuffer(damaged, RATE), MIDDLE_TIME, "heal", direction="time")[:, INSIDE]
    assert abs(level_db(result) - level_db(noise())) < 2.5
    spectrum = np.abs(np.fft.rfft(result[0] * np.hanning(result.shape[1])))
    tone = round(1000 * result.shape[1] / RATE)
    assert spectrum[tone - 2 : tone + 3].max() < 5 * np.median(spectrum)
    assert np.corrcoef(result[0], noise()[0, INSIDE])[0, 1] < 0.2


def test_pattern_finds_the_beat_that_is_played_again():
    random, beat = np.random.default_rng(3), RATE // 2
    bar = random.standard_normal((2, 4 * beat)) * np.tile(np.exp(-np.arange(beat) / 3000), 4) * 0.2
    clean = np.tile(bar, 4).astype(np.float32)
    first = 9 * beat - 100
    damaged = clean.copy()
    damaged[:, first : first + 8000] = 0
    # The first two bars are softer: found or not, they must not come back at their own level.
    damaged[:, : 8 * beat] *= 0.5
    selection = Selection.time_range(RATE, first, first + 8000)
    before = mended(AudioBuffer(damaged, RATE), selection, "pattern", where="before")
    assert improvement_db(clean, damaged, before, slice(first, first + 8000)) > 30
    with pytest.raises(BadInput):
        mended(AudioBuffer(damaged[:, : 2 * beat], RATE), Selection.time_range(RATE, beat, 2 * beat), "pattern")


def test_declick_closes_clicks_and_touches_nothing_else():
    clean = tones(220, 440, 1234) + noise(level=0.002)
    damaged, places = clean.copy(), np.arange(RATE, 2 * RATE, 3001)
    for place in places:
        damaged[:, place : place + 9] += 0.05
    selection = Selection.time_range(RATE, RATE - 500, 2 * RATE + 500)
    result = mended(AudioBuffer(damaged, RATE), selection, "declick")
    assert improvement_db(clean, damaged, result, slice(RATE, 2 * RATE)) > 15
    changed = np.flatnonzero((result != damaged).any(axis=0))
    assert all(np.abs(places - sample).min() < 80 for sample in changed)
    np.testing.assert_array_equal(mended(AudioBuffer(clean, RATE), selection, "declick"), clean)


def test_declip_rebuilds_the_peaks_beyond_the_level():
    clean = 5 * tones(220, 331, 512)
    top = 0.6 * np.abs(clean).max(axis=1, keepdims=True)
    clipped = np.clip(clean, -top, top)
    result = mended(AudioBuffer(clipped, RATE), Selection.time_range(RATE, RATE, 2 * RATE), "declip")
    where = slice(RATE, 2 * RATE)
    assert improvement_db(clean, clipped, result, where) > 10
    cut = np.abs(clipped[:, where]) >= 0.98 * top
    assert (np.abs(result[:, where])[cut] >= np.abs(clipped[:, where])[cut] - 1e-6).all()
    np.testing.assert_array_equal(result[:, where][~cut], clipped[:, where][~cut])


@pytest.mark.parametrize("mains", [50, 60])
def test_dehum_takes_a_drifting_hum_and_leaves_the_note_on_it(mains):
    time = np.arange(6 * RATE) / RATE
    phase = 2 * np.pi * np.cumsum(mains * 1.002 + 0.05 * np.sin(time / 2)) / RATE
    hum = np.stack([sum(0.05 / k * np.sin(k * phase + k) for k in range(1, 9))] * 2)
    music = noise(6.0, 0.01) + tones(4 * mains * 1.002, seconds=6.0) * ((time > 2.4) & (time < 2.9))
    damaged = (hum + music).astype(np.float32)
    where = slice(2 * RATE, 4 * RATE)
    result = mended(AudioBuffer(damaged, RATE), Selection.time_range(RATE, where.start, where.stop), "dehum")
    assert improvement_db(music, damaged, result, where) > 15


def test_dehum_leaves_alone_what_does_not_hum():
    music = noise() + tones(123.4, 331, 703)
    result = mended(AudioBuffer(music, RATE), Selection.time_range(RATE, RATE, 2 * RATE), "dehum")
    assert level_db(result - music) < level_db(music) - 35
