"""Demucs, version 3 (hybrid) and 4 (with a transformer), with the weights that their makers published."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from stemstudio.core.buffer import Samples
from stemstudio.core.params import ParamSpec, Values
from stemstudio.core.progress import Reporter
from stemstudio.core.source import Source, blocks
from stemstudio.separation.backend import StemSink
from stemstudio.separation.neural.device import in_precision, pick_device
from stemstudio.separation.neural.library import Model, require
from stemstudio.separation.neural.published import FOUR, OVERLAP, Published
from stemstudio.separation.neural.rates import at_rate
from stemstudio.separation.neural.running import Steps, by_pairs
from stemstudio.separation.neural.shifting import run_shifted, shifts
from stemstudio.separation.overlap import run_overlapped

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from stemstudio.separation.neural.demucs_weights import DemucsModel

_RATE = 44100
_SHIFTS = ParamSpec(
    "shifts",
    "int",
    1,
    "Runs",
    "More average several runs over the sound, each shifted a little: up to 0.2 dB better, each takes the time again.",
    low=1,
    high=10,
    step=1,
    group="Advanced",
)
_SEGMENT = ParamSpec(
    "segment",
    "float",
    12.0,
    "Segment",
    "Longer lets it hear more around each moment and takes more memory.",
    low=2.0,
    high=44.0,
    step=1.0,
    unit="s",
    group="Advanced",
)


class _Demucs(Published):
    """What the versions share."""

    params: tuple[ParamSpec, ...] = (OVERLAP, _SHIFTS)

    def separate(self, mix: Source, values: Values, sink: StemSink, reporter: Reporter) -> None:
        """See `Backend.separate`."""
        chosen = self._models[str(values["model"])]
        require(chosen)
        device = pick_device(str(values["device"]))
        only = () if values["only"] == "all" else (str(values["only"]),)
        bag = _Bag(chosen, only or self.stems, device, str(values["precision"]))
        segment = round(float(values["segment"]) * _RATE) if "segment" in values else bag.segment
        overlap = segment - int((1 - float(values["overlap"]) / 100) * segment)
        delays = shifts(int(values["shifts"]), _RATE)
        with at_rate(mix, _RATE, sink) as (source, converted):
            level = bag.normalised(source, reporter)
            pairs = (source.channels + 1) // 2
            segments = sum(len(range(0, source.frames + delay, segment - overlap)) for delay in delays)
            steps = Steps(reporter, segments * pairs * bag.layers)
            bag.watch(steps)

            def run(sound: Source, stems: StemSink, within: Reporter) -> None:
                run_overlapped(
                    by_pairs(bag, self.stems),
                    sound,
                    stems,
                    segment=segment,
                    overlap=overlap,
                    window="triangle",
                    tail="short" if "segment" in values else "centre",
                    reporter=within,
                )

            run_shifted(run, level, delays, converted, _Quiet(steps))


class _Quiet:
    """Tells nothing, but hears the wish to stop: the layers themselves tell how far the work is."""

    def __init__(self, steps: Steps) -> None:
        self._steps = steps

    def update(self, fraction: float, message: str = "") -> None:  # noqa: ARG002 - the protocol's
        """See `Reporter.update`."""
        self._steps.update(0.0, message)

    def part(self, start: float, end: float) -> Reporter:  # noqa: ARG002 - the protocol's
        """See `Reporter.part`."""
        return self


class _Bag:
    """The networks of a model, each with its share in each stem; one without a share in what is wanted is not run."""

    def __init__(self, model: Model, wanted: tuple[str, ...], device: torch.device, precision: str) -> None:
        from stemstudio.separation.neural.demucs_weights import load_demucs

        self._stems, self._wanted, self._device, self._precision = _order(model), wanted, device, precision
        self._members: list[tuple[DemucsModel, dict[str, float]]] = []
        for file in model.files:
            shares = {stem: file.shares.get(stem, 0.0) for stem in wanted}
            if any(shares.values()):
                member = load_demucs(file.path)
                member.network.to(device)
                self._members.append((member, shares))
        self._totals = {stem: sum(shares[stem] for _, shares in self._members) for stem in wanted}
        self._mean, self._std = 0.0, 1.0

    @property
    def segment(self) -> int:
        """Frames that the networks were trained on."""
        return self._members[0][0].segment

    @property
    def layers(self) -> int:
        """Calls of watched layers for one segment."""
        return sum(len(list(_layers(member))) for member, _ in self._members)

    def watch(self, steps: Steps) -> None:
        """Let `steps` count the layers."""
        for member, _ in self._members:
            steps.watch(_layers(member))

    def normalised(self, source: Source, reporter: Reporter) -> Source:
        """Return the whole song with a mean of 0 and a deviation of 1, as the networks expect it."""
        total, squares = 0.0, 0.0
        for _, block in blocks(source, 1 << 19):
            reporter.update(0.0)
            middle = block.mean(0, dtype=np.float64)
            total += float(middle.sum())
            squares += float(middle @ middle)
        self._mean = total / max(source.frames, 1)
        variance = (squares - total * self._mean) / max(source.frames - 1, 1)
        self._std = float(np.sqrt(max(variance, 0.0))) + 1e-8
        return _Normalised(source, self._mean, self._std)

    def __call__(self, stereo: Tensor) -> Tensor:
        """Map (batch, 2, frames) to (batch, stems, 2, frames)."""
        import torch

        found = torch.zeros(stereo.shape[0], len(self._stems), *stereo.shape[1:])
        sound = stereo.to(self._device)
        for member, shares in self._members:
            with in_precision(self._precision, self._device):
                out = member.network(sound).float().cpu()
            for stem, share in shares.items():
                if share:
                    part = out[:, member.stems.index(stem)] * self._std + self._mean
                    found[:, self._stems.index(stem)] += part * (share / self._totals[stem])
        return found


class _Normalised:
    """A sound less its mean and divided by its deviation; silence before and after it stays silence."""

    def __init__(self, source: Source, mean: float, std: float) -> None:
        self._source, self._mean, self._std = source, np.float32(mean), np.float32(std)
        self.sample_rate, self.channels, self.frames = source.sample_rate, source.channels, source.frames

    def read(self, start: int, frames: int) -> Samples:
        """See `Source.read`."""
        out = self._source.read(start, frames)
        inside = slice(max(0, min(frames, -start)), max(0, min(frames, self.frames - start)))
        out[:, inside] = (out[:, inside] - self._mean) / self._std
        return out


def _order(model: Model) -> tuple[str, ...]:
    return tuple(sorted(model.stems, key=[*FOUR, *sorted(set(model.stems) - set(FOUR))].index))


def _layers(member: DemucsModel) -> list[torch.nn.Module]:
    network = member.network
    parts = [*network.encoder, *network.decoder]
    if network.crosstransformer is not None:
        parts += [*network.crosstransformer.layers, *network.crosstransformer.layers_t]
    return parts


class HTDemucs(_Demucs):
    """Four stems by HTDemucs."""

    id = "htdemucs"
    title = "HTDemucs"
    summary = (
        "Vocals, drums, bass and other by Demucs 4; among the best open models, several times slower than small ones."
    )
    reference = "S. Rouard, F. Massa, A. Défossez (2023), Hybrid transformers for music source separation, ICASSP."


class HTDemucsSix(_Demucs):
    """Six stems by HTDemucs."""

    id = "htdemucs-6s"
    title = "HTDemucs, six stems"
    summary = "Guitar and piano beside the usual four; the piano often bleeds, by its makers' word."
    stems = (*FOUR, "guitar", "piano")
    reference = HTDemucs.reference


class HDemucs(_Demucs):
    """Four stems by Hybrid Demucs."""

    id = "hdemucs"
    title = "Hybrid Demucs"
    summary = "Vocals, drums, bass and other by Demucs 3; quicker than its successor and a little less clean."
    preferred = "hdemucs-mmi"
    params = (OVERLAP, _SHIFTS, _SEGMENT)
    reference = "A. Défossez (2021), Hybrid spectrogram and waveform source separation, ISMIR workshop on MSS."
