"""A whole story on the command line, in processes of its own: look at a song, separate it, measure the stems."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

import pytest


def stemstudio(*arguments: object) -> subprocess.CompletedProcess[str]:
    # Without a screen and without Qt's help for that: the commands must not need one.
    environment = {name: value for name, value in os.environ.items() if name != "QT_QPA_PLATFORM"}
    command = [sys.executable, "-W", "error", "-m", "stemstudio", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


def last(done: subprocess.CompletedProcess[str]) -> dict:
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.slow
def test_the_demo_song_from_information_to_scores(demo_folder, tmp_path):
    mixture = demo_folder / "mixture.flac"
    if not mixture.exists():
        pytest.skip("no demo song")
    info = last(stemstudio("info", mixture, "--json"))
    assert info["channels"] == 2

    result = last(stemstudio("separate", mixture, "-o", tmp_path, "--bits", "32f", "--json"))
    assert result["null_db"] < -120
    assert result["frames"] == round(info["seconds"] * info["sample_rate"])

    if {"vocals", "drums", "bass", "other"} <= set(result["outputs"]):
        scores = last(stemstudio("evaluate", "--reference", demo_folder, "--estimate", tmp_path, "--json"))
        assert set(scores["stems"]) == {"vocals", "drums", "bass", "other"}
        assert scores["mean"]["si_sdr"] > -10


def test_the_engine_tests_itself():
    assert last(stemstudio("self-test", "--json"))["ok"] is True
    assert stemstudio("self-test").stdout.startswith("ok")


def test_every_exit_code_of_the_contract(tmp_path):
    assert stemstudio("backends").returncode == 0
    assert stemstudio("nonsense").returncode == 2
    refused = stemstudio("info", tmp_path / "missing.wav")
    assert refused.returncode == 3
    assert refused.stderr.count("\n") == 1


@pytest.mark.parametrize("seconds", [0.5, 2.0])
def test_a_window_that_is_only_opening_hears_the_end(seconds, tmp_path):
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen", "STEMSTUDIO_HOME": str(tmp_path)}
    with subprocess.Popen([sys.executable, "-m", "stemstudio"], env=environment) as program:
        time.sleep(seconds)
        program.terminate()
        try:
            program.wait(60)
        finally:
            program.kill()
