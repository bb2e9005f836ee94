from __future__ import annotations

import numpy as np
import pytest

from stemstudio.core.buffer import AudioBuffer
from stemstudio.core.errors import Cancelled, UserError
from stemstudio.core.progress import Progress
from stemstudio.separation.overlap import crossfade_window, run_overlapped


class Collector:
    """Keeps what is written and that it comes in order, without gaps."""

    def __init__(self) -> None:
        self.parts: dict[str, list[np.ndarray]] = {}
        self.position = 0

    def write(self, start, stems):
        assert start == self.position
        self.position += next(iter(stems.values())).shape[1]
        for name, samples in stems.items():
            self.parts.setdefault(name, []).append(samples)

    def __getitem__(self, name: str) -> np.ndarray:
        return np.concatenate(self.parts[name], axis=1)


def run(fn, mix, **options):
    sink = Collector()
    settings = {"segment": 100, "overlap": 25, "reporter": Progress()} | options
    run_overlapped(fn, mix, sink, **settings)
    return sink


def mixture(frames: int) -> AudioBuffer:
    return AudioBuffer(np.random.default_rng(frames).normal(0, 0.3, (2, frames)).astype(np.float32), 8000)


@pytest.mark.parametrize("frames", [1, 24, 25, 26, 99, 100, 101, 175, 176, 1234])
@pytest.mark.parametrize("overlap", [0, 1, 25, 50, 90])
@pytest.mark.parametrize("window", ["linear", "hann"])
def test_weights_add_up_to_one_everywhere(frames, overlap, window):
    mix = mixture(frames)
    sink = run(lambda x: {"same": x, "half": x / 2}, mix, overlap=overlap, window=window, batch=3)
    assert sink["same"].dtype == np.float32
    np.testing.assert_allclose(sink["same"], mix.samples, atol=3e-7)
    np.testing.assert_allclose(sink["half"], mix.samples / 2, atol=3e-7)


def test_neighbouring_segments_fade_into_each_other():
    calls = []

    def step(x):
        calls.append(len(x))
        return {"number": np.full_like(x, len(calls))}

    sink = run(step, mixture(175), segment=100, overlap=25, window="linear")
    assert calls == [1, 1]
    assert np.all(sink["number"][:, :75] == 1)
    assert np.all(sink["number"][:, 100:] == 2)
    np.testing.assert_allclose(sink["number"][0, 75:100], 1 + (np.arange(25) + 0.5) / 25, atol=1e-6)


@pytest.mark.parametrize("error", [MemoryError, RuntimeError("DefaultCPUAllocator: can't allocate memory")])
def test_a_batch_that_memory_cannot_hold_is_halved(error):
    sizes = []

    def greedy(x):
        sizes.append(len(x))
        if len(x) > 2:
            raise error
        return {"same": x}

    mix = mixture(1000)
    sink = run(greedy, mix, batch=8)
    assert sizes == [8, 4, 2, 2, 2, 2, 2, 2, 1]
    np.testing.assert_allclose(sink["same"], mix.samples, atol=3e-7)


def test_a_segment_that_memory_cannot_hold_is_told_to_the_person():
    def greedy(_):
        raise MemoryError

    with pytest.raises(UserError, match="not enough memory"):
        run(greedy, mixture(1000), batch=4)


def test_other_errors_pass():
    def broken(_):
        raise RuntimeError("shapes do not match")

    with pytest.raises(RuntimeError, match="shapes"):
        run(broken, mixture(1000))


def test_a_stop_is_heard_before_the_next_batch():
    progress = Progress()
    calls = []

    def cancelling(x):
        calls.append(1)
        progress.cancel()
        return {"same": x}

    with pytest.raises(Cancelled):
        run(cancelling, mixture(1000), reporter=progress)
    assert len(calls) == 1


def test_what_the_function_returns_stays_as_it_is():
    constant = np.ones((1, 2, 100), np.float32)
    sink = run(lambda _: {"one": constant}, mixture(500))
    assert np.all(constant == 1)
    np.testing.assert_allclose(sink["one"], 1, atol=1e-6)


@pytest.mark.parametrize("options", [{"overlap": 100}, {"overlap": -1}, {"batch": 0}, {"window": "box"}])
def test_sizes_that_do_not_fit_are_refused(options):
    with pytest.raises(ValueError, match=r"do not fit|no crossfade"):
        run(lambda x: {"same": x}, mixture(10), **options)


def test_the_window_is_never_zero():
    for overlap in (0, 1, 50, 99):
        assert crossfade_window(100, overlap, "hann").min() > 0
