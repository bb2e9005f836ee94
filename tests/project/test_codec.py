"""Documents survive being written to the last bit, share their parts, and damage is noticed."""

import dataclasses
import json
import math
import struct
from dataclasses import dataclass, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stemstudio.mixing.placement import Placement
from stemstudio.project import codec, document
from stemstudio.project.codec import Parts, decode, decode_part, encode
from stemstudio.project.database import MIGRATIONS
from stemstudio.project.document import ClipRef, Marker, Patch, Project, Receipt, Stem, Strip, Track, with_stem

floats = st.floats(allow_nan=False)
texts = st.text(st.characters(codec=None), max_size=8)  # lone surrogates too: names of files hold them
clip_refs = st.builds(ClipRef, texts, st.integers(1, 8), st.integers(0, 2**40), st.integers(1, 400_000))
patches = st.builds(Patch, st.integers(0, 2**40), clip_refs)
strips = st.builds(Strip, floats, floats, st.booleans(), st.booleans())
placements = st.builds(Placement, floats, floats, floats, floats, floats, floats)
stems = st.builds(
    Stem, texts, texts, clip_refs, st.lists(patches, max_size=3).map(tuple), strips, placement=st.none() | placements
)
values = st.one_of(floats, st.integers(), st.booleans(), texts)
receipts = st.builds(
    Receipt, texts, st.lists(st.tuples(texts, values), max_size=3).map(tuple), texts, null_db=st.none() | floats
)
tracks = st.builds(
    Track,
    texts,
    texts,
    texts,
    clip_refs,
    st.lists(stems, max_size=3).map(tuple),
    st.none() | receipts,
    st.lists(texts, max_size=2).map(tuple),
)
markers = st.builds(Marker, texts, st.integers(0, 2**40), texts)
projects = st.builds(Project, st.lists(tracks, max_size=3).map(tuple), st.lists(markers, max_size=3).map(tuple))

CLIP = ClipRef("clip", 2, 1000, 44100)


def song(stem_count=3):
    return Project(
        (Track("t", "Song", "/song", CLIP, tuple(Stem(f"s{i}", "vocals", CLIP) for i in range(stem_count))),)
    )


def round_trip(project):
    text, new = encode(project, Parts())
    parts = Parts()
    for kind, body in new:
        decode_part(kind, body, parts)
    return decode(text, parts)


def bits(value):
    """`value` with floats as their bits: tells 0.0 from -0.0, and 1 from 1.0 from True."""
    if dataclasses.is_dataclass(value):
        return [type(value), *(bits(getattr(value, field.name)) for field in dataclasses.fields(value))]
    if isinstance(value, tuple):
        return [bits(each) for each in value]
    return (type(value), struct.pack("<d", value) if isinstance(value, float) else value)


@settings(max_examples=150, deadline=None)
@given(projects)
def test_every_document_comes_back_to_the_last_bit(project):
    assert bits(round_trip(project)) == bits(project)


def test_what_json_has_no_numbers_for_comes_back_too():
    receipt = Receipt("hpss", (("a", math.inf),), "0.1", null_db=-math.inf)
    project = Project((replace(song().tracks[0], receipt=receipt),))
    assert round_trip(project) == project


def test_text_is_ascii():
    text, new = encode(Project(markers=(Marker("t", 1, "Söng \udcff 音"),)), Parts())
    assert text.isascii()
    assert new == []


def test_an_edit_writes_what_it_changed():
    parts = Parts()
    before = song(stem_count=8)
    _, first = encode(before, parts)
    assert [kind for kind, _ in first] == ["stem"] * 8 + ["track"]
    stem = replace(before.track("t").stem("s3"), strip=Strip(-3.0))
    _, second = encode(with_stem(before, "t", stem), parts)
    assert [kind for kind, _ in second] == ["stem", "track"]
    assert encode(before, parts)[1] == [], "going back to an old document writes nothing"


def test_a_thousand_patches_are_written_once():
    parts = Parts()
    stem = Stem("s", "vocals", CLIP)
    written = 0
    for start in range(1000):
        stem = replace(stem, patches=(*stem.patches, Patch(start, CLIP)))
        _, new = encode(Project((Track("t", "Song", "/song", CLIP, (stem,)),)), parts)
        assert [kind for kind, _ in new] == ["patch", "stem", "track"]
        written += sum(len(body) for _, body in new)
    assert written < 4_000_000


def test_documents_that_are_read_share_their_parts():
    parts = Parts()
    before = song()
    texts_and_new = [encode(before, parts), encode(with_stem(before, "t", Stem("s0", "drums", CLIP)), parts)]
    read = Parts()
    for _, new in texts_and_new:
        for kind, body in new:
            decode_part(kind, body, read)
    old, new = (decode(text, read) for text, _ in texts_and_new)
    assert old.tracks[0].stems[1] is new.tracks[0].stems[1]
    assert old.tracks[0].stems[0] is not new.tracks[0].stems[0]


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("stem", "{"),
        ("stem", "[]"),
        ("stem", "3"),
        ("stem", "{}"),
        ("song", "{}"),
        ("stem", '{"id":"s","name":"vocals","clip":{"id":"c","channels":2,"frames":1}}'),
        ("stem", '{"id":"s","name":"vocals","clip":{"id":"c","channels":"2","frames":1,"sample_rate":1}}'),
        ("stem", '{"id":"s","name":"vocals","clip":3}'),
        ("patch", '{"start":0,"clip":null}'),
        ("patch", '{"start":0,"clip":{"id":"c","channels":2,"frames":1,"sample_rate":1},"from_the_future":1}'),
        ("track", '{"id":"t","title":"T","source_path":"","mixture":null,"stems":[0]}'),
        ("patch", "[" * 100_000),
    ],
)
def test_damage_is_a_value_error(kind, body):
    with pytest.raises(ValueError, match=r"."):
        decode_part(kind, body, Parts())


@pytest.mark.parametrize("text", ['{"tracks":[7]}', '{"tracks":[-1]}', '{"tracks":[0]}', '{"tracks":["0"]}', "null"])
def test_a_document_with_missing_or_wrong_parts_is_a_value_error(text):
    parts = Parts()
    decode_part("patch", '{"start":0,"clip":{"id":"c","channels":2,"frames":1,"sample_rate":1}}', parts)
    with pytest.raises(ValueError, match=r"."):
        decode(text, parts)


def test_a_type_that_cannot_be_written_is_found_at_once():
    @dataclass(frozen=True)
    class Odd:
        when: complex = 0j

    with pytest.raises(TypeError):
        codec._fields_reader(Odd)


def test_the_schema_is_that_of_the_classes():
    """Whoever changes a field of the document meets this: append to MIGRATIONS, so old programs ask for an update."""
    fields = {
        kind.__name__: [field.name for field in dataclasses.fields(kind)]
        for kind in vars(document).values()
        if dataclasses.is_dataclass(kind)
    }
    assert (len(MIGRATIONS), fields) == (
        4,
        {
            "ClipRef": ["id", "channels", "frames", "sample_rate"],
            "Patch": ["start", "clip"],
            "Strip": [
                "gain_db", "pan", "mute", "solo", "width", "invert", "pan_law", "automation", "automation_off",
            ],
            "Stem": ["id", "name", "clip", "patches", "strip", "chain", "placement"],
            "Receipt": [
                "backend", "values", "program_version", "seconds", "model", "model_sha256", "null_db",
            ],
            "Track": [
                "id", "title", "source_path", "mixture", "stems", "receipt", "notices", "repairs", "chain",
                "snapshots", "tempo", "layout", "fold_down",
            ],
            "Placement": ["azimuth_deg", "width_deg", "elevation_deg", "ambience", "lfe_db", "divergence"],
            "SnapshotStem": ["name", "strip", "chain"],
            "Snapshot": ["name", "stems", "chain"],
            "Tempo": ["bpm", "first_beat_s", "beats_per_bar"],
            "Repair": ["action", "stem", "selection", "other", "method", "values"],
            "Marker": ["track_id", "frame", "name", "frames"],
            "Project": ["tracks", "markers"],
        },
    )  # fmt: skip


def test_parts_that_were_cut_are_written_again():
    parts = Parts()
    project = song()
    text, new = encode(project, parts)
    parts.cut(1)
    again, rest = encode(project, parts)
    assert (again, rest) == (text, new[1:])
    assert json.loads(text)["tracks"] == [3]
