"""What every separation method has to hold, whatever it is: a new one is tested by being registered."""

from __future__ import annotations

import tracemalloc
import zlib

import numpy as np
import pytest

from stemstudio.core.buffer import AudioBuffer
from stemstudio.core.errors import Cancelled
from stemstudio.core.progress import Progress
from stemstudio.core.stems import RESIDUAL
from stemstudio.separation.backend import Ready
from stemstudio.separation.engine import separate
from stemstudio.separation.registry import backend, backend_ids

READY = [name for name in backend_ids() if isinstance(backend(name).availability(), Ready)]
VALUES = [
    pytest.param(name, spec.name, value, id=f"{name}-{spec.name}-{value}")
    for name in READY
    for spec in backend(name).info.params
    for value in (
        [choice for choice, _ in spec.choices]
        if spec.kind == "choice"
        else [True, False]
        if spec.kind == "bool"
        else [spec.low, spec.high]
    )
]

pytestmark = pytest.mark.filterwarnings("error")


@pytest.fixture(params=READY)
def name(request) -> str:
    return request.param


class Collector:
    """Keeps the stems and holds the calls to their order."""

    def __init__(self) -> None:
        self.parts: dict[str, list[np.ndarray]] = {}
        self.position = self.longest = 0

    def write(self, start, stems):
        assert start == self.position
        frames = {samples.shape[1] for samples in stems.values()}
        assert len(frames) == 1
        self.position += frames.pop()
        self.longest = max(self.longest, self.position - start)
        for stem, samples in stems.items():
            self.parts.setdefault(stem, []).append(samples.copy())

    def stems(self) -> dict[str, np.ndarray]:
        return {stem: np.concatenate(parts, axis=1) for stem, parts in self.parts.items()}


class Counter:
    """Keeps nothing but how much came."""

    position = 0

    def write(self, start, stems):
        assert start == self.position
        self.position += next(iter(stems.values())).shape[1]


class Generated:
    """A source of any length that takes no memory: noise in bursts over a tone, the same wherever it is read."""

    def __init__(self, seconds: float, sample_rate: int = 8000, channels: int = 2) -> None:
        self.sample_rate, self.channels, self.frames = sample_rate, channels, round(seconds * sample_rate)

    def read(self, start, frames):
        n = np.arange(start, start + frames)
        tone = np.sin(2 * np.pi * 220 / self.sample_rate * n)
        burst = np.sin(n * n % 9973) * (n % self.sample_rate < self.sample_rate // 8)
        samples = np.stack([0.2 * tone + (0.1 + 0.02 * channel) * burst for channel in range(self.channels)])
        samples[:, (n < 0) | (n >= self.frames)] = 0
        return samples.astype(np.float32)


def music(frames: int, channels: int = 2, sample_rate: int = 44100) -> AudioBuffer:
    """Chord, bass drum, hiss and a wide noise: something for every stem."""
    rng = np.random.default_rng(zlib.crc32(f"{frames} {channels}".encode()))
    t = np.arange(frames) / sample_rate
    chord = sum(np.sin(2 * np.pi * f * t) for f in (110, 277, 440)) / 8
    beat = np.sin(2 * np.pi * 60 * t) * np.exp(-20 * (t % 0.5)) / 2
    hiss = rng.normal(0, 0.2, frames) * np.exp(-60 * ((t + 0.25) % 0.5))
    wide = rng.normal(0, 0.02, (channels, frames))
    return AudioBuffer((chord + beat + hiss + wide).astype(np.float32), sample_rate)


def run(name, mix, values=None):
    sink = Collector()
    report = separate(mix, name, values or {}, sink, Progress())
    stems = sink.stems()
    for samples in stems.values():
        assert samples.shape == (mix.channels, mix.frames)
        assert samples.dtype == np.float32
        assert np.isfinite(samples).all()
    assert tuple(stems) == (*backend(name).info.stems, RESIDUAL) == report.stems
    samples = mix.read(0, mix.frames)
    assert power(samples - sum(stems.values())) <= 1e-12 * power(samples), "the null is above -120 dB"
    assert report.null_db < -120
    return stems


def power(samples) -> float:
    return float(np.mean(np.square(samples, dtype=np.float64)))


def level_db(samples) -> float:
    return 10 * np.log10(power(samples) + 1e-30)


def test_the_information_is_complete(name):
    info = backend(name).info
    assert info.id == name
    assert info.title
    assert info.title[0].isupper()
    assert info.summary.endswith(".")
    assert len(info.reference) > 20
    assert len(set(info.stems)) == len(info.stems) >= 2
    assert RESIDUAL not in info.stems
    for spec in info.params:
        assert spec.label
        assert spec.help.endswith(".")
        assert len(spec.help) > 20
        assert spec.check(spec.default) == spec.default
        if spec.kind in {"float", "int"}:
            assert spec.low is not None
            assert spec.high is not None
            assert spec.low < spec.high
            assert spec.step
    assert len({spec.name for spec in info.params}) == len(info.params)


def test_stems_of_real_music_add_up_to_it(name, song_excerpt):
    mix = song_excerpt("Lets_Go_Fishin", start_s=30, seconds=4)
    stems = run(name, mix)
    for stem, samples in stems.items():
        assert level_db(samples) < level_db(mix.samples) + 3, f"{stem} is louder than the mix"
    assert level_db(stems[RESIDUAL]) < level_db(mix.samples) - 20


@pytest.mark.parametrize("channels", range(1, 9))
def test_any_number_of_channels(name, channels):
    run(name, music(22050, channels))


@pytest.mark.parametrize("sample_rate", [8000, 11025, 16000, 22050, 32000, 48000, 96000])
def test_any_sample_rate(name, sample_rate):
    run(name, music(sample_rate // 2, 2, sample_rate))


@pytest.mark.parametrize("channels", [1, 2, 6])
def test_silence_stays_silent(name, channels):
    stems = run(name, AudioBuffer(np.zeros((channels, 30000), np.float32), 44100))
    assert not any(samples.any() for samples in stems.values())


def test_silence_between_sounds_stays_silent(name):
    mix = music(5 * 44100).samples.copy()
    mix[:, 44100 : 4 * 44100] = 0
    for stem, samples in run(name, AudioBuffer(mix, 44100)).items():
        assert level_db(samples[:, 2 * 44100 : 3 * 44100]) < -100, stem


@pytest.mark.parametrize("frames", [1, 2, 3, 100, 511, 512, 513, 2048, 5000])
def test_sounds_shorter_than_a_window(name, frames):
    run(name, music(frames))


@pytest.mark.parametrize("kind", ["loud", "impulse", "constant", "faint", "opposed"])
def test_odd_sounds(name, kind):
    mix = music(20000).samples.copy()
    match kind:
        case "loud":
            mix *= 1000
        case "impulse":
            mix[:] = 0
            mix[:, 9999] = 1
        case "constant":
            mix[:] = 0.5
        case "faint":
            mix *= np.float32(1e-18)
        case "opposed":
            mix[1] = -mix[0]
    run(name, AudioBuffer(mix, 44100))


def test_twice_is_the_same(name):
    first, second = (run(name, music(60000)) for _ in range(2))
    for stem, samples in first.items():
        assert np.array_equal(samples, second[stem]), stem


@pytest.mark.parametrize(("name", "parameter", "value"), VALUES)
def test_both_ends_of_every_parameter(name, parameter, value):
    run(name, music(8000, 2, 8000), {parameter: value})


def test_memory_does_not_grow_with_the_song(name):
    run(name, music(8000, 2, 4000))  # whatever is loaded or compiled once
    peaks = []
    for seconds in (50, 120):
        tracemalloc.start()
        sink = Counter()
        separate(Generated(seconds, 4000), name, {}, sink, Progress())
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert sink.position == seconds * 4000
    assert peaks[1] < 1.3 * peaks[0]


@pytest.mark.parametrize(("sample_rate", "channels"), [(8000, 1), (44100, 2), (48000, 6)])
def test_a_stop_is_heard_often(name, sample_rate, channels):
    """Between two looks at the reporter at most as much is done as two seconds of a stereo song at 48 kHz."""

    class Watch(Progress):
        def __init__(self) -> None:
            super().__init__()
            self.last = self.longest = 0.0

        def update(self, fraction, message=""):
            super().update(fraction, message)
            self.longest = max(self.longest, fraction - self.last)
            self.last = fraction

    watch, seconds = Watch(), 800_000 / sample_rate / channels
    separate(Generated(seconds, sample_rate, channels), name, {}, Counter(), watch)
    assert watch.last == 1
    assert watch.longest * 800_000 <= 192_000


def test_a_stop_stops(name):
    progress = Progress()

    class Stopping(Counter):
        def write(self, start, stems):
            super().write(start, stems)
            progress.cancel()

    sink = Stopping()
    with pytest.raises(Cancelled):
        separate(Generated(40), name, {}, sink, progress)
    assert sink.position < 40 * 8000
