from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from stemstudio.audio.clips import ClipStore
from stemstudio.effects.chain import ChainSlot
from stemstudio.effects.chain_source import ChainSource
from stemstudio.effects.hosted import host
from stemstudio.operations.graph import ChainShelf, track_mix
from stemstudio.project.document import ClipRef, Stem, Strip, Track

RATE = 44100
FRAMES = 12 * RATE


class CountingStore(ClipStore):
    """A store that notes how many frames are read of its clips."""

    frames_read = 0

    def open(self, clip_id):
        clip, store = super().open(clip_id), self

        class Counted:
            sample_rate, channels, frames = clip.sample_rate, clip.channels, clip.frames

            def read(self, start, frames):
                store.frames_read += frames
                return clip.read(start, frames)

        return Counted()


@pytest.fixture
def clips(tmp_path):
    return CountingStore(tmp_path)


@pytest.fixture
def track(clips):
    rng = np.random.default_rng(0)

    def written():
        with clips.create(2, FRAMES, RATE) as writer:
            writer.write(0, rng.normal(0, 0.1, (2, FRAMES)).astype(np.float32))
            return ClipRef(writer.finish(), 2, FRAMES, RATE)

    chain = (ChainSlot.of("compressor", {"threshold_db": -30.0}), ChainSlot.of("limiter"))
    stems = tuple(Stem(name, name, written(), chain=chain) for name in ("vocals", "drums"))
    bus = (ChainSlot.of("eq", {"peak1_db": 3.0}), ChainSlot.of("compressor", {"threshold_db": -30.0}))
    return Track("t", "song", "", written(), stems, chain=bus)


@pytest.mark.parametrize("effect", ["reverse", "plugin:/nowhere/Space.vst3"])
def test_an_effect_that_is_not_there_takes_no_other_along(effect, track, clips):
    missing = ChainSlot(effect, (("depth", 0.5),))
    stem = track.stems[0]
    with_it = replace(stem, chain=(stem.chain[0], missing, *stem.chain[1:]))
    heard, expected = (
        track_mix(replace(track, stems=(each, track.stems[1]), chain=(missing, *track.chain)), clips).read(0, RATE)
        for each in (with_it, stem)
    )
    assert np.array_equal(heard, expected)
    assert np.array_equal(heard, track_mix(track, clips).read(0, RATE))


def test_the_window_does_not_wait_for_plug_ins_to_open(track, clips, tmp_path):
    path = tmp_path / "Space.vst3"
    path.write_bytes(b"no plug-in")
    heard = track_mix(replace(track, chain=(ChainSlot(f"plugin:{path}"), *track.chain)), clips)
    assert (heard.frames, heard.channels) == (FRAMES, 2)
    assert str(path) not in host._hosts
    try:
        assert np.array_equal(heard.read(0, RATE), track_mix(track, clips).read(0, RATE))
        assert str(path) in host._hosts
    finally:
        host.close_hosts()


def test_a_fader_that_moves_leaves_the_effects_of_the_stems_as_they_are_though_the_mix_has_effects(track, clips):
    run_up_frames = ChainSource(clips.open(track.mixture.id), track.chain).run_up_frames
    assert 2 * RATE < run_up_frames < 10 * RATE, "this would measure nothing"
    shelf, here = ChainShelf(), 11 * RATE
    heard = track_mix(track, clips, shelf=shelf)
    for start in range(0, here, 4410):
        heard.read(start, 4410)
    clips.frames_read = 0
    softer = replace(track.stems[0], strip=Strip(gain_db=-6.0))
    moved = replace(track, stems=(softer, track.stems[1]))
    now = track_mix(moved, clips, shelf=shelf).read(here - 4410, 4410)
    assert clips.frames_read == 0, "the effects of a stem ran anew"
    assert np.abs(now - track_mix(moved, clips).read(0, here)[:, -4410:]).max() <= 1e-6
