"""Vocals and accompaniment by a RoFormer with published weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stemstudio.core.params import Values
from stemstudio.core.progress import Reporter
from stemstudio.core.source import Source
from stemstudio.separation.backend import StemSink
from stemstudio.separation.neural.device import in_precision, pick_device
from stemstudio.separation.neural.library import require
from stemstudio.separation.neural.published import Published
from stemstudio.separation.neural.rates import at_rate
from stemstudio.separation.neural.running import Steps, by_pairs
from stemstudio.separation.overlap import run_overlapped

if TYPE_CHECKING:
    import torch
    from torch import Tensor

_RATE = 44100
_HOP, _SEGMENT = 441, 352800  # where a card says nothing


class VocalRoFormer(Published):
    """Two stems by BS-RoFormer or Mel-Band RoFormer."""

    id = "roformer"
    title = "RoFormer"
    summary = "Vocals and accompaniment, the cleanest of all here; very slow without a graphics card."
    stems = ("vocals", "accompaniment")
    preferred = "melband-roformer-kim"
    reference = (
        "W.-T. Lu, J.-C. Wang, Q. Kong, Y.-N. Hung (2024), Music source separation with band-split RoPE transformer, "
        "ICASSP; J.-C. Wang, W.-T. Lu, M. Won (2023), Mel-band RoFormer, ISMIR."
    )

    def separate(self, mix: Source, values: Values, sink: StemSink, reporter: Reporter) -> None:
        """See `Backend.separate`."""
        import torch

        from stemstudio.separation.neural.roformer_weights import load_roformer

        chosen = self._models[str(values["model"])]
        require(chosen)
        device, only = pick_device(str(values["device"])), str(values["only"])
        network = load_roformer(chosen.files[0].path, int(chosen.hyperparameters.get("hop", _HOP))).to(device)
        segment = int(chosen.hyperparameters.get("segment", _SEGMENT))
        overlap = round(segment * float(values["overlap"]) / 100)

        def estimate(stereo: Tensor) -> Tensor:
            # A transform needs something to mirror at the ends.
            sound = torch.nn.functional.pad(stereo, (0, max(0, network.size - stereo.shape[-1])))
            with in_precision(str(values["precision"]), device):
                found = network(sound.to(device)).float().cpu()[..., : stereo.shape[-1]]
            vocals = found[:, 0]
            stems = torch.stack([vocals, found[:, 1] if found.shape[1] > 1 else stereo - vocals], 1)
            if only != "all":
                stems[:, 1 - self.stems.index(only)] = 0
            return stems

        with at_rate(mix, _RATE, sink) as (source, converted):
            layers = _layers(network)
            pieces = len(range(0, max(source.frames - overlap, 1), segment - overlap)) * ((source.channels + 1) // 2)
            steps = Steps(reporter, pieces * len(layers))
            steps.watch(layers)
            run_overlapped(
                by_pairs(estimate, self.stems), source, converted, segment=segment, overlap=overlap, window="linear",
                reporter=steps,
            )  # fmt: skip


def _layers(network: torch.nn.Module) -> list[torch.nn.Module]:
    """The parts that take about a second or less each, in the order of their calls."""
    from stemstudio.separation.neural.roformer import RoFormer

    assert isinstance(network, RoFormer)
    kinds = ("_Attention", "_FeedForward")
    return [part for part in network.layers.modules() if type(part).__name__ in kinds]
