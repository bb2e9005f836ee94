from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

RATE = 44100


def folder(root: Path, name: str, stems: dict[str, np.ndarray], pattern: str = "{}.wav") -> Path:
    (root / name).mkdir()
    for stem, samples in stems.items():
        soundfile.write(root / name / pattern.format(stem), samples.T, RATE, subtype="FLOAT")
    return root / name


@pytest.fixture
def stems() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    return {name: rng.normal(0, 0.1, (1, 60_000)).astype(np.float32) for name in ("vocals", "drums", "bass")}


def test_si_sdr_of_known_errors(studio, stems, tmp_path):
    noise = np.random.default_rng(1).normal(0, 0.1, (1, 60_000)).astype(np.float32)
    estimates = {
        "vocals": 0.5 * stems["vocals"] + 0.05 * noise,
        "drums": stems["drums"] + 0.1 * stems["bass"],
        "bass": stems["bass"],
    }
    reference = folder(tmp_path, "true", stems)
    estimate = folder(tmp_path, "guess", estimates, "A Song ({}).wav")
    said = studio("evaluate", "--reference", reference, "--estimate", estimate, "--json")
    assert said.code == 0
    assert set(said.last) >= {"event", "stems", "mean", "silent"}
    found = said.last["stems"]
    assert found["vocals"]["si_sdr"] == pytest.approx(20, abs=0.2)
    assert found["vocals"]["si_sar"] == pytest.approx(20, abs=0.2)
    assert found["drums"]["si_sdr"] == pytest.approx(20, abs=0.2)
    assert found["drums"]["si_sir"] == pytest.approx(20, abs=0.2)
    assert found["bass"]["si_sdr"] > 120
    assert said.last["silent"] == []
    measures = {"sdr", "isr", "sir", "sar", "si_sdr", "si_sir", "si_sar"}
    assert all(set(each) == measures for each in (*found.values(), said.last["mean"]))
    assert found["drums"]["sir"] == pytest.approx(20, abs=0.5)
    said = studio("evaluate", "--reference", reference, "--estimate", estimate)
    assert "SI-SDR" in said.out
    assert "drums" in said.out


def test_a_silent_stem_is_reported_by_what_leaks_into_it(studio, stems, tmp_path):
    reference = folder(tmp_path, "true", {**stems, "bass": 0 * stems["bass"]})
    estimate = folder(tmp_path, "guess", {**stems, "bass": 0.1 * stems["drums"]})
    last = studio("evaluate", "--reference", reference, "--estimate", estimate, "--json").last
    assert set(last["stems"]) == {"vocals", "drums"}
    (silent,) = last["silent"]
    assert silent["stem"] == "bass"
    assert silent["leaked_db"] == pytest.approx(-40, abs=0.2)


def test_mixtures_texts_and_unpaired_files_do_not_count(studio, stems, tmp_path):
    reference = folder(tmp_path, "true", {**stems, "mixture": sum(stems.values()), "piano": stems["bass"]})
    (reference / "LICENSE.txt").write_text("free")
    estimate = folder(tmp_path, "guess", {**stems, "residual": 0 * stems["bass"]})
    last = studio("evaluate", "--reference", reference, "--estimate", estimate, "--json").last
    assert set(last["stems"]) == set(stems)
    assert last["missing"] == ["piano"]


def test_what_cannot_be_compared_is_one_line(studio, stems, tmp_path):
    reference = folder(tmp_path, "true", stems)
    stereo = folder(tmp_path, "stereo", {"vocals": np.tile(stems["vocals"], (2, 1))})
    other = folder(tmp_path, "other", {"kazoo": stems["bass"]})
    twice = folder(tmp_path, "twice", {"vocals": stems["bass"]})
    folder(tmp_path, "again", {})
    soundfile.write(twice / "x (vocals).wav", stems["bass"].T, RATE)
    for estimate, word in ((stereo, "channels"), (other, "named"), (twice, "both"), (tmp_path / "nowhere", "exist")):
        said = studio("evaluate", "--reference", reference, "--estimate", estimate)
        assert said.code == 3
        assert said.err.count("\n") == 1
        assert word in said.err
