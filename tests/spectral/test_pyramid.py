import numpy as np
import pytest

from stemstudio.core.buffer import AudioBuffer
from stemstudio.core.errors import Cancelled
from stemstudio.core.progress import Progress
from stemstudio.spectral import decibels
from stemstudio.spectral.pyramid import TILE_COLUMNS, TOP_LEVEL, SpectrogramPyramid, TileCache, TileRequest
from stemstudio.spectral.stft import stft
from stemstudio.spectral.transforms import Analysis


def noise(seconds, sample_rate=44100, channels=2, seed=0):
    rng = np.random.default_rng(seed)
    return AudioBuffer(
        (0.1 * rng.standard_normal((channels, int(seconds * sample_rate)))).astype(np.float32), sample_rate
    )


def computed(source, level=0, **options):
    pyramid = SpectrogramPyramid(source, **options)
    pyramid.compute(TileRequest(level, 0, source.frames), Progress())
    return pyramid


class Growing:
    """Sound of which a part is there; it remembers what was read."""

    def __init__(self, sound, frames):
        self.sample_rate, self.channels, self.sound, self.frames = sound.sample_rate, sound.channels, sound, frames
        self.reads = []

    def read(self, start, frames):
        self.reads.append((start, start + frames))
        out = self.sound.read(start, frames)
        out[:, max(0, self.frames - start) :] = 0
        return out


class Tone:
    """A tone of any length that takes no memory."""

    def __init__(self, frames, sample_rate=8000):
        self.sample_rate, self.channels, self.frames = sample_rate, 1, frames

    def read(self, start, frames):
        time = np.arange(start, start + frames)
        return np.where((time >= 0) & (time < self.frames), np.sin(time * 0.7), 0)[None].astype(np.float32)


@pytest.mark.parametrize("rate", [8000, 44100, 48000, 192000])
def test_full_scale_sine_is_0_db_at_its_place(rate):
    time = np.arange(3 * rate) / rate
    # On a bin: between two, the Hann window loses up to 1.4 dB.
    step_hz = SpectrogramPyramid(AudioBuffer(np.zeros((1, 1), np.float32), rate)).grid.step_hz
    hertz = round(1000 / step_hz) * step_hz
    tone = AudioBuffer(np.sin(2 * np.pi * hertz * time)[None].astype(np.float32), rate)
    pyramid = computed(tone)
    assert pyramid.level_db(1.5 * rate, hertz) == pytest.approx(0, abs=0.5)
    assert pyramid.level_db(1.5 * rate, 2.5 * hertz) < -80


def test_power_of_channels_adds_up():
    tone = np.sin(np.arange(88200) * 2 * np.pi * 100 / 4096).astype(np.float32)
    both = computed(AudioBuffer(np.stack([tone, tone]), 44100))
    opposite = computed(AudioBuffer(np.stack([tone, -tone]), 44100))
    hertz = 100 * 44100 / 4096
    assert both.level_db(44100, hertz) == pytest.approx(3, abs=0.5)
    assert opposite.level_db(44100, hertz) == pytest.approx(3, abs=0.5)


@pytest.mark.parametrize("level", [0, 1, 3, 8])
def test_every_level_holds_the_mean_power_of_its_hops(level):
    sound = noise(20)
    pyramid = computed(sound, level)
    spec = pyramid.transform.spec
    power = (np.abs(stft(sound.samples, spec)) ** 2).sum(axis=0) * (4 / spec.n_fft) ** 2
    tiles = -(-power.shape[1] // (TILE_COLUMNS << level))
    data = np.concatenate([pyramid.tile(level, index).data for index in range(tiles)], axis=1)
    columns = power.shape[1] >> level
    mean = power[:, : columns << level].reshape(spec.bins, columns, -1).mean(axis=2)
    wanted = decibels.encode(mean.astype(np.float32)).astype(int)
    assert np.max(np.abs(data[: spec.bins, :columns] - wanted)) <= 1
    # The second rung holds the louder of two bins.
    pairs = data[: spec.bins - 1].reshape(-1, 2, data.shape[1]).max(axis=1)
    assert np.array_equal(data[spec.bins : spec.bins + len(pairs)], pairs)


def test_a_click_is_where_it_sounded():
    samples = np.zeros((1, 44100 * 8), np.float32)
    click = 44100 * 5 + 123
    samples[0, click] = 1
    pyramid = computed(AudioBuffer(samples, 44100))
    data = np.concatenate([pyramid.tile(0, index).data for index in range(2)], axis=1)
    loudest = np.argmax(data[500].astype(int))
    assert abs(pyramid.column_at(0, click) - (loudest + 0.5)) <= 0.5


def test_what_is_known_is_told_per_unit_and_level():
    sound = noise(60)
    pyramid = SpectrogramPyramid(sound, overview_bytes=1 << 20)
    fine = pyramid.base_level - 1
    assert fine > 0
    pyramid.compute(TileRequest(TOP_LEVEL, 0, sound.frames), Progress())
    assert pyramid.known(pyramid.base_level, 0, pyramid.units).all()
    assert not pyramid.known(fine, 0, pyramid.units).any()
    assert pyramid.tile(fine, 0) is None
    pyramid.compute(TileRequest(fine, 0, 1), Progress())
    assert list(np.flatnonzero(pyramid.known(fine, 0, pyramid.units))) == [0, 1]  # with one on the side
    stamp = pyramid.tile(fine, 0).stamp
    pyramid.invalidate(0, 1)
    assert pyramid.known(fine, 0, 1).all()
    pyramid.compute(TileRequest(fine, 0, 1), Progress())
    assert pyramid.tile(fine, 0).stamp != stamp


def test_what_is_looked_at_comes_first():
    sound = noise(120)
    pyramid, seconds = SpectrogramPyramid(sound, overview_bytes=1 << 20), []
    request = TileRequest(0, 60 * 44100, 70 * 44100)

    def on_unit():
        seconds.append([s for s in range(0, 120, 3) if pyramid.level_db(s * 44100, 1000) is not None])

    pyramid.compute(request, Progress(), on_unit)
    assert all(55 < s < 76 for s in seconds[1])
    assert seconds[-1] == list(range(0, 120, 3))


def test_nothing_is_computed_twice():
    source = Growing(noise(60), 60 * 44100)
    pyramid = computed(source, 2)
    source.reads.clear()
    for level in (2, 5, 8):
        pyramid.compute(TileRequest(level, 0, source.frames), Progress())
    assert source.reads == []


def test_invalidate_recomputes_what_changed_and_nothing_else():
    source = Growing(noise(90), 90 * 44100)
    pyramid = computed(source, 0)
    start, end = 40 * 44100, 42 * 44100
    samples = source.sound.samples.copy()
    samples[:, start:end] = noise(2, seed=1).samples
    source.sound = AudioBuffer(samples, 44100)
    source.reads.clear()
    pyramid.invalidate(start, end)
    old = pyramid.tile(0, 0).data.copy()
    pyramid.compute(TileRequest(0, 0, source.frames), Progress())
    assert 1 <= len(source.reads) <= 6  # changed columns for the eye, then whole units for the coarse levels
    assert all(read_start < end and read_end > start for read_start, read_end in source.reads)
    assert np.array_equal(pyramid.tile(0, 0).data, old)
    fresh = computed(Growing(source.sound, source.frames), 0)
    unit = start // pyramid.unit_frames
    assert np.array_equal(pyramid.tile(0, unit).data, fresh.tile(0, unit).data)


def test_a_growing_sound_ends_as_if_it_had_always_been_there():
    sound = noise(50)
    source = Growing(sound, 0)
    pyramid = SpectrogramPyramid(source)
    for frames in (1, 44100 * 7, 44100 * 7 + 1, 44100 * 31, sound.frames):
        old, source.frames = source.frames, frames
        pyramid.invalidate(old, frames)
        pyramid.compute(TileRequest(0, 0, frames), Progress())
    whole = computed(sound)
    assert pyramid.base_level == whole.base_level
    for level in range(TOP_LEVEL + 1):
        for index in range(-(-pyramid.units // (1 << level))):
            assert np.array_equal(pyramid.tile(level, index).data, whole.tile(level, index).data)


def test_cancel_stops_after_one_unit_and_keeps_what_is_done():
    source = Growing(noise(60), 60 * 44100)
    pyramid, progress = SpectrogramPyramid(source), Progress()
    with pytest.raises(Cancelled):
        pyramid.compute(TileRequest(0, 0, source.frames), progress, progress.cancel)
    assert len(source.reads) == 1
    pyramid.compute(TileRequest(0, 0, source.frames), Progress())
    assert len(source.reads) == pyramid.units


def test_an_hour_takes_no_more_memory_than_a_quarter():
    cache = TileCache(8 << 20)
    sizes = []
    for minutes in (15, 60):
        pyramid = SpectrogramPyramid(Tone(minutes * 60 * 8000), overview_bytes=2 << 20, cache=cache)
        pyramid.compute(TileRequest(2, 0, 1), Progress())
        for start in range(0, pyramid.source.frames, pyramid.source.frames // 5):
            pyramid.compute(TileRequest(0, start, start + 8000 * 60), Progress())
        sizes.append(sum(tile.data.nbytes for tile in pyramid._overview.values()))
        assert cache.bytes <= cache.limit_bytes
    assert max(sizes) <= 1.3 * (2 << 20)


def test_a_long_sound_is_sketched_before_it_is_analysed():
    source = Growing(Tone(3600 * 8000), 3600 * 8000)
    pyramid, progress = SpectrogramPyramid(source), Progress()
    steps = iter(range(pyramid.units - 1))

    def on_unit():
        if next(steps, None) is None:
            progress.cancel()

    with pytest.raises(Cancelled):
        pyramid.compute(TileRequest(8, 0, source.frames), progress, on_unit)
    read = sum(end - start for start, end in source.reads)
    assert read < 0.1 * source.frames
    hertz = 0.7 * 8000 / (2 * np.pi)
    for share in (0.1, 0.5, 0.9):
        assert pyramid.level_db(share * source.frames, hertz) == pytest.approx(0, abs=2)
        assert pyramid.level_db(share * source.frames, 3 * hertz) < -60


@pytest.mark.parametrize("frames", [0, 1, 100, 44100])
@pytest.mark.parametrize("channels", [1, 8])
def test_tiny_and_many_channelled_sounds(frames, channels):
    source = AudioBuffer(np.ones((channels, frames), np.float32), 44100)
    pyramid = computed(source)
    tile = pyramid.tile(0, 0)
    assert (tile is None) == (frames == 0)
    assert tile is None or tile.data.shape == (pyramid.ladder.rows, TILE_COLUMNS)
    assert (pyramid.level_db(0, 100) is None) == (frames == 0)


@pytest.mark.parametrize(("pixels", "level"), [(1, 0), (1024, 0), (2048, 1), (4096 * 1.3, 2), (1e9, TOP_LEVEL)])
def test_level_has_columns_about_one_pixel_wide(pixels, level):
    assert SpectrogramPyramid(noise(1)).level_for(pixels) == level


def test_a_copy_has_all_tiles_and_goes_its_own_way():
    source = Growing(noise(60), 60 * 44100)
    pyramid = SpectrogramPyramid(source, overview_bytes=1 << 20)
    pyramid.compute(TileRequest(0, 0, source.frames), Progress())
    source.reads.clear()
    twin = pyramid.copy()
    twin.compute(TileRequest(0, 0, source.frames), Progress())
    assert source.reads == []
    before = pyramid.tile(0, 5).data.copy()
    twin.source = AudioBuffer(np.zeros((2, source.frames), np.float32), 44100)
    twin.invalidate(0, source.frames)
    twin.compute(TileRequest(0, 0, source.frames), Progress())
    assert not twin.tile(0, 5).data.any()
    assert np.array_equal(pyramid.tile(0, 5).data, before)


def test_a_pyramid_without_an_overview_computes_only_what_is_looked_at():
    source = Growing(noise(60), 60 * 44100)
    pyramid = SpectrogramPyramid(source, analysis=Analysis("stft", 1024), overview_bytes=0)
    pyramid.compute(TileRequest(1, 30 * 44100, 31 * 44100), Progress())
    assert all(start > 24 * 44100 and end < 37 * 44100 for start, end in source.reads)
    assert pyramid.known(1, 30 * 44100 // pyramid.unit_frames, 31 * 44100 // pyramid.unit_frames + 1).all()


def test_what_is_visible_can_be_had_alone():
    source = Growing(noise(60), 60 * 44100)
    pyramid = SpectrogramPyramid(source, overview_bytes=1 << 20)
    pyramid.compute(TileRequest(0, 30 * 44100, 31 * 44100), Progress(), visible_only=True)
    assert len(source.reads) == 1


@pytest.mark.parametrize("kind", ["stft", "multi", "reassigned", "cqt"])
@pytest.mark.parametrize("level", [0, 6])
def test_edits_one_after_the_other_end_as_if_all_were_analysed_anew(kind, level):
    rng, analysis = np.random.default_rng(1), Analysis(kind, 2048)
    source = Growing(noise(12), 12 * 44100)
    pyramid = SpectrogramPyramid(source, analysis=analysis, overview_bytes=1 << 18)
    request = TileRequest(level, 4 * 44100, 8 * 44100)
    pyramid.compute(request, Progress())
    for number in range(6):
        start, frames = int(rng.integers(0, 11 * 44100)), int(rng.integers(1, 44100))
        samples = source.sound.samples.copy()
        samples[:, start : start + frames] *= np.float32(rng.uniform(0, 2))
        source.sound = AudioBuffer(samples, 44100)
        pyramid.invalidate(start, start + frames)
        if number % 3:
            pyramid.compute(request, Progress(), visible_only=number % 3 == 1)
    pyramid.compute(request, Progress())
    fresh = SpectrogramPyramid(source, analysis=analysis, overview_bytes=1 << 18)
    fresh.compute(request, Progress())
    for k in {level, *range(fresh.base_level, TOP_LEVEL + 1)}:
        for index in range(-(-fresh.units // (1 << k))):
            wanted = fresh.tile(k, index)
            if wanted is not None:
                known = np.repeat(wanted.versions > 0, TILE_COLUMNS >> k)
                mine = pyramid.tile(k, index)
                differs = (mine.data[:, known] != wanted.data[:, known]).mean()
                # The last bit of a transform may decide to which of two cells a power is reassigned.
                assert differs <= (1e-3 if kind == "reassigned" else 0), differs


def test_a_small_edit_costs_its_columns_before_it_costs_its_unit():
    source = Growing(noise(30), 30 * 44100)
    pyramid = computed(source, 0, analysis=Analysis("stft", 16384))
    source.sound = noise(30, seed=1)
    source.reads.clear()
    pyramid.invalidate(10 * 44100, 12 * 44100)
    request = TileRequest(0, 0, source.frames)
    pyramid.compute(request, Progress(), visible_only=True)
    assert sum(end - start for start, end in source.reads) < 5 * 44100
    assert pyramid.is_current(0, 0, pyramid.units)
    assert not pyramid.is_current(TOP_LEVEL, 0, pyramid.units)
    pyramid.compute(request, Progress())
    assert pyramid.is_current(TOP_LEVEL, 0, pyramid.units)
