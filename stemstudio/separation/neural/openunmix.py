"""Open-Unmix: the magnitude of one stem by three layers of LSTM that hear the song in both directions.

F.-R. Stöter, S. Uhlich, A. Liutkus, Y. Mitsufuji (2019), "Open-Unmix: a reference implementation for music source
separation", Journal of Open Source Software. Names of parameters are those of the published weights.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from stemstudio.core.errors import BadInput
from stemstudio.separation.neural.checkpoint_files import read_checkpoint
from stemstudio.separation.neural.fitting import fitted

SIZE, HOP = 4096, 1024
_PARTS = ("fc1.", "fc2.", "fc3.", "bn1.", "bn2.", "bn3.", "lstm.", "input_", "output_")


class OpenUnmix(nn.Module):
    """Magnitudes of a stem from those of the mixture.

    Parameters
    ----------
    bins : int
        Of the spectrum.
    heard : int
        The lowest of them, which the network looks at.
    hidden : int
        Width.
    layers : int
        Of the LSTM.
    both_ways : bool
        Whether it hears the future too.
    channels : int
    """

    def __init__(
        self,
        bins: int = 2049,
        heard: int = 1487,
        hidden: int = 512,
        layers: int = 3,
        both_ways: bool = True,
        channels: int = 2,
    ) -> None:
        super().__init__()
        self.heard = heard
        self.input_mean, self.input_scale = nn.Parameter(torch.zeros(heard)), nn.Parameter(torch.ones(heard))
        self.output_mean, self.output_scale = nn.Parameter(torch.ones(bins)), nn.Parameter(torch.ones(bins))
        self.fc1 = nn.Linear(heard * channels, hidden, bias=False)
        self.fc2 = nn.Linear(2 * hidden, hidden, bias=False)
        self.fc3 = nn.Linear(hidden, bins * channels, bias=False)
        self.bn1, self.bn2, self.bn3 = (nn.BatchNorm1d(width) for width in (hidden, hidden, bins * channels))
        self.lstm = nn.LSTM(hidden, hidden // (2 if both_ways else 1), layers, bidirectional=both_ways)

    def forward(self, mixture: Tensor) -> Tensor:
        """Map magnitudes (batch, channels, bins, frames) to magnitudes."""
        x = mixture.permute(3, 0, 1, 2)
        frames, batch, channels, bins = x.shape
        inside = ((x[..., : self.heard] + self.input_mean) * self.input_scale).flatten(2).flatten(0, 1)
        inside = torch.tanh(self.bn1(self.fc1(inside))).view(frames, batch, -1)
        both = torch.cat([inside, self.lstm(inside)[0]], -1).flatten(0, 1)
        mask = self.bn3(self.fc3(torch.relu(self.bn2(self.fc2(both))))).view(frames, batch, channels, bins)
        mask = torch.relu(mask * self.output_scale + self.output_mean)
        return mask.permute(1, 2, 3, 0) * mixture


def load_openunmix(path: Path) -> OpenUnmix:
    """Load a published file of one stem.

    Raises
    ------
    BadInput
        If the file is not one of Open-Unmix for stereo and a transform of `SIZE`.
    """
    tensors = {name: value for name, value in read_checkpoint(path).tensors.items() if name.startswith(_PARTS)}
    try:
        shapes = {name: tuple(value.shape) for name, value in tensors.items()}
        hidden, width = shapes["fc1.weight"]
        (heard,), (bins,) = shapes["input_mean"], shapes["output_mean"]
        layers = sum(name.startswith("lstm.weight_ih_l") and not name.endswith("_reverse") for name in shapes)
        both_ways = "lstm.weight_ih_l0_reverse" in shapes
        channels = width // heard
    except (KeyError, ValueError, ZeroDivisionError) as error:
        raise BadInput(f"{path.name} holds no weights of Open-Unmix.", "Take a file of that family.") from error
    if bins != SIZE // 2 + 1 or channels != 2:
        raise BadInput(
            f"{path.name} is an Open-Unmix of another kind (not for music in stereo).", "Take another model."
        )
    return fitted(lambda: OpenUnmix(bins, heard, hidden, layers, both_ways, channels), tensors, path.name)
