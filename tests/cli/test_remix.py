"""``stemstudio remix`` on real files."""

import numpy as np
import pytest
import soundfile

RATE = 44100


@pytest.fixture
def folder(tmp_path, music):
    folder = tmp_path / "stems"
    folder.mkdir()
    for index, name in enumerate(("vocals", "drums", "bass")):
        soundfile.write(folder / f"{name}.wav", np.roll(music, 500 * index, axis=1).T * 0.3, RATE, subtype="FLOAT")
    return folder


def read(path):
    return soundfile.read(path, dtype="float32")[0].T


def level_db(error, reference):
    return 10 * np.log10(np.sum(error.astype(float) ** 2) / np.sum(reference.astype(float) ** 2))


def test_gains_pans_mutes_and_solos(studio, folder, tmp_path):
    stems = {name: read(folder / f"{name}.wav") for name in ("vocals", "drums", "bass")}
    out = tmp_path / "mix.wav"
    options = ("--gain", "vocals=-6", "--pan", "drums=1", "--mute", "bass", "--bits", "32f")
    done = studio("remix", folder, "-o", out, *options, "--json").last
    assert done["stems"] == ["drums", "vocals"]
    expected = 10 ** (-6 / 20) * stems["vocals"] + np.array([[0], [1]]) * stems["drums"]
    np.testing.assert_allclose(read(out), expected, atol=1e-6)
    studio("remix", folder, "-o", out, "--solo", "Bass", "--bits", "32f")
    np.testing.assert_array_equal(read(out), stems["bass"])
    studio("remix", folder, "-o", out, "--gain", "vocals=-inf", "--mute", "drums", "--bits", "32f")
    np.testing.assert_array_equal(read(out), stems["bass"])


def test_stems_in_another_key_at_another_tempo_add_up(studio, folder, tmp_path):
    parts = []
    for name in ("vocals", "drums", "bass"):
        out = tmp_path / f"{name} stretched.wav"
        assert (
            studio("remix", folder, "-o", out, "--solo", name, "--key=-2", "--tempo", "1.2", "--bits", "32f").code == 0
        )
        parts.append(read(out))
    done = studio(
        "remix", folder, "-o", tmp_path / "all.wav", "--key", "-2", "--tempo", "1.2", "--bits", "32f", "--json"
    )
    whole = read(tmp_path / "all.wav")
    assert done.last["frames"] == whole.shape[1] == round(read(folder / "bass.wav").shape[1] / 1.2)
    assert level_db(sum(parts) - whole, whole) < -60
    assert level_db(parts[0], whole) > -20


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--gain", "flute=3"), 3, "no stem"),
        (("--gain", "vocals=loud"), 3, "-120 to 24"),
        (("--pan", "vocals=2"), 3, "-1 to 1"),
        (("--gain", "vocals"), 2, "name=value"),
        (("--mute", "flute"), 3, "no stem"),
        (("--tempo", "0"), 3, "tempo"),
        (("--key", "99"), 3, "key"),
        (("--mute", "vocals", "--mute", "drums", "--mute", "bass"), 3, "muted"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_written(studio, folder, tmp_path, arguments, code, words):
    ran = studio("remix", folder, "-o", tmp_path / "mix.wav", *arguments)
    assert ran.code == code
    assert words in ran.err
    assert not (tmp_path / "mix.wav").exists()


def test_formats_and_clipping(studio, folder, tmp_path):
    assert studio("remix", folder, "-o", tmp_path / "mix.flac").code == 0
    assert soundfile.info(tmp_path / "mix.flac").format == "FLAC"
    ran = studio("remix", folder, "-o", tmp_path / "mix.wav", "--gain", "vocals=24")
    assert "clipped" in ran.out
    assert "no format" in studio("remix", folder, "-o", tmp_path / "mix.xyz").err
