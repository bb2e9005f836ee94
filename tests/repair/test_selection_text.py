from __future__ import annotations

import json

import pytest

from stemstudio.core.errors import BadInput
from stemstudio.repair.selection import Selection

BOX = {"add": "box", "first": 0, "last": 10, "low_hz": 0, "high_hz": None}
CELLS = {
    "add": "cells",
    "first_frame": 0,
    "hop_frames": 512,
    "low_hz": 0,
    "step_hz": 20,
    "columns": 8,
    "rows": 1,
    "bits": "eJz7DwABAAEA",
    "placement": [1, 0, 1, 0],
}


def text(*parts, rate=44100):
    return json.dumps({"sample_rate": rate, "parts": parts})


def test_what_is_adjusted_too_often_is_refused_before_it_becomes_too_deep():
    def adjusted(times):
        selection = Selection.polygon(44100, [(0, 100), (9, 100), (9, 200)])
        for _ in range(times):
            selection = Selection.from_text(selection.grown(0.1, 0).grown(-0.1, 0).to_text())

    adjusted(20)
    with pytest.raises(BadInput, match="too often"):
        adjusted(30)


def test_a_person_can_write_one_by_hand():
    assert Selection.from_text(text(BOX)) == Selection.time_range(44100, 0, 10)


def nested(depth):
    return text("@").replace('"@"', '{"add":"group","parts":[' * depth + json.dumps(BOX) + "]}" * depth)


@pytest.mark.parametrize(
    "given",
    [
        "",
        "not JSON",
        "[]",
        "5",
        "{}",
        text(BOX, rate=0),
        text(BOX, rate="44100"),
        text(5),
        text("add"),
        text({"add": "spiral"}),
        text({"add": ["box"]}),
        text({**BOX, "first": 1.5}),
        text({**BOX, "first": True}),
        text({**BOX, "low_hz": float("nan")}),
        text({**BOX, "last": 10**400}),
        text({**BOX, "last": 10**20}),
        text(BOX, {"grow": [1e300, 0]}),
        text(BOX, {"feather": [0, 2000]}),
        text({**BOX, "low_hz": "100"}),
        text({"add": "box"}),
        text({"feather": [-1, 0]}),
        text({"grow": [1]}),
        text({"grow": 5}),
        text({"add": "polygon", "points": [[1]]}),
        text({"add": "polygon", "points": [[1, -5], [1, 2], [2, 3]]}),
        text({"add": "stroke", "points": [], "radius_frames": 1, "radius_octaves": 1, "softness": 0}),
        text({"add": "stroke", "points": [[1, 2]], "radius_frames": 0, "radius_octaves": 1, "softness": 0}),
        text({**CELLS, "columns": 10**9}),
        text({**CELLS, "columns": 64}),
        text({**CELLS, "bits": "!"}),
        text({**CELLS, "bits": "AAAA"}),
        text({**CELLS, "placement": [0, 0, 1, 0]}),
        nested(300),
        nested(5000),
    ],
)
def test_what_is_no_selection_is_said_to_be_none(given):
    with pytest.raises(BadInput, match="not a selection"):
        Selection.from_text(given)
