"""What every method with published weights has to hold, with tiny networks in the place of the published ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch

from stemstudio.core.buffer import AudioBuffer
from stemstudio.core.errors import BadInput, Cancelled, NotReady
from stemstudio.core.progress import Progress
from stemstudio.core.stems import RESIDUAL
from stemstudio.separation.backend import Ready
from stemstudio.separation.engine import separate
from stemstudio.separation.neural.device import in_precision, pick_device
from stemstudio.separation.neural.hybrid_demucs import HybridDemucs
from stemstudio.separation.neural.library import user_models_folder
from stemstudio.separation.neural.openunmix import OpenUnmix
from stemstudio.separation.neural.roformer import RoFormer
from stemstudio.separation.registry import backend, default_backend

FOUR = ("drums", "bass", "other", "vocals")
FAMILIES = ["hdemucs", "htdemucs", "htdemucs-6s", "openunmix", "roformer"]


def networks(family: str) -> list[torch.nn.Module]:
    torch.manual_seed(6)
    match family:
        case "htdemucs":
            return [HybridDemucs(channels=8, bottom=16, layers=1, hidden=16) for _ in range(2)]
        case "htdemucs-6s":
            return [HybridDemucs(channels=8, sources=6, layers=1, hidden=16)]
        case "hdemucs":
            return [HybridDemucs(channels=16, depth=6, compress=4, residual_in_decoder=False)]
        case "openunmix":
            return [OpenUnmix(hidden=8) for _ in FOUR]
    bands = [range(100), range(100, 1025)]
    return [
        RoFormer(
            bands=bands, size=2048, hop=441, stems=1, width=8, depth=1, time_depth=1, band_depth=1, heads=1,
            head_width=8, expansion=1, mask_widths=[8], norm_each=False,
        )
    ]  # fmt: skip


def shares(family: str, index: int, stems: list[str]) -> dict[str, float]:
    if family == "openunmix":
        return {FOUR[index]: 1.0}
    if family == "htdemucs":  # the voice by the second, the rest by the first
        return {stem: float((stem == "vocals") == (index == 1)) for stem in stems}
    return dict.fromkeys(stems, 1.0)


@pytest.fixture
def install() -> Callable[[str], str]:
    """Make a tiny network of a family its only installed model, and name the method."""

    def run(family: str) -> str:
        folder = user_models_folder()
        folder.mkdir(parents=True)
        stems = list(backend(family).info.stems)
        card = f'title = "Tiny"\nnetwork = "x"\nbackend = "{family}"\nstems = {stems!r}\n'
        card += "[hyperparameters]\nhop = 441\nsegment = 44100\n"
        for index, network in enumerate(networks(family)):
            order = [*FOUR, *sorted(set(stems) - set(FOUR))]
            torch.save(
                {"state": network.state_dict(), "kwargs": {"sources": order, "segment": 2}}, folder / f"{index}.th"
            )
            given = ", ".join(f"{stem} = {share}" for stem, share in shares(family, index, stems).items())
            card += f'[[files]]\nfile = "{index}.th"\nsha256 = "0"\nshares = {{ {given} }}\n'
        card += '[licence]\ncode = "a"\nweights = "b"\n[training]\ndata = "c"\nsource = "d"\n'
        (folder / "tiny.toml").write_text(card)
        return family

    return run


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


class Kept:
    def __init__(self) -> None:
        self.parts: dict[str, list[np.ndarray]] = {}

    def write(self, start, stems):
        for name, samples in stems.items():
            self.parts.setdefault(name, []).append(samples.copy())

    @property
    def stems(self) -> dict[str, np.ndarray]:
        return {name: np.concatenate(parts, 1) for name, parts in self.parts.items()}


def music(channels: int, seconds: float, rate: int = 44100) -> AudioBuffer:
    rng = np.random.default_rng(3)
    t = np.arange(round(seconds * rate)) / rate
    noise = rng.normal(0, 0.05, (channels, len(t)))
    return AudioBuffer((0.2 * np.sin(2 * np.pi * 200 * t) + noise).astype(np.float32), rate)


def run(name: str, mix: AudioBuffer, **values: object) -> dict[str, np.ndarray]:
    sink = Kept()
    report = separate(mix, name, {"precision": "full", **values}, sink, Progress())
    assert tuple(sink.stems) == (*backend(name).info.stems, RESIDUAL)
    assert all(np.isfinite(samples).all() for samples in sink.stems.values())
    assert all(samples.shape == mix.samples.shape for samples in sink.stems.values())
    assert report.null_db < -120
    return sink.stems


@pytest.mark.parametrize("family", FAMILIES)
def test_any_shape_of_sound_comes_back_whole(family: str, install) -> None:
    name = install(family)
    assert isinstance(backend(name).availability(), Ready)
    assert backend(name).info.params[0].default == "tiny"
    for mix in (music(1, 2.5), music(3, 0.3), music(2, 0.4, 48000), music(2, 1 / 44100), music(2, 0.01)):
        run(name, mix)
    silent = run(name, AudioBuffer(np.zeros((2, 50000), np.float32), 44100))
    assert not any(samples.any() for samples in silent.values())


@pytest.mark.parametrize("family", FAMILIES)
def test_a_mono_sound_is_heard_as_one_in_the_middle(family: str, install) -> None:
    name, mono = install(family), music(1, 1.0)
    stereo = AudioBuffer(np.repeat(mono.samples, 2, 0), 44100)
    alone, both = run(name, mono), run(name, stereo)
    for stem, samples in alone.items():
        np.testing.assert_allclose(samples[0], both[stem].mean(0), atol=1e-4)


@pytest.mark.parametrize("family", FAMILIES)
def test_one_stem_alone_is_what_it_is_among_all(family: str, install) -> None:
    name, mix = install(family), music(2, 1.0)
    everything, alone = run(name, mix), run(name, mix, only="vocals")
    np.testing.assert_allclose(alone["vocals"], everything["vocals"], atol=1e-5)
    assert not any(samples.any() for stem, samples in alone.items() if stem not in ("vocals", RESIDUAL))


def test_one_stem_of_a_bag_needs_one_network(install) -> None:
    name = install("htdemucs")
    mix = music(2, 1.0)
    wanted = run(name, mix)["vocals"]
    (user_models_folder() / "0.th").write_bytes(b"not read")
    assert np.array_equal(run(name, mix, only="vocals")["vocals"], wanted)
    with pytest.raises(BadInput):
        run(name, mix)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_stop_is_heard_within_a_segment(family: str, install) -> None:
    name = install(family)

    class Impatient(Progress):
        calls = 0

        def update(self, fraction: float, message: str = "") -> None:
            super().update(fraction, message)
            self.calls += 1
            if self.calls == 4:
                self.cancel()

    sink = Kept()
    with pytest.raises(Cancelled):
        separate(music(2, 1.0), name, {}, sink, Impatient())
    assert not sink.parts


@pytest.mark.parametrize("family", FAMILIES)
def test_half_precision_is_near(family: str, install) -> None:
    name, mix = install(family), music(2, 1.0)
    full, half = run(name, mix)["vocals"], run(name, mix, precision="half")["vocals"]
    assert np.linalg.norm(full - half) < 0.05 * np.linalg.norm(full)


def test_an_installed_model_is_the_default_method(install) -> None:
    assert default_backend() != "htdemucs"
    install("htdemucs")
    assert default_backend() == "htdemucs"


def test_a_model_that_is_not_there_is_named(install) -> None:
    install("htdemucs")
    with pytest.raises(NotReady, match="stemstudio models get htdemucs-ft"):
        run("htdemucs", music(2, 0.1), model="htdemucs-ft")


def test_a_device_that_is_not_there_is_told() -> None:
    for name, there in (("cuda", torch.cuda.is_available()), ("mps", torch.backends.mps.is_available())):
        if not there:
            with pytest.raises(NotReady, match=name):
                pick_device(name)
    assert pick_device("cpu").type == "cpu"
    with in_precision("half", torch.device("cpu")):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == torch.bfloat16


def test_memory_does_not_grow_with_the_song(install) -> None:
    """Of what waits between segments; the networks' own memory is that of one segment."""
    name = install("openunmix")

    class Long:
        sample_rate, channels = 44100, 2
        longest = 0

        def __init__(self, seconds: int) -> None:
            self.frames = seconds * 44100

        def read(self, start: int, frames: int) -> np.ndarray:
            self.longest = max(self.longest, frames)
            return np.full((2, frames), 0.1, np.float32)

    class Counting:
        longest = 0

        def write(self, start, stems):
            self.longest = max(self.longest, next(iter(stems.values())).shape[1])

    source, sink = Long(60), Counting()
    separate(source, name, {"segment": 8, "iterations": 0}, sink, Progress())
    assert max(source.longest, sink.longest) <= 8 * 44100
