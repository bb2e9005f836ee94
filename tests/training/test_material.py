from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from stemstudio.core.errors import BadInput
from stemstudio.core.progress import Progress
from stemstudio.training.cleaning import inspect
from stemstudio.training.composing import make_over, provenance_of
from stemstudio.training.material import open_clip, open_library
from stemstudio.training.preparing import decode, prepare, prepare_loose
from stemstudio.training.provenance import licence_of
from stemstudio.training.readers import READERS, loose, read
from stemstudio.training.voices import restyle

RATE = 44100


def tone(path: Path, hz: float = 440.0, seconds: float = 0.5, rate: int = RATE) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, 0.3 * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate), rate)
    return path


def test_plain_folders_and_parts(tmp_path: Path) -> None:
    for name in (
        "one/vocals.wav",
        "one/Drums__kick.flac",
        "one/drums__snare.wav",
        "one/bass+other.wav",
        "one/click.wav",
    ):
        tone(tmp_path / name)
    tone(tmp_path / "bass.wav")
    found = {(part.song, part.stem, part.path.name) for part in read("plain", tmp_path)}
    assert found == {
        ("one", "vocals", "vocals.wav"),
        ("one", "drums", "Drums__kick.flac"),
        ("one", "drums", "drums__snare.wav"),
        ("one", "bass+other", "bass+other.wav"),
        (tmp_path.name, "bass", "bass.wav"),
    }


def test_a_manifest_says_what_the_files_are(tmp_path: Path) -> None:
    tone(tmp_path / "one" / "vox.wav")
    tone(tmp_path / "one" / "synth.wav")
    (tmp_path / "manifest.csv").write_text(
        "song,stem,category\none,vox.wav,vocals\none,synth.wav,bass+other\none,gone.wav,drums\none,vox.wav,weather\n"
    )
    assert [(part.song, part.stem) for part in read("manifest", tmp_path)] == [("one", "vocals"), ("one", "bass+other")]


def test_musdb18_is_read_stream_by_stream(tmp_path: Path) -> None:
    import av

    path = tmp_path / "train" / "A - B.stem.mp4"
    path.parent.mkdir()
    with av.open(str(path), "w", format="mp4") as container:
        streams = [container.add_stream("aac", rate=RATE, layout="mono") for _ in range(5)]
        for number, stream in enumerate(streams):
            hz = 200.0 * (number + 1)
            samples = (0.3 * np.sin(2 * np.pi * hz * np.arange(RATE) / RATE)).astype(np.float32)
            frame = av.AudioFrame.from_ndarray(samples[None], "fltp", "mono")
            frame.sample_rate = RATE
            container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
    found = {part.stem: part for part in read("musdb18", tmp_path)}
    assert set(found) == {"drums", "bass", "other", "vocals"}
    for stem, hz in (("drums", 400), ("bass", 600), ("other", 800), ("vocals", 1000)):
        samples = decode(found[stem].path, found[stem].stream)
        assert samples.shape[0] == 2
        spectrum = np.abs(np.fft.rfft(samples[0, :RATE]))
        assert abs(int(spectrum.argmax()) - hz) <= 2


def test_musdb18hq_moisesdb_and_slakh(tmp_path: Path) -> None:
    for stem in ("mixture", "vocals", "drums", "bass", "other"):
        tone(tmp_path / "hq" / "train" / "A - B" / f"{stem}.wav")
    assert {part.stem for part in read("musdb18hq", tmp_path / "hq")} == {"vocals", "drums", "bass", "other"}
    for folder in ("guitar", "vocals", "other_keys", "unknown"):
        tone(tmp_path / "moises" / "id1" / folder / "x.wav")
    assert sorted(part.stem for part in read("moisesdb", tmp_path / "moises")) == ["other", "other", "vocals"]
    track = tmp_path / "slakh" / "train" / "Track00001"
    tone(track / "stems" / "S00.flac")
    tone(track / "stems" / "S01.wav")
    (track / "metadata.yaml").write_text(
        "UUID: x\nstems:\n  S00:\n    audio_rendered: true\n    inst_class: Guitar\n"
        "  S01:\n    inst_class: Bass\n  S02:\n    inst_class: Drums\n"
    )
    assert {(part.path.stem, part.stem) for part in read("slakh2100", tmp_path / "slakh")} == {
        ("S00", "other"),
        ("S01", "bass"),
    }


@pytest.mark.parametrize("reader", [*READERS, "nothing"])
def test_a_folder_without_stems_is_refused(tmp_path: Path, reader: str) -> None:
    with pytest.raises(BadInput):
        read(reader, tmp_path)
    with pytest.raises(BadInput):
        read(reader, tmp_path / "none")


def test_preparing_decodes_resamples_and_sums(tmp_path: Path) -> None:
    tone(tmp_path / "in" / "song" / "drums__a.wav", 300, 1.0, 22050)
    tone(tmp_path / "in" / "song" / "drums__b.wav", 500, 0.5)
    rows = prepare(read("plain", tmp_path / "in"), tmp_path / "out", "CC0", frozenset(["song"]), Progress())
    assert [(row.stem, row.licence, row.held_out, len(row.sha256)) for row in rows] == [("drums", "CC0", True, 64)] * 2
    assert rows[0].seconds == pytest.approx(1.0, abs=0.01)
    song = open_library({tmp_path / "out" / "song": 1.0})
    assert len(song.clips["drums"]) == 2
    total = song.songs["song"]["drums"].read(0, RATE)
    parts = sum(clip.read(0, RATE) for clip in song.clips["drums"])
    np.testing.assert_allclose(total, parts, atol=2e-3)
    assert prepare(read("plain", tmp_path / "in"), tmp_path / "out", "CC0", frozenset(["song"]), Progress()) == rows


def test_loose_recordings_are_repeated_and_belong_to_no_song(tmp_path: Path) -> None:
    for name, hz in (("loop_a", 300), ("loop_b", 500), ("pad", 200)):
        tone(tmp_path / "in" / f"{name}.wav", hz, 1.0)
    paths = loose(tmp_path / "in", "drums", ["loop_*"])
    assert [path.name for path in paths] == ["loop_a.wav", "loop_b.wav"]
    rows = prepare_loose(paths, "drums", tmp_path / "out", "CC0", Progress())
    assert [(row.stem, row.file, row.licence) for row in rows] == [
        ("drums", "loop_a.wav", "CC0"),
        ("drums", "loop_b.wav", "CC0"),
    ]
    assert all(12 <= row.seconds < 13.1 for row in rows)
    library = open_library({tmp_path / "out": 1.0})
    assert not library.songs
    sound = library.clips["drums"][0].read(0, 12 * RATE)
    np.testing.assert_allclose(sound[:, :RATE], sound[:, 5 * RATE : 6 * RATE], atol=1e-3)
    with pytest.raises(BadInput, match="horns"):
        loose(tmp_path / "in", "horns", ["*"])
    with pytest.raises(BadInput, match="kick"):
        loose(tmp_path / "in", "drums", ["kick_*"])


def test_material_needs_a_licence(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="licence"):
        licence_of(tmp_path, "", allow_unknown=False)
    assert licence_of(tmp_path, "", allow_unknown=True) == "unknown"
    assert licence_of(tmp_path, " CC0 ", allow_unknown=False) == "CC0"
    (tmp_path / "LICENSE-x.txt").write_text("\nCreative Commons Zero\nmore\n")
    assert licence_of(tmp_path, "", allow_unknown=False) == "Creative Commons Zero (LICENSE-x.txt)"


def test_draws_reach_what_sounds(tmp_path: Path) -> None:
    samples = np.zeros((2, RATE * 20), np.float16)
    samples[:, RATE * 12 : RATE * 13] = 0.5
    np.save(tmp_path / "drums__x.npy", samples)
    clip = open_clip(tmp_path / "drums__x.npy", "drums")
    rng = np.random.default_rng(1)
    heard = [np.abs(clip.read(clip.draw_start(rng, RATE * 2), RATE * 2)).max() > 0 for _ in range(50)]
    assert np.mean(heard) > 0.9


def test_cleaning_finds_silence_and_bleed(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    seconds = 20
    drums = rng.standard_normal((2, RATE * seconds)) * 0.1
    vocals = rng.standard_normal((2, RATE * seconds)) * 0.1
    vocals[:, RATE * 5 :] = 0
    bass = rng.standard_normal((2, RATE * seconds)) * 0.1
    bass[:, RATE * 8 :] = rng.standard_normal((2, RATE * (seconds - 8))) * 1e-4
    vocals += 0.01 * np.roll(drums, 20, 1)
    for stem, samples in {"drums": drums, "vocals": vocals, "bass": bass, "other": drums * 0}.items():
        np.save(tmp_path / f"SUM__{stem}.npy", samples.astype(np.float16))
    found = {(item.stem, item.kind): item for item in inspect("s", open_library({tmp_path: 1.0}).songs[tmp_path.name])}
    assert set(found) == {("vocals", "bleed"), ("other", "silent")}
    assert found["vocals", "bleed"].level_db == pytest.approx(-40, abs=2)


def test_voices_are_moved_in_pitch_without_their_pauses(tmp_path: Path) -> None:
    time = np.arange(4 * RATE) / RATE
    voice = np.stack([np.where(time < 2, 0.3 * np.sin(2 * np.pi * 300 * time), 0)] * 2)
    (tmp_path / "song").mkdir()
    np.save(tmp_path / "song" / "vocals__a.npy", voice.astype(np.float16))
    make_over(tmp_path / "made", [tmp_path / "song"], "voice", 2, 1, restyle, Progress())
    rows = list(provenance_of(tmp_path / "made"))
    assert [row.stem for row in rows] == ["vocals", "vocals"]
    assert all(1.5 < row.seconds < 3.2 for row in rows)
    assert len({row.sha256 for row in rows}) == 2
