from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
import torch

from stemstudio.core.errors import BadInput
from stemstudio.separation.neural.catalog import read_card
from stemstudio.separation.neural.checkpoints import load_network
from stemstudio.training.command import main
from stemstudio.training.config import read_config

RUN = """
id = "tiny"
title = "Tiny"
folder = "out"
steps = 2
batch = 2
frames = 64
workers = 0
save_every_s = 0
weights_licence = "CC0-1.0"

[hyperparameters]
widths = [8, 8, 8]
hidden = 16
dilations = [1]

[[material]]
path = "songs"
held_out = ["kept: song"]
"""


@pytest.fixture
def run_file(tmp_path: Path, demo_folder: Path) -> Path:
    import soundfile

    for song, start in (("heard", 0), ("kept: song", 12)):
        (tmp_path / "songs" / song).mkdir(parents=True)
        for stem in ("vocals", "drums", "bass", "other"):
            rate = soundfile.info(demo_folder / f"{stem}.flac").samplerate
            samples, rate = soundfile.read(demo_folder / f"{stem}.flac", 12 * rate, start * rate, dtype="float32")
            soundfile.write(tmp_path / "songs" / song / f"{stem}.wav", samples, rate)
    (tmp_path / "run.toml").write_text(RUN)
    return tmp_path / "run.toml"


def test_a_run_makes_a_model_with_its_papers(run_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(run_file)]) == 3
    assert "states no licence" in capsys.readouterr().err
    (run_file.parent / "songs" / "LICENSE.txt").write_text("CC0 1.0 Universal\n")
    assert main([str(run_file)]) == 0
    folder = run_file.parent / "out"
    card = read_card(folder / "model" / "tiny.toml")
    assert card.weights_licence == "CC0-1.0"
    assert "CC0 1.0 Universal" in card.training_data
    load_network(card)
    with (folder / "data_card.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 8
    assert {row["held_out"] for row in rows if row["song"] == "kept: song"} == {"True"}
    assert all(len(row["sha256"]) == 64 for row in rows)
    assert (folder / "log.png").stat().st_size > 1000
    assert (folder / "log.csv").read_text().count("\n") == 3
    assert (folder / "findings.csv").exists()
    first = load_network(card).state_dict()
    assert main([str(run_file)]) == 0  # all steps are done already
    for name, value in load_network(read_card(folder / "model" / "tiny.toml")).state_dict().items():
        torch.testing.assert_close(value, first[name], msg=name)


def test_loose_recordings_and_sounds_go_in_with_their_licences(run_file: Path) -> None:
    import soundfile

    tone = 0.3 * np.sin(2 * np.pi * 220 * np.arange(22050) / 44100)
    (run_file.parent / "samples").mkdir()
    for name in ("loop_a", "organ", "bass_x"):
        soundfile.write(run_file.parent / "samples" / f"{name}.wav", tone, 44100)
    extra = """
[[material]]
path = "samples"
stem = "drums"
files = ["loop_*"]
licence = "CC0 loops"

[[sounds]]
path = "samples"
role = "other"
files = ["organ*"]
licence = "CC BY organ"

[[sounds]]
path = "samples"
role = "bass"
files = ["bass_*"]
"""
    text = RUN.replace("steps = 2", "steps = 1\nplayed = 2").replace('held_out = ["kept: song"]', 'licence = "CC0"')
    run_file.write_text(text + extra)
    assert main([str(run_file)]) == 3  # the bass has no licence
    run_file.write_text(text + extra + 'licence = "CC BY bass"\n')
    assert main([str(run_file)]) == 0
    with (run_file.parent / "out" / "data_card.csv").open(newline="") as file:
        rows = {(row["stem"], row["file"], row["licence"]) for row in csv.DictReader(file)}
    assert ("drums", "loop_a.wav", "CC0 loops") in rows
    assert ("other", "organ.wav", "CC BY organ") in rows
    assert ("bass", "bass_x.wav", "CC BY bass") in rows
    made = {(stem, file) for stem, file, licence in rows if "sounds of this run" in licence}
    assert made == {("bass", "bass__notes0.npy"), ("other", "other__notes1.npy")}


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('id = "tiny"', "", "no id"),
        ("steps = 2", "stepps = 2", "stepps"),
        ("path =", "paths =", "paths"),
        ("[[material]]", '[[sounds]]\npath = "x"\nrole = "bd"\n\n[[material]]', "no files"),
        ("steps = 2", "steps = ", "not TOML"),
        ("steps = 2", 'precision = "int8"', "int8"),
        ("steps = 2", 'loss = "x"', "loss"),
        ('[[material]]\npath = "songs"\nheld_out = ["kept: song"]', "", "material"),
    ],
)
def test_a_run_file_that_does_not_fit_says_why(tmp_path: Path, old: str, new: str, words: str) -> None:
    assert old in RUN
    (tmp_path / "run.toml").write_text(RUN.replace(old, new))
    with pytest.raises(BadInput, match=words):
        read_config(tmp_path / "run.toml")


def test_the_run_of_the_model_that_ships_is_readable(repository: Path) -> None:
    config = read_config(repository / "stemstudio" / "training" / "runs" / "stemstudio-small.toml")
    card = read_card(repository / "models" / "stemstudio-small.toml")
    assert config.id == card.id
    assert config.network == card.network
    assert dict(config.hyperparameters) == dict(card.hyperparameters)
    assert config.weights_licence == card.weights_licence
