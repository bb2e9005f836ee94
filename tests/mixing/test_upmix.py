"""Stems in a room: what must hold for every layout, on real sound."""

import itertools
import threading

import numpy as np
import pytest

from stemstudio.audio.loudness import TruePeakMeter
from stemstudio.core.buffer import AudioBuffer
from stemstudio.mixing.folddown import fold_down, null_db
from stemstudio.mixing.layouts import LAYOUTS
from stemstudio.mixing.pan import SILENT_DB
from stemstudio.mixing.placement import Placement, default_placement, measured_panning
from stemstudio.mixing.split import split
from stemstudio.mixing.upmix import UpmixInput, UpmixSource

RATE = 44100
MODES = ("keep", "free")
EVERYWHERE = (
    Placement(110, 30, 20, ambience=0.8, lfe_db=0),
    Placement(-150, 200, 45, ambience=0.3, divergence=0.5),
    Placement(0, 0, 90, ambience=1.0),
    Placement(180, 60, 0, lfe_db=-3, divergence=1.0),
)


def placed(stems, places=None, gain=1.0):
    places = places or [default_placement(name, measured_panning(each)) for name, each in stems.items()]
    loud = [AudioBuffer(np.float32(gain) * each.samples, RATE) for each in stems.values()]
    return [UpmixInput(each, place) for each, place in zip(loud, places, strict=True)]


def true_peak_dbtp(samples):
    meter = TruePeakMeter(len(samples))
    meter.add(samples)
    return meter.dbtp()


def correlations(samples, layout):
    found = np.corrcoef(samples[list(layout.surrounds)])
    return found[~np.eye(len(found), dtype=bool)]


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize("places", [None, EVERYWHERE], ids=["customary", "everywhere"])
def test_the_fold_down_is_the_mix(stems, layout, places):
    room = UpmixSource(placed(stems, places), layout)
    made = room.read(0, room.frames)
    mix = sum(each.samples for each in stems.values())
    assert null_db(made, mix) < -120
    assert room.fold_down_null_db(0, room.frames) < -120
    np.testing.assert_allclose(room.original(0, room.frames), mix, atol=1e-6)
    assert np.abs(made[layout.index("LFE")]).max() > 1e-3


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_surrounds_are_unlike_and_softer_than_the_front(stems, layout, mode):
    made = (room := UpmixSource(placed(stems), layout, mode)).read(0, room.frames)
    assert np.abs(correlations(made, layout)).max() < 0.3
    power = np.sum(made.astype(float) ** 2, axis=1)
    front, around = power[:3].sum(), power[list(layout.surrounds)].sum()
    assert -20 < 10 * np.log10(around / front) < -3
    everything = power.sum() - power[layout.index("LFE")]
    mix = np.sum(room.original(0, room.frames).astype(float) ** 2)
    assert abs(10 * np.log10(everything / mix)) < 2


@pytest.mark.parametrize("name", ["Vibe_Ace", "Hungarian", "Karissa"])
def test_real_songs_become_rooms(song_excerpt, name):
    song = song_excerpt(name)
    parts = split(song)
    sounds = {part: AudioBuffer(each.read(0, each.frames), song.sample_rate) for part, each in parts.items()}
    for layout in LAYOUTS.values():
        made = UpmixSource(placed(sounds), layout).read(0, song.frames)
        assert null_db(made, song.samples) < -100
        assert true_peak_dbtp(made) <= -1.0
        assert np.abs(correlations(made, layout)).max() < 0.3


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_no_channel_passes_the_ceiling_though_the_mix_does(stems, layout, mode):
    peak = np.abs(sum(each.samples for each in stems.values())).max()
    inputs = placed(stems, [Placement(140, 10)] * 4, gain=1.1 / peak)
    room = UpmixSource(inputs, layout, mode)
    made = room.read(0, room.frames)
    assert true_peak_dbtp(UpmixSource(inputs, layout, mode, ceiling_db=40).read(0, room.frames)) > 0
    assert true_peak_dbtp(made) <= -1.0
    if mode == "keep":
        assert null_db(made, room.original(0, room.frames)) < -100


@pytest.mark.parametrize("mode", MODES)
def test_equal_samples_whatever_the_size_of_the_blocks(stems, mode):
    layout, inputs = LAYOUTS["7.1.4"], placed(stems, EVERYWHERE, gain=2.0)
    whole = (room := UpmixSource(inputs, layout, mode)).read(0, room.frames)
    for block in (257, 4096, 65_536):
        room = UpmixSource(inputs, layout, mode)
        made = np.concatenate([room.read(start, block) for start in range(0, room.frames, block)], axis=1)
        assert np.array_equal(made[:, : room.frames], whole)
    room = UpmixSource(inputs, layout, mode)
    single = np.concatenate([room.read(start, 1) for start in range(70_200, 69_700, -1)][::-1], axis=1)
    assert np.array_equal(single, whole[:, 69_701:70_201])
    outside = room.read(-100, 200)
    assert np.array_equal(outside[:, 100:], whole[:, :100])
    assert not outside[:, :100].any()


def test_any_thread_may_read(stems):
    room = UpmixSource(placed(stems), LAYOUTS["5.1"])
    found = {}

    def work(first):
        found[first] = np.concatenate([room.read(first + k * 5000, 5000) for k in range(12)], axis=1)

    threads = [threading.Thread(target=work, args=(first,)) for first in (0, 30_000, 100_000)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    whole = UpmixSource(placed(stems), LAYOUTS["5.1"]).read(0, room.frames)
    for first, made in found.items():
        assert np.array_equal(made, whole[:, first : first + 60_000])


@pytest.mark.parametrize("rate", [22050, 44100, 48000, 96000])
@pytest.mark.parametrize("mode", MODES)
def test_everything_is_in_time(rate, mode):
    """A click is heard where it is, its low frequencies around it, its ambience behind it and not before."""
    click, at = np.zeros((2, 2 * rate), np.float32), rate
    click[0, at] = 0.5
    place = Placement(ambience=0.5, lfe_db=0.0)
    room = UpmixSource([UpmixInput(AudioBuffer(click, rate), place)], LAYOUTS["5.1"], mode)
    left, _, _, low, back, other = room.read(0, room.frames)
    assert np.argmax(np.abs(left)) == at
    assert np.argmax(low) == at
    np.testing.assert_allclose(low[at - 1000 : at], low[at + 1000 : at : -1], atol=1e-6)
    assert np.abs(back).argmax() >= at + 0.01 * rate - 1
    assert not other.any()
    assert np.flatnonzero(np.abs(back) > 1e-3).min() > at
    energy = np.cumsum(back.astype(float) ** 2)
    assert energy[at + int(0.01 * rate) - 2] < 0.02 * energy[-1]


def test_a_stem_that_is_placed_behind_is_heard_there(stems):
    behind = [Placement(180, 140) for _ in stems]
    room = UpmixSource(placed(stems, behind), LAYOUTS["5.1"], "keep", ceiling_db=20)
    power = np.sum(room.read(0, room.frames).astype(float) ** 2, axis=1)
    assert power[4:].sum() > 1000 * power[:3].sum()


def test_mono_stems_and_stems_of_other_lengths_are_taken():
    noise = np.random.default_rng(4).normal(0, 0.1, 40_000).astype(np.float32)
    mono, short = AudioBuffer(noise[np.newaxis], RATE), AudioBuffer(np.stack([noise, -noise])[:, :9000], RATE)
    room = UpmixSource([UpmixInput(mono), UpmixInput(short)], LAYOUTS["7.1"])
    assert room.frames == 40_000
    assert null_db(room.read(0, 40_000), fold_down(mono.samples) + np.pad(short.samples, ((0, 0), (0, 31_000)))) < -120
    with pytest.raises(ValueError, match="one sample rate"):
        UpmixSource([UpmixInput(mono), UpmixInput(AudioBuffer(mono.samples, 48000))], LAYOUTS["5.1"])


def test_gain_turns_the_mix_down_with_the_room(stems):
    soft = UpmixSource(placed(stems), LAYOUTS["5.1"], gain_db=-6.0)
    full = UpmixSource(placed(stems), LAYOUTS["5.1"])
    half = np.float32(10 ** (-6 / 20))
    np.testing.assert_allclose(soft.original(0, 9000), half * full.original(0, 9000), atol=1e-6)
    assert soft.fold_down_null_db(0, soft.frames) < -120


def test_the_low_frequency_channel_is_silent_unless_something_is_sent(stems):
    places = [Placement(lfe_db=SILENT_DB) for _ in stems]
    room = UpmixSource(placed(stems, places), LAYOUTS["5.1"])
    assert not room.read(0, 50_000)[3].any()


@pytest.mark.parametrize(("mode", "seed"), list(itertools.product(MODES, range(3))))
def test_memory_does_not_grow_with_the_song(stems, mode, seed):
    room = UpmixSource(placed(stems), LAYOUTS["5.1"], mode)
    for start in np.random.default_rng(seed).integers(0, room.frames, 30):
        room.read(int(start), 100)
    assert len(room._made._kept) <= 4
    assert len(room._fed._kept) <= 4
