"""A song of the project in a room: what is heard of it, and the file."""

from dataclasses import replace

import numpy as np
import pytest
import soundfile

from stemstudio.audio.clips import ClipStore
from stemstudio.core.errors import Cancelled, NoRoom
from stemstudio.core.progress import Progress
from stemstudio.effects.chain import ChainSlot
from stemstudio.mixing.folddown import null_db
from stemstudio.mixing.placement import Placement
from stemstudio.operations.graph import track_mix
from stemstudio.operations.upmixing import (
    UpmixChoice,
    export_upmix,
    heard_in,
    room,
    room_inputs,
    room_stems,
    safe_gain_db,
    stem_placement,
)
from stemstudio.project.document import ClipRef, Stem, Strip, Track

RATE, FRAMES = 44100, 60_000


@pytest.fixture
def clips(tmp_path):
    return ClipStore(tmp_path / "media")


@pytest.fixture
def track(clips):
    random = np.random.default_rng(6)

    def clip(samples):
        with clips.create(2, FRAMES, RATE) as writer:
            writer.write(0, samples.astype(np.float32))
            return ClipRef(writer.finish(), 2, FRAMES, RATE)

    sounds = [0.05 * random.normal(0, 1, (2, FRAMES)) for _ in range(3)]
    stems = tuple(Stem(name, name, clip(each)) for name, each in zip(("vocals", "drums", "bass"), sounds, strict=True))
    return Track("t", "Song", "", clip(sum(sounds)), stems)


def made(track, clips, choice):
    return room(room_inputs(track, clips), choice)


def test_faders_effects_mute_and_solo_are_heard_in_the_room(track, clips):
    vocals, drums, bass = track.stems
    chain = (ChainSlot.of("trim", {"gain_db": -12.0}),)
    mixed = replace(track, stems=(
        replace(vocals, strip=Strip(-6.0, 0.5), chain=chain),
        replace(drums, strip=Strip(mute=True)),
        replace(bass, placement=Placement(180, 120, lfe_db=0)),
    ))  # fmt: skip
    for each in (
        track,
        mixed,
        replace(mixed, stems=(replace(mixed.stems[0], strip=Strip(solo=True)), *mixed.stems[1:])),
    ):
        here = made(each, clips, UpmixChoice("7.1"))
        mix = track_mix(each, clips).read(0, FRAMES)
        assert null_db(here.read(0, FRAMES), mix) < -100
    behind = made(mixed, clips, UpmixChoice("5.1")).read(0, FRAMES)
    assert np.mean(behind[4:] ** 2) > 3 * np.mean(behind[:2] ** 2)


def test_a_place_that_was_given_stays_and_others_are_found(track, clips):
    place = Placement(12.0)
    assert stem_placement(replace(track.stems[0], placement=place), clips) == place
    found = stem_placement(track.stems[0], clips)
    assert found.ambience > 0
    assert found.width_deg > 40  # its channels are unlike


def test_a_song_without_stems_is_split(track, clips):
    alone = replace(track, stems=())
    assert [stem.name for stem in room_stems(alone)] == ["center", "sides", "ambience"]
    here = made(alone, clips, UpmixChoice())
    assert null_db(here.read(0, FRAMES), track_mix(alone, clips).read(0, FRAMES)) < -100


def test_the_file_is_what_is_heard(track, clips, tmp_path):
    for name in ("5.1", "binaural"):
        choice = UpmixChoice(name, "free", 32)
        path = tmp_path / f"{name}.wav"
        report = export_upmix(track, clips, choice, path).work(Progress())
        heard = heard_in(made(track, clips, choice), choice).read(0, FRAMES)
        assert np.array_equal(soundfile.read(path, dtype="float32")[0].T, heard)
        assert report.path == path
        assert len(report.channels) == len(heard)
        assert report.true_peak_dbtp <= -1
        assert -60 < report.fold_down_null_db < 0


def test_a_mix_too_loud_for_the_room_is_measured(track, clips):
    loud = replace(track, stems=tuple(replace(each, strip=Strip(24.0)) for each in track.stems))
    inputs = room_inputs(loud, clips)
    gain_db = safe_gain_db(inputs, UpmixChoice(), Progress())
    assert gain_db < -3
    assert safe_gain_db(inputs, UpmixChoice(fold_down="free"), Progress()) == 0
    assert safe_gain_db(room_inputs(track, clips), UpmixChoice(), Progress()) == 0
    assert np.abs(room(inputs, UpmixChoice(), gain_db).read(0, FRAMES)).max() <= 10 ** (-1 / 20)


def test_nothing_half_written_is_left(track, clips, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(NoRoom):
        export_upmix(track, clips, UpmixChoice(), tmp_path / "file" / "room.wav").work(Progress())

    class Stopped(Progress):
        def update(self, fraction, message=""):
            if message.startswith("Writing"):
                self.cancel()
            super().update(fraction, message)

    with pytest.raises(Cancelled):
        export_upmix(track, clips, UpmixChoice(), tmp_path / "room.wav").work(Stopped())
    assert {path.name for path in tmp_path.iterdir()} == {"media", "file"}
