"""What a person does, without a window: real files, a real store, the document as it comes out."""

import threading
from dataclasses import replace

import numpy as np
import pytest
import soundfile

from stemstudio.audio.clips import ClipStore
from stemstudio.audio.peaks import BLOCK
from stemstudio.core.buffer import AudioBuffer
from stemstudio.core.errors import BadInput, Cancelled
from stemstudio.core.progress import Progress
from stemstudio.operations.envelope import stem_envelope
from stemstudio.operations.exporting import export_track
from stemstudio.operations.exporting_choice import ExportChoice
from stemstudio.operations.graph import PatchedSource, null_db, stem_source, track_mix
from stemstudio.operations.importing import import_song
from stemstudio.operations.repairing import repair_track
from stemstudio.operations.separating import separate_track
from stemstudio.project.document import ClipRef, Patch, Project, Repair, Stem, Strip, with_patch
from stemstudio.repair.selection import Selection

RATE = 22050


@pytest.fixture
def clips(tmp_path):
    return ClipStore(tmp_path / "media")


@pytest.fixture
def song(tmp_path):
    rng = np.random.default_rng(7)
    t = np.arange(3 * RATE) / RATE
    tone = 0.3 * np.sin(2 * np.pi * 330 * t)
    beat = 0.4 * rng.standard_normal(len(t)) * (np.modf(t * 4)[0] < 0.05)
    path = tmp_path / "a song.wav"
    soundfile.write(path, np.stack([tone + beat, 0.5 * tone + beat], 1), RATE, subtype="FLOAT")
    return path


def run(operation, project):
    return operation.apply(project, operation.job.work(Progress()))


@pytest.fixture
def project(song, clips):
    return run(import_song(song, clips), Project())


@pytest.fixture
def separated(project, clips):
    operation, _ = separate_track(project.tracks[0], clips, "hpss", {})
    return run(operation, project)


def test_import_keeps_every_sample(project, song, clips):
    (track,) = project.tracks
    expected, _ = soundfile.read(song, dtype="float32")
    assert (track.title, track.mixture.sample_rate, track.mixture.frames) == ("a song", RATE, len(expected))
    np.testing.assert_array_equal(clips.open(track.mixture.id).read(0, len(expected)), expected.T)


def test_a_file_that_is_no_sound_leaves_no_clip(tmp_path, clips):
    bad = tmp_path / "bad.wav"
    bad.write_bytes(b"RIFF\x00\x00\x00\x00WAVE")
    with pytest.raises(BadInput):
        run(import_song(bad, clips), Project())
    assert not list(clips.folder.glob("*"))


def test_the_stems_add_up_to_the_song(separated, clips):
    (track,) = separated.tracks
    assert [stem.name for stem in track.stems] == ["harmonic", "percussive", "residual"]
    mixture = clips.open(track.mixture.id)
    assert null_db(mixture, [stem_source(stem, clips) for stem in track.stems]) < -120
    assert track.receipt.backend == "hpss"
    assert dict(track.receipt.values)


def test_the_untouched_mix_is_the_song(separated, clips):
    (track,) = separated.tracks
    mixture = clips.open(track.mixture.id)
    np.testing.assert_allclose(
        track_mix(track, clips).read(0, mixture.frames), mixture.read(0, mixture.frames), atol=1e-6
    )


def test_separating_again_keeps_the_desk(separated, clips):
    (track,) = separated.tracks
    moved = replace(track.stems[0], strip=Strip(gain_db=-7, solo=True))
    track = replace(track, stems=(moved, *track.stems[1:]))
    project = Project((track,))
    operation, _ = separate_track(track, clips, "hpss", {"margin": 2.0})
    again = run(operation, project).tracks[0]
    assert again.stems[0].strip == moved.strip
    assert again.stems[0].clip != moved.clip


def test_new_stems_have_no_repairs(separated, clips):
    where = Selection.box(RATE, 0, RATE, 0, RATE / 2).to_text()
    task = Repair("repair", "harmonic", where, "residual", "erase")
    mended = run(repair_track(separated.tracks[0], clips, task), separated)
    assert mended.tracks[0].repairs
    operation, _ = separate_track(mended.tracks[0], clips, "hpss", {})
    assert not run(operation, mended).tracks[0].repairs


def test_stems_can_be_read_while_they_are_made_and_cancel_leaves_nothing(project, clips):
    (track,) = project.tracks
    operation, live = separate_track(track, clips, "hpss", {})
    progress, seen = Progress(), []

    class Watching(Progress):
        def update(self, fraction, message=""):
            if live.written_frames:
                seen.append(clips.open(live.clip_ids["harmonic"]).read(0, live.written_frames))
                progress.cancel()
            if progress.cancelled:
                raise Cancelled
            super().update(fraction, message)

    before = clips.ids()
    with pytest.raises(Cancelled):
        operation.job.work(Watching())
    assert seen
    assert np.abs(seen[0]).max() > 0.01
    assert clips.ids() == before
    assert {path.stem for path in clips.folder.iterdir()} == before
    assert live.clip_ids == {}


def test_a_song_that_was_taken_out_meanwhile_stays_out(project, clips):
    operation, _ = separate_track(project.tracks[0], clips, "hpss", {})
    assert run(operation, Project()) == Project()


def test_export_writes_what_is_heard(separated, clips, tmp_path):
    (track,) = separated.tracks
    choice = ExportChoice(("harmonic", "percussive", "residual"), mix=True, bits=32)
    job = export_track(track, clips, tmp_path / "new" / "folder", choice)
    exported = job.work(Progress())
    assert [path.name for path in exported.paths] == [
        f"a song ({name}).wav" for name in ("Harmonic", "Percussive", "Residual", "Mix")
    ]
    *stems, mix = (soundfile.read(path, dtype="float64")[0] for path in exported.paths)
    np.testing.assert_allclose(sum(stems), mix, atol=1e-6)
    again = export_track(track, clips, tmp_path / "new" / "folder", choice).work(Progress())
    assert not {*exported.paths} & {*again.paths}


def test_two_exports_at_once_keep_out_of_each_others_way(separated, clips, tmp_path):
    (track,) = separated.tracks
    loud = export_track(track, clips, tmp_path, ExportChoice(("harmonic", "percussive"), bits=32))
    quieter = replace(track, stems=tuple(replace(stem, strip=Strip(gain_db=-20)) for stem in track.stems))
    quiet = export_track(quieter, clips, tmp_path, ExportChoice(("harmonic", "percussive"), bits=32, as_mixed=True))
    others = []

    class Meanwhile(Progress):
        def update(self, fraction, message=""):
            if fraction > 0.5 and not others:
                others.extend(quiet.work(Progress()).paths)
            super().update(fraction, message)

    paths = loud.work(Meanwhile()).paths
    assert [path.name for path in others] == ["a song (Harmonic).wav", "a song (Percussive).wav"]
    assert [path.name for path in paths] == ["a song (Harmonic) 2.wav", "a song (Percussive) 2.wav"]
    for mine, other in zip(paths, others, strict=True):
        np.testing.assert_allclose(soundfile.read(other)[0], 0.1 * soundfile.read(mine)[0], atol=1e-6)


def test_an_export_of_nothing_is_refused(separated, clips, tmp_path):
    with pytest.raises(BadInput, match="Nothing is chosen"):
        export_track(separated.tracks[0], clips, tmp_path / "out", ExportChoice(()))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("kind", ["wav", "flac"])
def test_an_export_that_is_cancelled_late_leaves_no_file(kind, separated, clips, tmp_path):
    class Late(Progress):
        def update(self, fraction, message=""):
            if fraction > 0.9:
                self.cancel()
            super().update(fraction, message)

    choice = ExportChoice(("harmonic", "percussive"), format=kind)
    with pytest.raises(Cancelled):
        export_track(separated.tracks[0], clips, tmp_path / "out", choice).work(Late())
    assert not list((tmp_path / "out").iterdir())


def test_a_cancelled_export_leaves_no_file(separated, clips, tmp_path):
    (track,) = separated.tracks
    folder = tmp_path / "out"
    progress = Progress()
    progress.cancel()
    with pytest.raises(Cancelled):
        export_track(track, clips, folder, ExportChoice(("harmonic",))).work(progress)
    assert not list(folder.iterdir())


def test_stems_can_be_written_as_mixed_even_if_muted(separated, clips, tmp_path):
    (track,) = separated.tracks
    quiet = replace(track.stems[0], strip=Strip(gain_db=-20, mute=True))
    track = replace(track, stems=(quiet, *track.stems[1:]))
    plain, mixed = (
        soundfile.read(
            export_track(track, clips, tmp_path / str(flag), ExportChoice(("harmonic",), bits=32, as_mixed=flag))
            .work(Progress())
            .paths[0]
        )[0]
        for flag in (False, True)
    )
    np.testing.assert_allclose(mixed, 0.1 * plain, atol=1e-6)


def test_loud_samples_are_counted_when_they_are_cut(project, clips, tmp_path):
    (track,) = project.tracks
    loud = clips.create(1, None, RATE)
    loud.write(0, np.full((1, 100), 1.5, np.float32))
    track = replace(track, mixture=replace(track.mixture, id=loud.finish(), channels=1, frames=100))
    exported = export_track(track, clips, tmp_path, ExportChoice((), bits=16)).work(Progress())
    assert exported.clipped == 200


def constant_clip(clips, value, frames):
    with clips.create(1, frames, RATE) as writer:
        writer.write(0, np.full((1, frames), value, np.float32))
        return ClipRef(writer.finish(), 1, frames, RATE)


def test_later_patches_win(clips):
    base = AudioBuffer(np.zeros((1, 10), np.float32), RATE)
    patches = (Patch(2, constant_clip(clips, 1, 4)), Patch(4, constant_clip(clips, 2, 4)))
    patched = PatchedSource(base, patches, clips)
    np.testing.assert_array_equal(patched.read(-1, 12)[0], [0, 0, 0, 1, 1, 2, 2, 2, 2, 0, 0, 0])


def test_patches_that_nobody_hears_are_dropped(clips):
    silence = Stem("s", "vocals", ClipRef("", 1, 10, RATE))
    stem = with_patch(with_patch(silence, Patch(2, constant_clip(clips, 1, 4))), Patch(8, constant_clip(clips, 3, 2)))
    covered = with_patch(stem, Patch(1, constant_clip(clips, 2, 5)))
    assert [patch.start for patch in covered.patches] == [8, 1]
    np.testing.assert_array_equal(stem_source(covered, clips).read(0, 10)[0], [0, 2, 2, 2, 2, 2, 0, 0, 3, 3])


def test_a_waveform_shows_patches_that_are_narrower_than_a_column(clips):
    frames = 400 * BLOCK
    clip = constant_clip(clips, 0.1, frames)
    loud, soft = constant_clip(clips, 0.9, 50), constant_clip(clips, -0.5, 50)
    places = ((3 * BLOCK, loud), (41 * BLOCK, soft), (80 * BLOCK - 10, loud), (frames - 50, soft))
    stem = Stem("s", "vocals", clip, tuple(Patch(start, patch) for start, patch in places))
    low, high = stem_envelope(stem, clips).draw(0, frames, 10)
    assert np.flatnonzero(high > 0.8).tolist() == [0, 1, 2]
    assert np.flatnonzero(low < -0.4).tolist() == [1, 9]
    low, high = stem_envelope(stem, clips).draw(40 * BLOCK, 80 * BLOCK, 1)
    assert (low[0], high[0]) == pytest.approx((-0.5, 0.9), abs=1e-3)


def test_a_waveform_shows_the_patches(clips):
    frames = 100 * BLOCK
    stem = Stem("s", "vocals", constant_clip(clips, 0.5, frames))
    stem = with_patch(stem, Patch(10 * BLOCK, constant_clip(clips, -0.25, 20 * BLOCK)))
    low, high = stem_envelope(stem, clips).draw(0, frames, 50)
    np.testing.assert_allclose(high, [0.5] * 5 + [-0.25] * 10 + [0.5] * 35)
    np.testing.assert_allclose(low, [0.5] * 5 + [-0.25] * 10 + [0.5] * 35)
    assert stem_envelope(Stem("s", "new", ClipRef("", 1, frames, RATE)), clips).draw(0, frames, 3)[1].max() == 0


def test_a_patch_is_part_of_the_stem(separated, clips):
    (track,) = separated.tracks
    with clips.create(2, 50, RATE) as writer:
        writer.write(0, np.full((2, 50), 0.25, np.float32))
        clip_id = writer.finish()
    stem = replace(track.stems[0], patches=(Patch(100, replace(track.mixture, id=clip_id, frames=50)),))
    np.testing.assert_array_equal(stem_source(stem, clips).read(110, 10), 0.25)


def test_two_songs_can_be_read_at_once(song, clips):
    operations = [import_song(song, clips) for _ in range(2)]
    results = []
    threads = [threading.Thread(target=lambda o=o: results.append(o.job.work(Progress()))) for o in operations]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({song.clip.id for song in results}) == 2
