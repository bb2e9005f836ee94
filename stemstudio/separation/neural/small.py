"""The program's own four-stem separator as a backend."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from stemstudio.core.errors import NotReady
from stemstudio.core.params import ParamSpec, Values
from stemstudio.core.progress import Reporter
from stemstudio.core.source import Source
from stemstudio.separation.backend import Availability, BackendInfo, Missing, Ready, StemSink
from stemstudio.separation.neural.catalog import ModelCard, find_card
from stemstudio.separation.neural.rates import at_rate
from stemstudio.separation.overlap import run_overlapped

if TYPE_CHECKING:
    from torch import Tensor, nn

MODEL_ID = "stemstudio-small"
_STEMS = ("vocals", "drums", "bass", "other")
_RATE = 44100
_SEGMENT = 127 * 2048  # 5.9 s, as in training


class SmallSeparator:
    """Four stems by masks in bands (see `bands` and `unet`).

    Works at 44.1 kHz in stereo. A mono sound is heard as one that is the same left and right; the channels of a wider
    sound are taken two by two. At other rates the stems are computed at 44.1 kHz and converted back, so what lies above
    22 kHz is left to the residual.
    """

    info = BackendInfo(
        id=MODEL_ID,
        title="StemStudio Small",
        summary="Vocals, drums, bass and other by a small network trained on free music; quick on any computer, best "
        "on electronic pop, weaker on dense rock, choirs and orchestras.",
        family="neural",
        stems=_STEMS,
        params=(
            ParamSpec(
                "overlap",
                "float",
                25.0,
                "Overlap",
                "Higher smooths the joints between segments and takes longer.",
                low=5.0,
                high=75.0,
                step=5.0,
                unit="%",
                group="Advanced",
            ),
        ),
        reference="After A. Jansson et al. (2017), Singing voice separation with deep U-Net convolutional nets, ISMIR.",
        needs_model=True,
    )

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder

    def availability(self) -> Availability:
        """See `Backend.availability`."""
        try:
            card = find_card(MODEL_ID, self._folder)
        except NotReady as error:
            return Missing(error.what, error.todo)
        if not card.installed:
            return Missing(f"The weights {card.weights.name} are missing.", "Install StemStudio again.")
        return Ready()

    def separate(self, mix: Source, values: Values, sink: StemSink, reporter: Reporter) -> None:
        """See `Backend.separate`."""
        import torch

        network = _load(find_card(MODEL_ID, self._folder))
        overlap = round(_SEGMENT * float(values["overlap"]) / 100)
        with at_rate(mix, _RATE, sink) as (source, converted):
            steps = _Steps(reporter, len(range(0, max(source.frames - overlap, 1), _SEGMENT - overlap)))

            def stems_of(batch: NDArray[np.float32]) -> Mapping[str, NDArray[np.float32]]:
                with torch.inference_mode():
                    return _separate(network, torch.from_numpy(batch), steps)

            run_overlapped(stems_of, source, converted, segment=_SEGMENT, overlap=overlap, reporter=steps)


class _Steps:
    """A reporter that is told of the steps within a segment as well, so that a wish to stop is heard soon."""

    def __init__(self, reporter: Reporter, segments: int) -> None:
        self._reporter, self._segments = reporter, segments
        self._done = 0.0

    def update(self, fraction: float, message: str = "") -> None:
        """See `Reporter.update`; `fraction` of the song up to this segment."""
        self._done = fraction
        self._reporter.update(fraction, message)

    def part(self, start: float, end: float) -> Reporter:
        """See `Reporter.part`."""
        return self._reporter.part(start, end)

    def within(self, fraction: float) -> None:
        """Say that `fraction` of this segment is done."""
        self._reporter.update(self._done + fraction / self._segments)


def _load(card: ModelCard) -> nn.Module:
    from stemstudio.separation.neural.checkpoints import load_network

    return load_network(card)


def _separate(network: nn.Module, batch: Tensor, steps: _Steps) -> dict[str, NDArray[np.float32]]:
    """Stems of (batch, channels, frames), each of that shape."""
    import torch

    channels = batch.shape[1]
    pairs = []
    for first in range(0, channels, 2):
        pair = batch[:, first : first + 2]
        stereo = pair if pair.shape[1] == 2 else pair.expand(-1, 2, -1)
        share = pair.shape[1] / channels
        stems = [stem[:, : pair.shape[1]] for stem in _stems_of_stereo(network, stereo, steps, first / channels, share)]
        pairs.append(torch.stack(stems))
    return dict(zip(_STEMS, torch.cat(pairs, 2).numpy(), strict=True))


def _stems_of_stereo(network: nn.Module, stereo: Tensor, steps: _Steps, done: float, share: float) -> Iterator[Tensor]:
    """Yield each stem of (batch, 2, frames); `done` of the segment before and `share` of it here go to `steps`."""
    import torch

    from stemstudio.separation.neural import bands

    window = torch.hann_window(bands.N_FFT)
    sound = bands.middle_sides(stereo)
    spectrum = torch.stft(sound.flatten(0, 1), bands.N_FFT, bands.HOP, window=window, return_complex=True)
    spectrum = spectrum.transpose(1, 2).reshape(*sound.shape[:2], -1, spectrum.shape[1])
    shown = bands.heard(spectrum)
    steps.within(done + 0.15 * share)
    masks = network(shown)
    for k in range(len(_STEMS)):
        # Measured: a sixth of the time for the analysis, a half for the network, the rest for the stems.
        steps.within(done + (0.6 + 0.1 * k) * share)
        stem = (bands.spread(masks[:, k]) * spectrum).transpose(-1, -2).flatten(0, 1)
        out = torch.istft(stem, bands.N_FFT, bands.HOP, window=window, length=stereo.shape[-1])
        yield bands.middle_sides(out.reshape(*sound.shape))
