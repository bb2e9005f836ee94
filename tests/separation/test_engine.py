from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from stemstudio.core.buffer import AudioBuffer
from stemstudio.core.errors import BadInput, Cancelled, NotReady
from stemstudio.core.progress import Progress
from stemstudio.separation import engine
from stemstudio.separation.backend import BackendInfo, Missing, Ready
from stemstudio.separation.engine import SILENT_NULL_DB, separate

RATE = 8000
INFO = BackendInfo("half", "Half", "", "classic", ("a", "b"), (), "")


class Collector:
    def __init__(self) -> None:
        self.parts: list[dict] = []

    def write(self, start, stems):
        self.parts.append(dict(stems))

    def stem(self, name):
        return np.concatenate([part[name] for part in self.parts], axis=1)


class Method:
    """A backend that does what a test says."""

    def __init__(self, work, answer=None):
        self.info, self._work, self._answer = INFO, work, answer or Ready()

    def availability(self):
        return self._answer

    def separate(self, mix, values, sink, reporter):
        self._work(mix, sink, reporter)


@pytest.fixture
def run(monkeypatch):
    def start(work, mix=None, answer=None):
        monkeypatch.setattr(engine, "backend", lambda _: Method(work, answer))
        sink = Collector()
        return separate(mix or noise(), "half", {}, sink, Progress()), sink

    return start


def noise(frames: int = 1000, channels: int = 2) -> AudioBuffer:
    rng = np.random.default_rng(frames)
    return AudioBuffer(rng.normal(0, 0.3, (channels, frames)).astype(np.float32), RATE)


def test_the_residual_completes_the_stems(run):
    mix = noise()

    def work(source, sink, _):
        for start in (0, 400):
            block = source.read(start, 400 if start == 0 else 600)
            sink.write(start, {"b": block * np.float32(0.3), "a": 1000 * np.sin(block)})

    report, sink = run(work, mix)
    assert [list(part) for part in sink.parts] == [["a", "b", "residual"]] * 2
    total = sum(sink.stem(name).astype(np.float64) for name in ("a", "b", "residual"))
    error = np.sqrt(np.mean((mix.samples - total) ** 2) / np.mean(mix.samples.astype(np.float64) ** 2))
    assert 0 < error < 1e-4  # stems a thousand times too loud leave the rounding of their residual
    assert report.null_db == pytest.approx(20 * np.log10(error), abs=1)
    assert report.stems == ("a", "b", "residual")
    assert (report.frames, report.channels, report.sample_rate) == (1000, 2, RATE)
    assert report.realtime_factor == pytest.approx(report.seconds * 8)


def test_a_method_that_takes_nothing_leaves_the_mix_in_the_residual(run):
    mix = noise()
    zero = np.zeros((2, 1000), np.float32)
    report, sink = run(lambda _source, sink, _: sink.write(0, {"a": zero, "b": zero}), mix)
    assert np.array_equal(sink.stem("residual"), mix.samples)
    assert report.null_db == SILENT_NULL_DB


def writes(*blocks):
    def work(_source, sink, _reporter):
        for start, stems in blocks:
            sink.write(start, stems)

    return work


def part(frames, names=("a", "b"), channels=2, dtype=np.float32):
    return {name: np.zeros((channels, frames), dtype) for name in names}


@pytest.mark.parametrize(
    "work",
    [
        writes((0, part(500)), (600, part(400))),
        writes((0, part(500)), (400, part(600))),
        writes((0, part(999))),
        writes((0, part(1001))),
        writes((0, part(1000, ("a",)))),
        writes((0, part(1000, ("a", "b", "c")))),
        writes((0, part(1000, channels=1))),
        writes((0, part(1000, dtype=np.float64))),
        writes(),
    ],
    ids=["gap", "overlap", "short", "long", "fewer", "more", "channels", "double", "nothing"],
)
def test_a_method_that_breaks_its_contract_is_a_defect(run, work):
    with pytest.raises(ValueError, match="written"):
        run(work)


def test_what_is_missing_is_told(run):
    with pytest.raises(NotReady, match=r"No model\. Get one\."):
        run(writes(), answer=Missing("No model.", "Get one."))


def test_a_stop_before_the_start_does_nothing():
    progress, sink = Progress(), Collector()
    progress.cancel()
    with pytest.raises(Cancelled):
        separate(noise(), "hpss", {}, sink, progress)
    assert not sink.parts


def test_numbers_that_are_none_are_refused(run):
    mix = noise()
    broken = mix.samples.copy()
    broken[1, 500] = np.nan
    with pytest.raises(BadInput, match="not numbers"):
        run(writes((0, part(1000))), AudioBuffer(broken, RATE))


@pytest.mark.parametrize("channels", [0, 9])
def test_channels_beyond_eight_are_refused(channels):
    with pytest.raises(BadInput, match=f"{channels} channels"):
        separate(noise(10, channels), "hpss", {}, Collector(), Progress())


def test_unknown_methods_and_values_are_refused():
    with pytest.raises(BadInput, match=r"center.*hpss"):
        separate(noise(), "magic", {}, Collector(), Progress())
    with pytest.raises(BadInput, match="no parameter 'depth'"):
        separate(noise(), "hpss", {"depth": 3}, Collector(), Progress())
    with pytest.raises(BadInput, match=r"from 1 to 10"):
        separate(noise(), "hpss", {"margin": 0}, Collector(), Progress())


def test_no_sound_gives_no_blocks(run):
    report, sink = run(writes((0, part(1000))), noise(0))
    assert not sink.parts
    assert report.frames == 0
    assert report.realtime_factor == 0


def test_the_report_tells_every_value():
    report = separate(noise(), "hpss", {"margin": "2.5"}, Collector(), Progress())
    assert report.values["margin"] == 2.5
    assert report.values["power"] == 2
    assert dataclasses.is_dataclass(report)
