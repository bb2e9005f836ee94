from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from stemstudio.core.buffer import AudioBuffer
from stemstudio.core.errors import BadInput, Cancelled
from stemstudio.core.progress import Progress
from stemstudio.repair.engine import params_at_hand, repair
from stemstudio.repair.method import Context
from stemstudio.repair.registry import infos, method, method_ids
from stemstudio.repair.selection import Selection
from stemstudio.repair.spectral_box import reach_samples

RATE = 44100


def song(seconds=3.0, channels=2, rate=RATE, seed=0):
    """Chords that change twice a second over a little noise: something to learn from for every method."""
    random = np.random.default_rng(seed)
    time = np.arange(round(seconds * rate)) / rate
    step = (time * 2).astype(int) % 4
    wave = sum(np.sin(2 * np.pi * hz * 2 ** (step / 12) * time) for hz in (110.0, 220.7, 331.3, 523.1))
    rows = [0.1 * wave + 0.01 * random.standard_normal(len(time)) for _ in range(channels)]
    return AudioBuffer(np.array(rows, np.float32), rate)


def mend(stem, selection, method_id, context=None, **values):
    return repair(stem, selection, method_id, values, context or Context(stem, mixture=stem), Progress())


BOXES = {
    "all frequencies": lambda rate: Selection.time_range(rate, rate, round(1.2 * rate)),
    "a band": lambda rate: Selection.box(rate, rate, round(1.3 * rate), 0.01 * rate, 0.1 * rate),
    "a click": lambda rate: Selection.time_range(rate, rate, rate + 16),
    "a lasso": lambda rate: Selection.polygon(
        rate, [(rate, 300), (1.2 * rate, 2000), (1.4 * rate, 250), (1.2 * rate, 150)]
    ),
    "softly": lambda rate: Selection.time_range(rate, rate, round(1.1 * rate)).feathered(0.05, 1.0),
}


@pytest.mark.parametrize("shape", BOXES)
@pytest.mark.parametrize("method_id", method_ids())
def test_the_result_holds_the_selection_and_half_a_window_and_joins_without_a_step(method_id, shape):
    source, selection = song(), BOXES[shape](RATE)
    result = mend(source, selection, method_id)
    extent, reach = selection.extent, reach_samples(RATE)
    assert result.start == max(extent.first - reach, 0)
    assert result.samples.shape == (2, min(extent.last + reach, source.frames) - result.start)
    assert np.isfinite(result.samples).all()
    change = result.samples - source.read(result.start, result.samples.shape[1])
    for edge in (change[:, :8], change[:, -8:]):
        assert np.abs(edge).max() < 1e-4


@pytest.mark.parametrize("first", range(RATE, RATE + 1024, 128))
def test_what_lies_between_two_frames_joins_without_a_step(first):
    source = AudioBuffer(np.full((1, 3 * RATE), 0.5, np.float32), RATE)
    result = mend(source, Selection.box(RATE, first, first + 40, 0, 20), "erase")
    change = np.abs(result.samples - 0.5)
    assert change.max() > 0.1
    assert max(change[0, 0], change[0, -1]) < 1e-4


@pytest.mark.parametrize("hertz", [440, 443, 446])
@pytest.mark.parametrize("frames", [1, 16])
def test_the_smallest_selection_of_a_band_is_mended(frames, hertz):
    time = np.arange(2 * RATE) / RATE
    source = AudioBuffer(np.sin(2 * np.pi * 443 * time, dtype=np.float32)[None], RATE)
    for first in range(RATE, RATE + 1100, 100):
        result = mend(source, Selection.box(RATE, first, first + frames, hertz, hertz + 1), "erase")
        assert not np.array_equal(result.samples, source.read(result.start, result.samples.shape[1]))


def test_a_thin_selection_takes_no_more_memory_than_a_wide_one():
    source, peaks = song(6.0), []
    mend(source, BOXES["a band"](RATE), "gain")  # what is imported does not count
    for high_hz in (3000, 1004):
        tracemalloc.start()
        mend(source, Selection.box(RATE, RATE, 5 * RATE, 1003, high_hz), "gain")
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.5 * peaks[0]


@pytest.mark.parametrize("rate", [8000, 192000])
@pytest.mark.parametrize("method_id", method_ids())
def test_every_rate_and_mono(method_id, rate):
    source = song(2.5, channels=1, rate=rate)
    result = mend(source, BOXES["all frequencies"](rate), method_id)
    assert np.isfinite(result.samples).all()
    assert np.abs(result.samples).max() < 2


@pytest.mark.parametrize("method_id", method_ids())
@pytest.mark.parametrize("place", ["start", "end"])
def test_both_ends_of_a_song(method_id, place):
    source = song()
    length = RATE // 5
    first = 0 if place == "start" else source.frames - length
    result = mend(source, Selection.time_range(RATE, first - 5000, first + length + 5000), method_id)
    assert result.start >= 0
    assert result.start + result.samples.shape[1] <= source.frames
    assert np.isfinite(result.samples).all()


@pytest.mark.parametrize("method_id", method_ids())
def test_silence_stays_silent_and_finite(method_id):
    silence = AudioBuffer(np.zeros((2, 3 * RATE), np.float32), RATE)
    try:
        result = mend(silence, BOXES["all frequencies"](RATE), method_id)
    except BadInput as error:
        assert error.todo  # noqa: PT017 - silence may be nothing to learn from, but that is said
    else:
        assert np.abs(result.samples).max() < 1e-6


LEARNING = {"attenuate", "heal", "inpaint", "interpolate", "partials", "pattern"}


@pytest.mark.parametrize("method_id", method_ids())
def test_everything_selected_leaves_nothing_to_learn_from(method_id):
    source = song(1.0)
    everything = Selection.time_range(RATE, 0, source.frames)
    if method_id in LEARNING:
        with pytest.raises(BadInput, match="around it"):
            mend(source, everything, method_id)
    else:
        assert mend(source, everything, method_id).samples.shape == source.samples.shape


@pytest.mark.parametrize("method_id", method_ids())
def test_a_selection_much_longer_than_the_margins(method_id):
    source = song(9.0, rate=16000)
    result = mend(source, Selection.time_range(16000, 5 * 16000, 8 * 16000), method_id)
    assert np.isfinite(result.samples).all()


@pytest.mark.parametrize("method_id", method_ids())
def test_the_same_twice_is_the_same(method_id):
    source, selection = song(), BOXES["all frequencies"](RATE)
    np.testing.assert_array_equal(
        mend(source, selection, method_id).samples, mend(source, selection, method_id).samples
    )


@pytest.mark.parametrize("method_id", method_ids())
def test_every_extreme_value_is_accepted_or_refused_in_words(method_id):
    source, selection = song(5.0), Selection.box(RATE, 2 * RATE, round(2.1 * RATE), 400, 4000)
    for spec in method(method_id).info.params:
        for value in (spec.low, spec.high) if spec.low is not None else [choice for choice, _ in spec.choices]:
            assert np.isfinite(mend(source, selection, method_id, **{spec.name: value}).samples).all()
        for value in (np.nan, "no such", 1e30):
            with pytest.raises(BadInput):
                mend(source, selection, method_id, **{spec.name: value})


def test_what_cannot_be_selected_is_said_in_words():
    source = song(1.0)
    for selection in (
        Selection(RATE),
        Selection.time_range(RATE, 2 * RATE, 3 * RATE),
        Selection.time_range(RATE, -5000, 0),
        Selection.time_range(48000, 0, 100),
    ):
        with pytest.raises(BadInput):
            mend(source, selection, "erase")
    broken = AudioBuffer(np.full((1, RATE), np.nan, np.float32), RATE)
    with pytest.raises(BadInput):
        mend(broken, Selection.time_range(RATE, 0, 100), "erase")


def test_a_wish_to_stop_is_heard():
    progress = Progress()
    progress.cancel()
    source = song(1.0)
    with pytest.raises(Cancelled):
        repair(source, Selection.time_range(RATE, 0, 100), "erase", {}, Context(source), progress)


def test_only_the_neighbourhood_is_read():
    reads = []

    class Far:
        sample_rate, channels, frames = RATE, 1, 3600 * RATE

        def read(self, start, frames):
            reads.append((start, start + frames))
            return np.random.default_rng(0).standard_normal((1, frames)).astype(np.float32)

    far = Far()
    middle = 1800 * RATE
    for info in infos():
        reads.clear()
        repair(far, Selection.time_range(RATE, middle, middle + RATE), info.id, {}, Context(far, far), Progress())
        reach = 31 if info.searching else 2
        assert min(first for first, _ in reads) > middle - reach * RATE, info.id
        assert max(last for _, last in reads) < middle + (1 + reach) * RATE, info.id


def test_a_sound_to_choose_is_one_of_those_at_hand():
    source, other = song(seed=1), song(seed=2)
    context = Context(source, others={"drums": other})
    (choosing,) = (spec for spec in params_at_hand(method("borrow").info, context) if spec.name == "source")
    assert choosing.choices == (("drums", "Drums"),)
    with pytest.raises(BadInput, match="drums"):
        mend(source, BOXES["a band"](RATE), "borrow", context, source="mixture")
