import numpy as np
import pytest

from stemstudio.audio.clips import ClipStore
from stemstudio.core.errors import BadInput, Cancelled
from stemstudio.core.progress import Progress
from stemstudio.mixing.placement import Placement
from stemstudio.operations.graph import clip_source, null_db, stem_source
from stemstudio.operations.mix_edits import with_snapshot
from stemstudio.operations.stretching import stretch_track
from stemstudio.project.document import ClipRef, Marker, Project, Stem, Strip, Tempo, Track

RATE = 22050


@pytest.fixture
def clips(tmp_path):
    return ClipStore(tmp_path / "media")


def song(clips):
    t = np.arange(2 * RATE) / RATE
    beat = 0.3 * np.random.default_rng(1).standard_normal(len(t)) * (np.modf(t * 4)[0] < 0.05)
    sounds = [np.stack([0.2 * np.sin(2 * np.pi * 440 * t)] * 2), np.stack([beat, 0.5 * beat])]

    def written(sound):
        with clips.create(2, len(t), RATE) as writer:
            writer.write(0, sound.astype(np.float32))
            return ClipRef(writer.finish(), 2, len(t), RATE)

    strip = Strip(gain_db=-3.0, automation=((0, 0.0), (RATE, -6.0)))
    place = Placement(azimuth_deg=30.0)
    stems = tuple(
        Stem(name, name, written(each), strip=strip, placement=place)
        for name, each in zip(("a", "b"), sounds, strict=True)
    )
    track = Track("t", "A song", "", written(sum(sounds)), stems, tempo=Tempo(120.0, 0.5))
    track = with_snapshot(track, "As it was")
    return Project((track,), (Marker("t", RATE, "Half", RATE // 2),))


@pytest.mark.parametrize(("semitones", "tempo"), [(0, 1.25), (3, 1.0), (-2, 0.5)])
def test_the_new_stems_are_the_new_song(clips, semitones, tempo):
    project = song(clips)
    operation = stretch_track(project.tracks[0], clips, semitones, tempo)
    after = operation.apply(project, operation.job.work(Progress()))
    new = after.tracks[1]
    assert new.mixture.frames == round(2 * RATE / tempo)
    assert null_db(clip_source(new.mixture, clips), [stem_source(stem, clips) for stem in new.stems]) < -100
    tone = stem_source(new.stems[0], clips).read(RATE // 4, RATE)[0]
    peak_hz = np.argmax(np.abs(np.fft.rfft(tone * np.hanning(len(tone)))))
    assert peak_hz == pytest.approx(440 * 2 ** (semitones / 12), abs=1.5)
    assert new.tempo.bpm == pytest.approx(120 * tempo)
    assert new.stems[0].strip.automation == ((0, 0.0), (round(RATE / tempo), -6.0))
    assert [each.strip for each in new.snapshots[0].stems] == [stem.strip for stem in new.stems]
    assert new.stems[0].placement == project.tracks[0].stems[0].placement
    assert after.markers[1] == Marker(new.id, round(RATE / tempo), "Half", round(RATE // 2 / tempo))
    assert after.tracks[0] == project.tracks[0]


def test_nonsense_and_second_thoughts(clips):
    track = song(clips).tracks[0]
    for semitones, tempo in ((0, 1.0), (30, 1.0), (0, 9.0)):
        with pytest.raises(BadInput):
            stretch_track(track, clips, semitones, tempo)
    progress = Progress()
    progress.cancel()
    before = clips.ids()
    with pytest.raises(Cancelled):
        stretch_track(track, clips, 1, 1.0).job.work(progress)
    assert clips.ids() == before
