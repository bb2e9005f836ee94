"""The program's own four-stem separator as a backend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
from stemstudio.separation.neural.together import separate_together
from stemstudio.separation.overlap import run_overlapped

if TYPE_CHECKING:
    from torch import Tensor, nn

MODEL_ID = "stemstudio-small"
_STEMS = ("vocals", "drums", "bass", "other")
_RATE = 44100
_SEGMENT = 127 * 2048  # 5.9 s, as in training
_VIEWS = {1: (4096,), 2: (3600, 4608), 3: (2880, 3600, 4608)}
"""Transform sizes in samples. Each shows the network the sound at another pitch and tempo, where it errs otherwise."""


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
            ParamSpec(
                "views",
                "int",
                3,
                "Views",
                "More let it hear the sound at more pitches and tempos before it decides, and take longer.",
                low=1,
                high=3,
                step=1,
                group="Advanced",
            ),
            ParamSpec(
                "rules",
                "float",
                30.0,
                "Share of the rules",
                "How much the rules of the method without a model have to say; they hear what repeats, whatever it is.",
                low=0.0,
                high=60.0,
                step=5.0,
                unit="%",
                group="Advanced",
            ),
        ),
        reference="A. Jansson et al. (2017), Singing voice separation with deep U-Net convolutional nets, ISMIR.",
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
        sizes, share = _VIEWS[int(values["views"])], float(values["rules"]) / 100
        with at_rate(mix, _RATE, sink) as (source, converted):

            def by_network(stems: StemSink, within: Reporter) -> None:
                steps = _Steps(within, len(range(0, max(source.frames - overlap, 1), _SEGMENT - overlap)))

                def stems_of(batch: NDArray[np.float32]) -> Mapping[str, NDArray[np.float32]]:
                    with torch.inference_mode():
                        return _separate(network, torch.from_numpy(batch), sizes, steps)

                run_overlapped(stems_of, source, stems, segment=_SEGMENT, overlap=overlap, reporter=steps)

            if share:
                separate_together(by_network, source, share, converted, reporter)
            else:
                by_network(converted, reporter)


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
    import torch

    from stemstudio.separation.neural.checkpoints import load_network

    # Measured: a quarter less time for the network.
    return load_network(card).to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]  # untyped


def _separate(network: nn.Module, batch: Tensor, sizes: Sequence[int], steps: _Steps) -> dict[str, NDArray[np.float32]]:
    """Stems of (batch, channels, frames), each of that shape."""
    import torch

    channels = batch.shape[1]
    found = torch.zeros(len(_STEMS), *batch.shape)
    views = [(first, size) for first in range(0, channels, 2) for size in sizes]
    for number, (first, size) in enumerate(views):
        steps.within(number / len(views))
        pair = batch[:, first : first + 2]
        stereo = pair if pair.shape[1] == 2 else pair.expand(-1, 2, -1)
        found[:-1, :, first : first + 2] += _stems_of_stereo(network, stereo, size)[:, :, : pair.shape[1]] / len(sizes)
    found[-1] = batch - found[:-1].sum(0)
    return dict(zip(_STEMS, found.numpy(), strict=True))


def _stems_of_stereo(network: nn.Module, stereo: Tensor, size: int) -> Tensor:
    """All stems but the last, which is the rest, of (batch, 2, frames) by a transform of `size` samples."""
    import torch

    from stemstudio.separation.neural import bands

    window, hop = torch.hann_window(size), size // 2
    sound = bands.middle_sides(stereo)
    spectrum = torch.stft(sound.flatten(0, 1), size, hop, window=window, return_complex=True)
    spectrum = spectrum.transpose(1, 2).reshape(*sound.shape[:2], -1, spectrum.shape[1])
    masks = network(bands.heard(spectrum))[:, :-1].transpose(0, 1)
    masked = (bands.spread(masks, spectrum.shape[-1]) * spectrum).transpose(-1, -2)
    out = torch.istft(masked.flatten(0, 2), size, hop, window=window, length=stereo.shape[-1])
    return bands.middle_sides(out.reshape(-1, *sound.shape))
