"""The published weights of Hybrid Demucs and HTDemucs, as their programs wrote them, and torchaudio's renamed ones.

What the network looks like is read from the names and shapes of its tensors. The file's own word is taken for what
tensors cannot tell: the names of the stems, the length of a segment and the number of heads.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stemstudio.core.errors import BadInput
from stemstudio.separation.neural.checkpoint_files import read_checkpoint
from stemstudio.separation.neural.fitting import fitted

if TYPE_CHECKING:
    from torch import Tensor

    from stemstudio.separation.neural.hybrid_demucs import HybridDemucs

RATE = 44100
_FOUR = ("drums", "bass", "other", "vocals")
_ORDERS = {2: ("drums", "vocals"), 4: _FOUR, 6: (*_FOUR, "guitar", "piano")}
_PLAIN = {
    "cac": True, "hybrid": True, "hybrid_old": False, "multi_freqs": None, "audio_channels": 2, "samplerate": RATE,
    "growth": 2, "kernel_size": 8, "stride": 4, "time_stride": 2, "context": 1, "context_enc": 0, "rewrite": True,
    "norm_groups": 4, "dconv_depth": 2, "t_emb": "sin", "t_norm_in": True, "t_norm_in_group": False,
    "t_group_norm": False, "t_norm_first": True, "t_layer_scale": True, "t_gelu": True, "t_cross_first": False,
    "t_sparse_self_attn": False, "t_sparse_cross_attn": False, "t_weight_pos_embed": 1.0, "t_max_period": 10000.0,
    "freq_emb": 0.2, "emb_scale": 10,
}  # fmt: skip
"""What this implementation does where the original can be told to do otherwise."""


@dataclass(frozen=True, slots=True)
class DemucsModel:
    """A network ready for use, the stems in the order that it gives them, and its segment in samples."""

    network: HybridDemucs
    stems: tuple[str, ...]
    segment: int


def load_demucs(path: Path) -> DemucsModel:
    """Load a published file.

    Raises
    ------
    BadInput
        If the file is not one of this family, or of a variant that is not known.
    """
    from stemstudio.separation.neural.hybrid_demucs import HybridDemucs

    checkpoint = read_checkpoint(path)
    tensors = _renamed(checkpoint.tensors)
    for name, plain in _PLAIN.items():
        if checkpoint.arguments.get(name, plain) != plain:
            raise BadInput(
                f"{path.name} is a variant of Demucs that StemStudio does not know ({name}).", "Take another model."
            )
    try:
        shape = _architecture(tensors, checkpoint.arguments)
    except (KeyError, IndexError, ValueError, TypeError) as error:
        raise BadInput(f"{path.name} holds no weights of Hybrid Demucs.", "Take a file of that family.") from error
    network = fitted(lambda: HybridDemucs(**shape), tensors, path.name)
    stems, segment = _stems(checkpoint.arguments, shape["sources"]), _segment(checkpoint.arguments, shape["layers"])
    return DemucsModel(network, stems, segment)


def is_demucs(names: Mapping[str, Tensor]) -> bool:
    """Whether tensors of these names are of this family."""
    return "freq_emb.embedding.weight" in names and any(
        name.startswith(("tencoder.", "time_encoder.")) for name in names
    )


def _renamed(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The names of Demucs itself; torchaudio's copy has others, and two tensors that nothing reads."""
    words = {
        "freq_encoder": "encoder",
        "freq_decoder": "decoder",
        "time_encoder": "tencoder",
        "time_decoder": "tdecoder",
    }
    renamed = {}
    for name, value in tensors.items():
        first, _, rest = name.partition(".")
        renamed[f"{words.get(first, first)}.{rest}"] = value
    if any(name.startswith("freq_encoder.") for name in tensors):
        bare = [
            name for name in renamed if name.startswith("tencoder.") and name.endswith(("norm1.weight", "norm1.bias"))
        ]
        for name in bare:
            if f"{name.rpartition('.norm1')[0]}.rewrite.weight" not in renamed:
                del renamed[name]
    return renamed


def _architecture(tensors: Mapping[str, Tensor], arguments: Mapping[str, Any]) -> dict[str, Any]:
    shapes = {name: tuple(value.shape) for name, value in tensors.items()}
    depth = _count(shapes, "encoder")
    channels, channels_in_z, *_ = shapes["encoder.0.conv.weight"]
    channels_in = channels_in_z // 2
    hidden, inner, _ = shapes["encoder.0.dconv.layers.0.0.weight"]
    layers = _count(shapes, "crosstransformer.layers")
    heads = arguments.get("t_heads", 8)
    bottom = shapes.get("channel_upsampler.weight", (0,))[0]
    if type(heads) is not int or not 1 <= heads <= 64 or (bottom or channels << depth - 1) % heads:
        raise ValueError("heads")

    def first(part: str) -> int:
        return next((index for index in range(depth) if f"encoder.{index}.{part}" in shapes), depth)

    return {
        "sources": shapes[f"decoder.{depth - 1}.conv_tr.weight"][1] // channels_in_z,
        "channels": channels,
        "depth": depth,
        "size": shapes["freq_emb.embedding.weight"][0] * 8,
        "channels_in": channels_in,
        "compress": inner // hidden,
        "residual_in_decoder": "decoder.0.dconv.layers.0.0.weight" in shapes,
        "norm_from": first("norm1.weight"),
        "memory_from": first("dconv.layers.0.3.lstm.weight_ih_l0"),
        "bottom": bottom,
        "layers": layers,
        "heads": heads,
        "hidden": shapes["crosstransformer.layers.0.linear1.weight"][0] if layers else 0,
    }


def _count(shapes: Mapping[str, object], prefix: str) -> int:
    """Number of entries of a list of modules; at most as many as the file has tensors."""
    found = {name[len(prefix) + 1 :].partition(".")[0] for name in shapes if name.startswith(f"{prefix}.")}
    count = 0
    while str(count) in found:
        count += 1
    if prefix == "encoder" and not 2 <= count <= 8:
        raise ValueError("depth")
    return count


def _stems(arguments: Mapping[str, Any], count: int) -> tuple[str, ...]:
    given = arguments.get("sources")
    if isinstance(given, list | tuple) and len(given) == count:
        names = tuple(str(name)[:40].strip().lower() for name in given)
        if len(set(names)) == count and all(name.replace("_", "").isalnum() for name in names):
            return names
    if count in _ORDERS:
        return _ORDERS[count]
    raise BadInput("The file does not say what its stems are called.", "Import it with a card.")


def _segment(arguments: Mapping[str, Any], layers: int) -> int:
    seconds = arguments.get("segment", Fraction(39, 5) if layers else 40)
    if isinstance(seconds, str) and re.fullmatch(r"\d{1,9}/\d{1,9}", seconds) and not seconds.endswith("/0"):
        seconds = Fraction(seconds)
    if not isinstance(seconds, int | float | Fraction) or not 1 <= seconds <= 120:
        raise BadInput("The file names a length of segments that cannot be.", "Take another model.")
    return int(seconds * RATE)
