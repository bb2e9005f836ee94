"""The program's own four-stem separator as a backend."""

from __future__ import annotations

from collections.abc import Mapping
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
_SEGMENT = 255 * 2048  # 11.8 s: whole transform frames, and far less than a second of work


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

        def stems_of(batch: NDArray[np.float32]) -> Mapping[str, NDArray[np.float32]]:
            with torch.inference_mode():
                return {stem: part.numpy() for stem, part in _separate(network, torch.from_numpy(batch)).items()}

        with at_rate(mix, _RATE, sink) as (source, converted):
            run_overlapped(
                stems_of,
                source,
                converted,
                segment=_SEGMENT,
                overlap=round(_SEGMENT * float(values["overlap"]) / 100),
                reporter=reporter,
            )


def _load(card: ModelCard) -> nn.Module:
    from stemstudio.separation.neural.checkpoints import load_network

    return load_network(card)


def _separate(network: nn.Module, batch: Tensor) -> dict[str, Tensor]:
    """Stems of (batch, channels, frames), each of that shape."""
    import torch

    channels = batch.shape[1]
    pairs = []
    for first in range(0, channels, 2):
        pair = batch[:, first : first + 2]
        stereo = pair if pair.shape[1] == 2 else pair.expand(-1, 2, -1)
        pairs.append(_stems_of_stereo(network, stereo)[..., : pair.shape[1], :])
    return dict(zip(_STEMS, torch.cat(pairs, -2).unbind(1), strict=True))


def _stems_of_stereo(network: nn.Module, stereo: Tensor) -> Tensor:
    """Map (batch, 2, frames) to (batch, stems, 2, frames)."""
    import torch

    from stemstudio.separation.neural import bands

    window = torch.hann_window(bands.N_FFT)
    sound = bands.middle_sides(stereo)
    spectrum = torch.stft(sound.flatten(0, 1), bands.N_FFT, bands.HOP, window=window, return_complex=True)
    spectrum = spectrum.transpose(1, 2).reshape(*sound.shape[:2], -1, spectrum.shape[1])
    masks = bands.spread(network(bands.heard(spectrum)))
    stems = (masks * spectrum[:, None]).transpose(-1, -2).flatten(0, 2)
    out = torch.istft(stems, bands.N_FFT, bands.HOP, window=window, length=stereo.shape[-1])
    return bands.middle_sides(out.reshape(*masks.shape[:3], -1))
