"""Open-Unmix with the weights that its makers published, one network for each stem."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stemstudio.core.params import ParamSpec, Values
from stemstudio.core.progress import Reporter
from stemstudio.core.source import Source
from stemstudio.separation.backend import StemSink
from stemstudio.separation.neural.device import in_precision, pick_device
from stemstudio.separation.neural.library import require
from stemstudio.separation.neural.published import OVERLAP, Published
from stemstudio.separation.neural.rates import at_rate
from stemstudio.separation.neural.running import Steps, by_pairs
from stemstudio.separation.overlap import run_overlapped

if TYPE_CHECKING:
    from torch import Tensor

    from stemstudio.separation.neural.openunmix import OpenUnmix

_RATE = 44100
_ITERATIONS = ParamSpec(
    "iterations",
    "int",
    1,
    "Refinements",
    "More make the stems share every moment out by where they come from; past one or two little is won.",
    low=0,
    high=5,
    step=1,
)
_SEGMENT = ParamSpec(
    "segment",
    "float",
    20.0,
    "Segment",
    "Longer lets it hear more around each moment and takes more memory.",
    low=7.0,
    high=60.0,
    step=1.0,
    unit="s",
    group="Advanced",
)


class OpenUnmixSeparator(Published):
    """Four stems by Open-Unmix."""

    id = "openunmix"
    title = "Open-Unmix"
    summary = "Vocals, drums, bass and other by recurrent networks; quick, with more bleed than Demucs."
    preferred = "umxhq"
    params = (_ITERATIONS, OVERLAP, _SEGMENT)
    reference = "F.-R. Stöter, S. Uhlich, A. Liutkus, Y. Mitsufuji (2019), Open-Unmix, JOSS 4(41)."

    def separate(self, mix: Source, values: Values, sink: StemSink, reporter: Reporter) -> None:
        """See `Backend.separate`."""
        import torch

        from stemstudio.separation.neural.openunmix import HOP, SIZE, load_openunmix
        from stemstudio.separation.neural.wiener_em import wiener

        chosen = self._models[str(values["model"])]
        require(chosen)
        device, only = pick_device(str(values["device"])), str(values["only"])
        iterations = int(values["iterations"])
        wanted = self.stems if only == "all" or iterations else (only,)
        networks: dict[str, OpenUnmix] = {}
        for file in chosen.files:
            for stem in file.shares:
                if stem in wanted:
                    networks[stem] = load_openunmix(file.path).to(device)
        window = torch.hann_window(SIZE, device=device)

        def estimate(stereo: Tensor) -> Tensor:
            batch, _, frames = stereo.shape
            # A transform needs something to mirror at the ends.
            sound = torch.nn.functional.pad(stereo, (0, max(0, SIZE - frames))).to(device)
            spectrum = torch.stft(sound.flatten(0, 1), SIZE, HOP, window=window, return_complex=True)
            spectrum = spectrum.view(batch, 2, *spectrum.shape[1:])
            with in_precision(str(values["precision"]), device):
                found = [network(spectrum.abs()).float() for network in networks.values()]
            magnitudes = torch.stack(found, 1)
            stems = torch.stack([wiener(m, s, iterations) for m, s in zip(magnitudes, spectrum, strict=True)])
            out = torch.istft(stems.flatten(0, 2), SIZE, HOP, window=window, length=sound.shape[-1])
            out = out.view(batch, len(networks), 2, -1)[..., :frames].cpu()
            complete = torch.zeros(batch, len(self.stems), 2, frames)
            for index, stem in enumerate(networks):
                if only in ("all", stem):
                    complete[:, self.stems.index(stem)] = out[:, index]
            return complete

        # Windows of the filter begin at multiples of its length, whatever the segment.
        segment = round(float(values["segment"]) * _RATE)
        overlap = round(segment * float(values["overlap"]) / 100)
        with at_rate(mix, _RATE, sink) as (source, converted):
            pieces = len(range(0, source.frames, segment - overlap)) * ((source.channels + 1) // 2)
            steps = Steps(reporter, pieces * len(networks))
            steps.watch(networks.values())
            run_overlapped(
                by_pairs(estimate, self.stems), source, converted, segment=segment, overlap=overlap, window="hann",
                tail="short", reporter=steps,
            )  # fmt: skip
