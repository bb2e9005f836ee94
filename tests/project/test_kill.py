"""A program that is killed at any moment loses the gesture in flight at most."""

import json
import random
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from stemstudio.project.session import Session

EDITOR = Path(__file__).with_name("restless_editor.py")
ROUNDS = 15


def run_and_kill(arguments, words, delay_s):
    """Run the editor, kill it `delay_s` after so many words, return all that it said."""
    command = [sys.executable, str(EDITOR), *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        first = "".join(process.stdout.readline() for _ in range(words))
        time.sleep(delay_s)
        process.kill()
        rest, errors = process.stdout.read(), process.stderr.read()
    assert first, errors
    assert "Traceback" not in errors
    lines = (first + rest).splitlines(keepends=True)
    return [json.loads(line) for line in lines if line.endswith("\n")]


def check(session, said):
    """The history is the last one acknowledged, or the one in flight, and sounds as it should."""
    history = session.history
    found = (list(history.labels), history.index)
    last = max(index for index, each in enumerate(said) if each["word"] == "done")
    allowed = [(each["labels"], each["index"]) for each in said[last:]]
    assert found in allowed
    for index, step in enumerate(history.steps):
        assert [track.title for track in step.project.tracks] == list(history.labels[1 : index + 1])
    for track in history.steps[-1].project.tracks:
        source = session.clips.open(track.mixture.id)
        assert np.all(source.read(0, source.frames) == int(track.title))
    named = {track.mixture.id for step in history.steps for track in step.project.tracks}
    assert session.clips.ids() == named
    assert {path.stem for path in session.clips.folder.glob("*.wav")} == named


def test_killed_at_any_moment_a_project_has_all_that_was_acknowledged(folder):
    chance = random.Random(5)
    for number in range(ROUNDS):
        said = run_and_kill([folder, number], chance.randrange(1, 25), chance.uniform(0.0, 0.03))
        session = Session.open(folder)
        check(session, said)
        undone = session.history.index
        session.jump(0)
        session.jump(undone)
        session.close()


def test_killed_while_saving_elsewhere_there_is_the_old_project_and_no_half_of_a_new_one(folder, tmp_path):
    chance = random.Random(6)
    run_and_kill([folder, 1], 40, 0.0)
    for number in range(5):
        target = tmp_path / f"Saved {number}.stemstudio"
        said = run_and_kill([folder, 0, target], 1, chance.uniform(0.0, 0.1))
        session = Session.open(folder)
        check(session, said[:1])
        session.close()
        if target.exists():
            copy = Session.open(target)
            check(copy, said[:1])
            copy.close()
        else:
            assert said[-1]["word"] != "saved"
