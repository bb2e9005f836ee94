"""Selections as one line of JSON, for projects and the command line."""

from __future__ import annotations

import base64
import binascii
import dataclasses
import json
import math
import zlib
from typing import Any, cast

from stemstudio.core.errors import BadInput
from stemstudio.repair.adjusting import Feather, Grow
from stemstudio.repair.cells import Cells
from stemstudio.repair.composing import MODES, Group, Part, Parts
from stemstudio.repair.extent import FARTHEST, MOST_OCTAVES, Placement
from stemstudio.repair.shapes import Box, Points, Polygon, Shape, Stroke

_SHAPES: dict[str, type] = {"box": Box, "polygon": Polygon, "stroke": Stroke, "cells": Cells, "group": Group}
_ADJUSTMENTS: dict[str, type[Grow | Feather]] = {"grow": Grow, "feather": Feather}
_MOST_CELLS = 1 << 26
_DEEPEST = 100


def write(sample_rate: int, parts: Parts) -> str:
    """Text of a selection."""
    return json.dumps({"sample_rate": sample_rate, "parts": _plain_parts(parts)}, separators=(",", ":"))


def read(text: str) -> tuple[int, Parts]:
    """Sample rate and parts of a selection.

    Raises
    ------
    BadInput
        If `text` is none.
    """
    try:
        raw = json.loads(text)
        return round(_positive(_whole(raw["sample_rate"]))), _read_parts(raw["parts"], 0)
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError, binascii.Error, zlib.error) as error:
        raise BadInput(
            f"This is not a selection: {error!r}.", "Copy the text of a selection as it was shown."
        ) from None


def _plain_parts(parts: Parts) -> list[dict[str, Any]]:
    return [_plain_part(part) for part in parts]


def _plain_part(part: Part | Grow | Feather) -> dict[str, Any]:
    if not isinstance(part, Part):
        name = "grow" if isinstance(part, Grow) else "feather"
        return {name: [part.frames, part.octaves]}
    shape: Any = part.shape
    name = next(name for name, kind in _SHAPES.items() if isinstance(shape, kind))
    return {part.mode: name, **{field.name: _plain(getattr(shape, field.name)) for field in dataclasses.fields(shape)}}


def _plain(value: Any) -> Any:
    match value:
        case bytes():
            return base64.b64encode(zlib.compress(value)).decode()
        case Placement():
            return list(dataclasses.astuple(value))
        case float() if math.isinf(value):
            return None
        case (Part() | Grow() | Feather(), *_):
            return _plain_parts(value)
    return value


def _read_parts(raw: Any, depth: int) -> Parts:
    if not isinstance(raw, list) or depth > _DEEPEST:
        raise ValueError("no list of parts")
    return tuple([_read_part(part, depth) for part in raw])


def _read_part(raw: Any, depth: int) -> Part | Grow | Feather:
    for name, kind in _ADJUSTMENTS.items():
        if name in raw:
            frames, octaves = map(_number, raw[name])
            if abs(octaves) > MOST_OCTAVES:
                raise ValueError("too many octaves")
            if kind is Feather and (frames < 0 or octaves < 0):
                raise ValueError("a negative feather")
            return kind(frames, octaves)
    mode = next(mode for mode in MODES if mode in raw) if isinstance(raw, dict) and set(raw) & set(MODES) else None
    if mode is None:
        raise ValueError(f"no part: {raw!r:.60}")
    return Part(mode, _read_shape(raw[mode], raw, depth))


def _read_shape(name: str, raw: dict[str, Any], depth: int) -> Shape:
    match name:
        case "box":
            high_hz = math.inf if raw["high_hz"] is None else _number(raw["high_hz"])
            return Box(_whole(raw["first"]), _whole(raw["last"]), _number(raw["low_hz"]), high_hz)
        case "polygon":
            return Polygon(_read_points(raw["points"]))
        case "stroke":
            radii = (_positive(raw["radius_frames"]), _positive(raw["radius_octaves"]))
            softness = _number(raw["softness"])
            if not 0 <= softness <= 1 or not raw["points"]:
                raise ValueError("no brush")
            return Stroke(_read_points(raw["points"]), *radii, softness)
        case "cells":
            return _read_cells(raw)
        case "group":
            return Group(_read_parts(raw["parts"], depth + 1))
    raise ValueError(f"no shape {name!r:.60}")


def _read_cells(raw: dict[str, Any]) -> Cells:
    columns, rows = _whole(raw["columns"]), _whole(raw["rows"])
    if columns < 1 or rows < 1 or columns * rows > _MOST_CELLS:
        raise ValueError("no cells")
    size = -(-columns * rows // 8)
    bits = zlib.decompressobj().decompress(base64.b64decode(raw["bits"], validate=True), size + 1)
    if len(bits) != size:
        raise ValueError("cells are missing")
    frame_scale, frame_shift, octave_scale, octave_shift = map(_number, raw["placement"])
    placement = Placement(_positive(frame_scale), frame_shift, _positive(octave_scale), octave_shift)
    first_frame, low_hz = _number(raw["first_frame"]), _number(raw["low_hz"])
    return Cells(
        first_frame, _positive(raw["hop_frames"]), low_hz, _positive(raw["step_hz"]), columns, rows, bits, placement
    )


def _read_points(raw: Any) -> Points:
    return tuple([(_number(frame), _positive(hertz)) for frame, hertz in raw])


def _number(raw: Any) -> float:
    if isinstance(raw, bool) or not isinstance(raw, int | float) or not abs(raw) <= FARTHEST:
        raise ValueError(f"no number: {raw!r:.60}")
    return raw


def _whole(raw: Any) -> int:
    if isinstance(raw, bool) or not isinstance(raw, int):
        raise TypeError(f"no whole number: {raw!r:.60}")
    _number(raw)
    return raw


def _positive(raw: Any) -> float:
    if _number(raw) <= 0:
        raise ValueError(f"not positive: {raw}")
    return cast("float", raw)
