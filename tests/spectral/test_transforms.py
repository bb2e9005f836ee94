import numpy as np
import pytest

from stemstudio.core.buffer import AudioBuffer
from stemstudio.core.progress import Progress
from stemstudio.spectral.grids import LinearGrid, LogGrid, Regrid
from stemstudio.spectral.pyramid import SpectrogramPyramid, TileRequest
from stemstudio.spectral.transforms import KINDS, Analysis

RATE = 44100
ALL = [Analysis("stft", 256), Analysis("stft", 16384), Analysis("multi"), Analysis("reassigned"), Analysis("cqt")]
LOGARITHMIC = [Analysis("multi"), Analysis("reassigned"), Analysis("cqt")]


def tone(hertz, seconds=8.0, rate=RATE):
    time = np.arange(int(seconds * rate)) / rate
    return AudioBuffer(np.sin(2 * np.pi * hertz * time)[None].astype(np.float32), rate)


def click(frame, frames=8 * RATE):
    samples = np.zeros((1, frames), np.float32)
    samples[0, frame] = 1
    return AudioBuffer(samples, RATE)


def middle(transform, seconds=4.0, rate=RATE, count=64):
    return int(seconds * rate / transform.hop) - count // 2, count


@pytest.mark.parametrize("analysis", ALL, ids=str)
@pytest.mark.parametrize("hertz", [440.0, 2500.0, 9000.0])
def test_a_full_scale_sine_is_0_db_at_its_frequency(analysis, hertz):
    transform = analysis.transform(RATE)
    power = transform.columns(tone(hertz), *middle(transform))
    db = 10 * np.log10(power.max(axis=1))
    assert np.all(np.abs(db) < 1.5)  # between two bins a Hann window loses up to 1.4 dB
    place = float(transform.grid.bin_at(np.array(hertz)))
    assert np.all(np.abs(power.argmax(axis=1) - place) <= 1)


@pytest.mark.parametrize("rate", [8000, 48000, 192000])
@pytest.mark.parametrize("analysis", LOGARITHMIC, ids=str)
def test_every_rate_shows_the_same_tone(analysis, rate):
    transform = analysis.transform(rate)
    power = transform.columns(tone(440, rate=rate), *middle(transform, rate=rate))
    assert np.abs(10 * np.log10(power.max(axis=1))).max() < 1.5
    assert np.all(np.abs(power.argmax(axis=1) - float(transform.grid.bin_at(np.array(440.0)))) <= 1)


@pytest.mark.parametrize("analysis", ALL, ids=str)
def test_a_click_is_in_its_column(analysis):
    transform, frame = analysis.transform(RATE), 4 * RATE + 77
    first, count = middle(transform)
    power = transform.columns(click(frame), first, count)
    loudest = first + power[:, int(transform.grid.bin_at(np.array(12000.0)))].argmax()
    assert abs(loudest - frame / transform.hop) <= 0.75


@pytest.mark.parametrize("analysis", ALL, ids=str)
def test_columns_do_not_depend_on_how_they_are_asked_for(analysis):
    rng = np.random.default_rng(0)
    sound = AudioBuffer((0.1 * rng.standard_normal((2, 4 * RATE))).astype(np.float32), RATE)
    transform = analysis.transform(RATE)
    whole, parts = transform.columns(sound, 0, 64), [transform.columns(sound, first, 32) for first in (0, 32)]
    joined = np.concatenate(parts)
    # Filters on a stretch of sound see where it is cut; what is reassigned may round to a neighbour.
    assert np.median(np.abs(10 * np.log10((joined + 1e-9) / (whole + 1e-9)))) < 0.01
    assert np.allclose(joined.sum(axis=1), whole.sum(axis=1), rtol=1e-2)


@pytest.mark.parametrize("analysis", ALL, ids=str)
def test_sound_beyond_the_reach_has_no_part(analysis):
    transform = analysis.transform(RATE)
    first, count = middle(transform)
    before, after = first * transform.hop, (first + count) * transform.hop
    far = np.zeros((1, 8 * RATE), np.float32)
    far[0, : max(before - transform.reach, 0)] = 0.5
    far[0, after + transform.reach :] = 0.5
    assert transform.columns(AudioBuffer(far, RATE), first, count).max() < 1e-9


@pytest.mark.parametrize("analysis", ALL, ids=str)
@pytest.mark.parametrize("frames", [1, 100, RATE])
def test_tiny_sounds_have_a_picture(analysis, frames):
    sound = AudioBuffer(np.ones((2, frames), np.float32), RATE)
    pyramid = SpectrogramPyramid(sound, analysis=analysis)
    pyramid.compute(TileRequest(0, 0, frames), Progress())
    assert pyramid.known(0, 0, pyramid.units).all()
    assert pyramid.tile(0, 0).data.any()


@pytest.mark.parametrize("analysis", ALL, ids=str)
def test_a_sketch_resembles_what_comes_after(analysis):
    transform = analysis.transform(RATE)
    rough = transform.sketch(tone(440), [4 * RATE])[0]
    assert abs(int(rough.argmax()) - float(transform.grid.bin_at(np.array(440.0)))) <= 2
    assert abs(10 * np.log10(rough.max())) < 2


def test_two_partials_closer_than_the_frame_are_thin_lines_when_reassigned():
    both = AudioBuffer(tone(1000).samples / 2 + tone(1060).samples / 2, RATE)
    plain, sharp = (Analysis(kind).transform(RATE) for kind in ("stft", "reassigned"))
    widths = []
    for transform in (plain, sharp):
        first, count = middle(transform)
        mean = transform.columns(both, first, count).mean(axis=0)
        hertz = np.arange(len(mean)) * plain.grid.step_hz if transform is plain else transform.grid.frequencies_hz
        widths.append(np.ptp(hertz[(mean > mean.max() / 100) & (hertz > 900) & (hertz < 1030)]))
    assert widths[1] < widths[0] / 3


def test_several_resolutions_show_low_notes_and_high_strokes_together():
    """A whole tone at 100 Hz needs 16384 samples, strokes 50 ms apart need few: one frame cannot have both."""
    notes = tone(98.0).samples / 4 + tone(110.0).samples / 4
    frame = 4 * RATE
    strokes = np.zeros_like(notes)
    strokes[0, [frame, frame + RATE // 20]] = 1
    transform = Analysis("multi").transform(RATE)
    first, count = middle(transform)
    power = transform.columns(AudioBuffer((notes + strokes).astype(np.float32), RATE), first, count)
    low, dip, high = (power[5, round(float(transform.grid.bin_at(np.array(hertz))))] for hertz in (98, 104, 110))
    assert dip < 0.1 * min(low, high)
    stroke = power[:, int(transform.grid.bin_at(np.array(14000.0)))]
    peaks = [int((frame + offset) / transform.hop + 0.5) - first for offset in (0, RATE // 20)]
    assert stroke[peaks[0] + 1 : peaks[1]].min() < 0.01 * min(stroke[peaks])


def test_regrid_keeps_peaks_wherever_they_are():
    grid, step = LogGrid.full(RATE, 60), RATE / 4096
    regrid = Regrid(grid, step, 2049, 0, grid.bins)
    for number in (40, 100, 500, 1500):
        power = np.zeros((1, 2049), np.float32)
        power[0, number] = 1
        out = regrid.apply(power)[0]
        assert out.max() > 0.7
        assert abs(out.argmax() - float(grid.bin_at(np.array(number * step)))) <= 1


def test_grids_know_where_a_frequency_is():
    assert LinearGrid(2049, 10.0).bin_at(np.array(105.0)) == pytest.approx(10.5)
    grid = LogGrid.full(RATE, 48)
    assert grid.bin_at(grid.frequencies_hz) == pytest.approx(np.arange(grid.bins))


def test_unknown_kinds_are_refused():
    with pytest.raises(ValueError, match="kind"):
        Analysis("wavelet").transform(RATE)
    assert set(KINDS) == {analysis.kind for analysis in ALL}
