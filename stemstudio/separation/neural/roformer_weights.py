"""Published weights of RoFormers; what the network looks like is read from the names and shapes of the tensors."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stemstudio.core.errors import BadInput
from stemstudio.separation.neural.checkpoint_files import read_checkpoint
from stemstudio.separation.neural.fitting import fitted

if TYPE_CHECKING:
    from torch import Tensor

    from stemstudio.separation.neural.roformer import RoFormer

RATE = 44100
_SIZES = (2048, 4096, 1024)


def load_roformer(path: Path, hop: int) -> RoFormer:
    """Load a published file whose transform has `hop` samples between frames, which tensors cannot tell.

    Raises
    ------
    BadInput
        If the file is not one of this family, or of a variant that is not known.
    """
    from stemstudio.separation.neural.roformer import RoFormer

    tensors = _renumbered(read_checkpoint(path).tensors)
    shapes = {name: tuple(value.shape) for name, value in tensors.items()}
    try:
        architecture = _architecture(shapes)
    except (KeyError, IndexError, ValueError, ZeroDivisionError) as error:
        raise BadInput(
            f"{path.name} holds no weights of a RoFormer in stereo.", "Take a file of that family."
        ) from error
    return fitted(lambda: RoFormer(hop=hop, **architecture), tensors, path.name)


def _renumbered(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Count the transformers of a layer from 0; later versions of the package keep a place, empty here, before them."""
    late = not any(re.match(r"layers\.\d+\.0\.", name) for name in tensors)

    def lower(found: re.Match[str]) -> str:
        return f"{found[1]}{int(found[2]) - 1}."

    return {re.sub(r"^(layers\.\d+\.)([12])\.", lower, name) if late else name: tensors[name] for name in tensors}


def _architecture(shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Any]:
    attention = "layers.0.0.layers.0.0."
    widths = [shapes[f"band_split.to_features.{b}.0.gamma"][0] for b in range(_count(shapes, "band_split.to_features"))]
    heads, width = shapes[f"{attention}to_gates.weight"]
    head_width = shapes[f"{attention}to_qkv.weight"][0] // 3 // heads
    if 2 * shapes[f"{attention}rotary_embed.freqs"][0] != head_width or any(inside % 4 for inside in widths):
        raise ValueError("heads")
    masks = "mask_estimators.0.to_freqs.0.0"
    linears = [index for index in range(0, 20, 2) if f"{masks}.{index}.weight" in shapes]
    norm_each = "layers.0.0.norm.gamma" in shapes
    bands, size = _mel_bands(widths) if norm_each else _side_by_side(widths)
    return {
        "bands": bands,
        "size": size,
        "stems": _count(shapes, "mask_estimators"),
        "width": width,
        "depth": _count(shapes, "layers"),
        "time_depth": _count(shapes, "layers.0.0.layers"),
        "band_depth": _count(shapes, "layers.0.1.layers"),
        "heads": heads,
        "head_width": head_width,
        "expansion": shapes["layers.0.0.layers.0.1.net.1.weight"][0] // width,
        "mask_widths": [shapes[f"{masks}.{index}.weight"][0] for index in linears[:-1]],
        "norm_each": norm_each,
    }


def _count(shapes: Mapping[str, object], prefix: str) -> int:
    found = {name[len(prefix) + 1 :].partition(".")[0] for name in shapes if name.startswith(f"{prefix}.")}
    count = 0
    while str(count) in found:
        count += 1
    if not count:
        raise ValueError(prefix)
    return count


def _side_by_side(widths: list[int]) -> tuple[list[range], int]:
    ends = list(accumulate(inside // 4 for inside in widths))
    return [range(end - inside // 4, end) for end, inside in zip(ends, widths, strict=True)], 2 * (ends[-1] - 1)


def _mel_bands(widths: list[int]) -> tuple[list[list[int]], int]:
    """Bins that each mel filter touches, for the size of transform at which they are as many as the file says."""
    import librosa

    for size in _SIZES:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of filters that are empty, at a size that does not fit
            filters = librosa.filters.mel(sr=RATE, n_fft=size, n_mels=len(widths)) > 0
        filters[0, 0] = filters[-1, -1] = True
        bands = [row.nonzero()[0].tolist() for row in filters]
        if [4 * len(band) for band in bands] == widths:
            return bands, size
    raise ValueError("bands")
