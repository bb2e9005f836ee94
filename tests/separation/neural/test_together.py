from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

import numpy as np
import pytest

from stemstudio.core.buffer import AudioBuffer, Samples
from stemstudio.core.errors import BadInput, Cancelled
from stemstudio.core.params import resolve
from stemstudio.core.progress import Progress, Reporter
from stemstudio.separation.backend import StemSink
from stemstudio.separation.classic.recipe import ClassicFour
from stemstudio.separation.neural.together import separate_together

RATE = 8000
STEMS = ("vocals", "drums", "bass", "other")


class Sink:
    def __init__(self) -> None:
        self.parts: dict[str, list[Samples]] = {}
        self.frames = 0

    def write(self, start: int, stems: Mapping[str, Samples]) -> None:
        assert start == self.frames
        self.frames += stems["vocals"].shape[1]
        for name, samples in stems.items():
            self.parts.setdefault(name, []).append(samples.copy())

    @property
    def stems(self) -> dict[str, Samples]:
        return {name: np.concatenate(parts, 1) for name, parts in self.parts.items()}


@pytest.fixture(scope="module")
def mix() -> Samples:
    rng = np.random.default_rng(1)
    return (rng.standard_normal((2, 70 * RATE)) * 0.1).astype(np.float32)


@pytest.fixture(scope="module")
def recipe(mix: Samples) -> dict[str, Samples]:
    sink, classic = Sink(), ClassicFour()
    classic.separate(AudioBuffer(mix, RATE), resolve(classic.info.params, {}), sink, Progress())
    return sink.stems


def network(mix: Samples, voice_db: float, sings: slice = slice(None)) -> Callable[[StemSink, Reporter], None]:
    """A method that finds a voice `voice_db` against the mixture during `sings` and takes the rest for drums."""

    def separate(sink: StemSink, reporter: Reporter) -> None:
        voice = np.zeros_like(mix)
        voice[:, sings] = mix[:, sings] * np.float32(10 ** (voice_db / 20))
        stems = {"vocals": voice, "drums": mix - voice, "bass": mix * 0, "other": mix * 0}
        for start in range(0, mix.shape[1], 5000):
            reporter.update(start / mix.shape[1])
            sink.write(start, {name: samples[:, start : start + 5000] for name, samples in stems.items()})

    return separate


def joined(mix: Samples, method: Callable[[StemSink, Reporter], None], share: float) -> dict[str, Samples]:
    sink = Sink()
    separate_together(method, AudioBuffer(mix, RATE), share, sink, Progress())
    return sink.stems


def test_each_stem_is_so_much_of_the_one_and_so_much_of_the_other(mix: Samples, recipe: dict[str, Samples]) -> None:
    found = joined(mix, network(mix, -6.0206), 0.25)
    np.testing.assert_allclose(found["vocals"], 0.75 * 0.5 * mix + 0.25 * recipe["vocals"], atol=1e-5)
    np.testing.assert_allclose(found["bass"], 0.25 * recipe["bass"], atol=1e-5)
    np.testing.assert_allclose(sum(found.values()), mix, atol=1e-6)


def test_where_nobody_sings_the_recipe_finds_no_voice(mix: Samples, recipe: dict[str, Samples]) -> None:
    found = joined(mix, network(mix, -40.0), 0.3)
    np.testing.assert_allclose(found["vocals"], 0.7 * 0.01 * mix, atol=1e-6)
    np.testing.assert_allclose(found["other"], 0.3 * (recipe["other"] + recipe["vocals"]), atol=1e-5)
    np.testing.assert_allclose(sum(found.values()), mix, atol=1e-6)


def test_a_voice_counts_as_far_as_it_reaches(mix: Samples, recipe: dict[str, Samples]) -> None:
    found = joined(mix, network(mix, 0.0, slice(0, 10 * RATE)), 0.3)
    near, far = slice(12 * RATE, 18 * RATE), slice(40 * RATE, 69 * RATE)
    np.testing.assert_allclose(found["vocals"][:, near], 0.3 * recipe["vocals"][:, near], atol=1e-5)
    assert not found["vocals"][:, far].any()
    # Between the two it fades: no step from one sample to the next.
    share = found["vocals"][0, 18 * RATE : 40 * RATE] / recipe["vocals"][0, 18 * RATE : 40 * RATE]
    assert np.abs(np.diff(share)).max() < 1e-3


def test_silence_stays_silence() -> None:
    silence = np.zeros((2, 3 * RATE), np.float32)
    assert not any(samples.any() for samples in joined(silence, network(silence, -6.0), 0.3).values())


def test_it_stops_when_asked_while_it_waits(mix: Samples) -> None:
    progress, stopped = Progress(), threading.Event()

    def endless(sink: StemSink, reporter: Reporter) -> None:
        progress.cancel()
        try:
            while True:
                reporter.update(0.0)
        finally:
            stopped.set()

    with pytest.raises(Cancelled):
        separate_together(endless, AudioBuffer(mix, RATE), 0.3, Sink(), progress)
    assert stopped.is_set()


def test_what_stops_the_network_is_said(mix: Samples) -> None:
    def broken(sink: StemSink, reporter: Reporter) -> None:
        raise BadInput("The weights are broken.", "Get them again.")

    with pytest.raises(BadInput, match="broken"):
        separate_together(broken, AudioBuffer(mix, RATE), 0.3, Sink(), Progress())
