from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
import soundfile

from stemstudio.audio import wav_header
from stemstudio.audio.clips import ClipStore
from stemstudio.audio.peaks import peaks_of
from stemstudio.core.errors import BadInput, NoRoom

RATE = 44100
OPEN_FILES = Path("/proc/self/fd")


def keep(store: ClipStore, samples: np.ndarray, known: bool = True) -> str:
    writer = store.create(len(samples), samples.shape[1] if known else None, RATE)
    for start in range(0, samples.shape[1], 10_007):
        writer.write(start, samples[:, start : start + 10_007])
    return writer.finish()


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("channels", [1, 2, 6, 8])
def test_what_is_written_is_read_anywhere_with_silence_outside(known, channels, tmp_path):
    samples = np.random.default_rng(0).normal(0, 2, (channels, 50_000)).astype(np.float32)
    store = ClipStore(tmp_path / "media")
    clip = store.open(keep(store, samples, known))
    assert (clip.channels, clip.frames, clip.sample_rate, clip.written) == (channels, 50_000, RATE, 50_000)
    padded = np.pad(samples, ((0, 0), (1000, 20_000)))
    for start, frames in ((0, 50_000), (-700, 900), (49_900, 700), (12_345, 1), (60_000, 500), (-800, 200)):
        np.testing.assert_array_equal(clip.read(start, frames), padded[:, start + 1000 :][:, :frames])
    assert clip.read(5, 0).shape == (channels, 0)


def test_a_clip_is_a_wav_file_for_any_program(music, tmp_path):
    store = ClipStore(tmp_path)
    path = store.path(keep(store, music))
    samples, rate = soundfile.read(path, dtype="float32")
    assert rate == RATE
    np.testing.assert_array_equal(samples.T, music)


def test_a_clip_beyond_four_gigabytes_is_rf64(music, tmp_path, monkeypatch):
    monkeypatch.setattr(wav_header, "RIFF_LIMIT", 100_000)
    store = ClipStore(tmp_path)
    clip_id = keep(store, music)
    assert soundfile.info(store.path(clip_id)).format == "RF64"
    np.testing.assert_array_equal(ClipStore(tmp_path).open(clip_id).read(0, music.shape[1]), music)


def test_a_clip_can_be_read_while_it_is_written(music, tmp_path):
    store = ClipStore(tmp_path)
    writer = store.create(2, music.shape[1], RATE)
    clip = store.open(writer.id)
    writer.write(0, music[:, :40_000])
    assert (clip.written, writer.written, clip.frames) == (40_000, 40_000, music.shape[1])
    np.testing.assert_array_equal(clip.read(0, 40_000), music[:, :40_000])
    assert not clip.read(40_000, 1000).any()
    writer.write(60_000, music[:, 60_000:70_000])
    assert clip.written == 40_000
    writer.write(40_000, music[:, 40_000:60_000])
    assert clip.written == 70_000
    assert writer.id not in store.ids()
    writer.write(70_000, music[:, 70_000:])
    writer.finish()
    np.testing.assert_array_equal(clip.read(0, music.shape[1]), music)
    assert store.ids() == {writer.id}


def test_a_clip_of_unknown_length_grows(music, tmp_path):
    store = ClipStore(tmp_path)
    with store.create(2, None, RATE) as writer:
        clip = store.open(writer.id)
        assert clip.frames == 0
        writer.write(0, music[:, :1000])
        assert clip.frames == 1000
        writer.finish()
    assert ClipStore(tmp_path).open(writer.id).frames == 1000


def test_a_writer_that_is_not_finished_leaves_nothing(music, tmp_path):
    store = ClipStore(tmp_path)
    with store.create(2, 5000, RATE) as writer:
        writer.write(0, music[:, :100])
    assert not list(tmp_path.iterdir())
    with pytest.raises(BadInput, match="missing"):
        store.open(writer.id)


def test_blocks_that_do_not_fit_are_a_defect(tmp_path):
    with ClipStore(tmp_path).create(2, 100, RATE) as writer:
        for start, shape in ((0, (1, 10)), (95, (2, 10)), (-1, (2, 1))):
            with pytest.raises(ValueError, match="does not fit"):
                writer.write(start, np.zeros(shape, np.float32))


def test_a_full_disk_is_told_when_a_clip_begins_and_leaves_nothing(small_disk):
    store = ClipStore(small_disk / "media")
    with pytest.raises(NoRoom):
        store.create(2, 60 * RATE, RATE)
    assert not list((small_disk / "media").iterdir())


def test_a_disk_that_fills_up_while_decoding_is_told_and_leaves_nothing(small_disk):
    store = ClipStore(small_disk / "media")
    noise = np.random.default_rng(0).uniform(-1, 1, (2, RATE)).astype(np.float32)
    with store.create(2, None, RATE) as writer:
        writer.write(0, noise[:, :100])
        with pytest.raises(NoRoom):
            writer.write(100, np.tile(noise, (1, 10)))
    assert not list((small_disk / "media").iterdir())


def test_a_killed_writer_leaves_no_clip(tmp_path):
    story = textwrap.dedent("""
        import os, signal, sys
        import numpy as np
        from pathlib import Path
        from stemstudio.audio.clips import ClipStore
        store = ClipStore(Path(sys.argv[1]))
        done = store.create(1, 1000, 44100, "done")
        done.write(0, np.ones((1, 1000), np.float32))
        done.finish()
        half = store.create(1, 1000, 44100, "half")
        half.write(0, np.ones((1, 1000), np.float32))
        os.kill(os.getpid(), signal.SIGKILL)
    """)
    process = subprocess.run([sys.executable, "-c", story, str(tmp_path)], check=False)
    assert process.returncode == -signal.SIGKILL
    store = ClipStore(tmp_path)
    assert store.ids() == {"done"}
    with pytest.raises(BadInput):
        store.open("half")
    store.remove("half")
    assert not store.path("half").exists()
    assert store.open("done").read(0, 1000).all()


def test_removing_takes_the_peaks_too(music, tmp_path):
    store = ClipStore(tmp_path)
    clip_id = keep(store, music)
    assert len(list(tmp_path.iterdir())) == 2
    store.remove(clip_id)
    store.remove(clip_id)
    assert not list(tmp_path.iterdir())


def test_strange_ids_are_refused(tmp_path):
    store = ClipStore(tmp_path)
    for clip_id in ("../x", "a/b", "", "a.wav", "x" * 65):
        with pytest.raises(ValueError, match="cannot name"):
            store.path(clip_id)
    store.create(1, 10, RATE, "same").finish()
    with pytest.raises(ValueError, match="already"):
        store.create(1, 10, RATE, "same")


def test_other_files_in_the_folder_are_no_clips(music, tmp_path):
    soundfile.write(tmp_path / "other.wav", music.T, RATE, subtype="FLOAT")
    (tmp_path / "notes.txt").write_text("hello")
    (tmp_path / "short.wav").write_bytes(b"RIFF")
    assert ClipStore(tmp_path).ids() == frozenset()


def test_peaks_are_there_at_once_after_reopening(music, tmp_path):
    store = ClipStore(tmp_path)
    clip_id = keep(store, music)
    first = peaks_of(store, clip_id).draw(0, music.shape[1], 300)
    again = peaks_of(ClipStore(tmp_path), clip_id).draw(0, music.shape[1], 300)
    np.testing.assert_array_equal(first, again)
    (tmp_path / f"{clip_id}.peaks").unlink()
    assert ClipStore(tmp_path).peaks(clip_id, build=False) is None
    assert not (tmp_path / f"{clip_id}.peaks").exists()
    built = peaks_of(ClipStore(tmp_path), clip_id).draw(0, music.shape[1], 300)
    np.testing.assert_array_equal(first, built)
    assert (tmp_path / f"{clip_id}.peaks").exists()
    kept = ClipStore(tmp_path).peaks(clip_id, build=False)
    assert kept is not None
    np.testing.assert_array_equal(first, kept.draw(0, music.shape[1], 300))


@pytest.mark.parametrize("damage", [b"", b"junk", None])
def test_a_damaged_sidecar_is_built_anew(damage, music, tmp_path):
    store = ClipStore(tmp_path)
    clip_id = keep(store, music)
    whole = peaks_of(store, clip_id).draw(0, music.shape[1], 100)
    sidecar = tmp_path / f"{clip_id}.peaks"
    sidecar.write_bytes(sidecar.read_bytes()[:-7] if damage is None else damage)
    assert ClipStore(tmp_path).peaks(clip_id, build=False) is None
    np.testing.assert_array_equal(peaks_of(ClipStore(tmp_path), clip_id).draw(0, music.shape[1], 100), whole)


@pytest.mark.skipif(not OPEN_FILES.exists(), reason="counts open files the Linux way")
def test_sources_hold_no_files_open(music, tmp_path):
    store = ClipStore(tmp_path)
    clip_id = keep(store, music)
    before = len(list(OPEN_FILES.iterdir()))
    sources = [store.open(clip_id) for _ in range(50)]
    for source in sources:
        source.read(0, 10)
    assert len(list(OPEN_FILES.iterdir())) == before
