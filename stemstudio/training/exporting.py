"""From a run to a model: averaged weights in half precision and the card that says what they are."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from stemstudio.separation.neural.bands import STEMS
from stemstudio.separation.neural.checkpoints import digest, save_weights
from stemstudio.training.config import RunConfig
from stemstudio.training.provenance import Provenance


def export(
    config: RunConfig,
    folder: Path,
    weights: Mapping[str, Tensor],
    rows: list[Provenance],
    scores: Mapping[str, float],
    step: int,
) -> Path:
    """Write ``<id>.safetensors`` and ``<id>.toml`` into `folder`; returns the card's path."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{config.id}.safetensors"
    save_weights(file, weights, {"program": "StemStudio", "licence": config.weights_licence})
    licences = sorted({row.licence for row in rows})
    hours = sum(row.seconds for row in rows if not row.held_out) / 3600
    songs = sorted({row.song for row in rows if not row.held_out})
    held_out = sorted({row.song for row in rows if row.held_out})
    data = f"{hours:.2f} hours of stems from {len(songs)} songs or sets; licences: {'; '.join(licences)}."
    lines = [
        f"id = {_quoted(config.id)}",
        f"title = {_quoted(config.title or config.id)}",
        f"network = {_quoted(config.network)}",
        f"stems = {json.dumps(STEMS)}",
        "",
        "[hyperparameters]",
        *(f"{name} = {_value(value)}" for name, value in config.hyperparameters.items()),
        "",
        "[weights]",
        f"file = {_quoted(file.name)}",
        f"sha256 = {_quoted(digest(file))}",
        f"bytes = {file.stat().st_size}",
        "",
        "[licence]",
        'code = "GPL-3.0-or-later"',
        f"weights = {_quoted(config.weights_licence)}",
        "",
        "[training]",
        f"data = {_quoted(data)}",
        'source = "Trained in StemStudio\'s lab: stemstudio train RUN.toml"',
        f"seed = {config.seed}",
        f"steps = {step}",
        f"held_out = {json.dumps(held_out)}",
        "",
        "[scores]",
        'what = "Mean SDR in dB over 3 s windows of the held-out songs in which the stem is heard"',
        *(f"{stem} = {value:.2f}" for stem, value in scores.items()),
        "",
    ]
    card = folder / f"{config.id}.toml"
    card.write_text("\n".join(lines), encoding="utf-8")
    return card


def _quoted(text: str) -> str:
    # A JSON string is a TOML basic string.
    return json.dumps(text, ensure_ascii=False)


def _value(value: object) -> str:
    return json.dumps(list(value) if isinstance(value, tuple) else value)
