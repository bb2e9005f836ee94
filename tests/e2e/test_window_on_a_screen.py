"""The program on a virtual X screen, driven by real key strokes and mouse clicks from outside."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from contextlib import closing

import pytest

pytestmark = pytest.mark.display


@pytest.fixture
def xdotool(virtual_screen):
    if shutil.which("xdotool") is None:
        pytest.skip("no xdotool here")

    def run(*words):
        env = {**os.environ, "DISPLAY": virtual_screen}
        # A search that finds nothing yet ends with status 1.
        check = words[0] != "search"
        return subprocess.run(
            ["xdotool", *words], env=env, check=check, capture_output=True, text=True, timeout=60
        ).stdout

    return run


def wait_until(condition, timeout_s=90.0):
    deadline = time.monotonic() + timeout_s
    while not (result := condition()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.2)
    return result


def finished_clips(home):
    return len(list(home.glob("data/unsaved/*/media/*.peaks")))


def history(home):
    """What the program has written down, read from its own file once it has ended."""
    (database,) = home.glob("data/unsaved/*/project.db")
    with closing(sqlite3.connect(database)) as connection:
        return [json.loads(label) for (label,) in connection.execute("SELECT label FROM step ORDER BY seq")]


def test_a_song_is_separated_and_played_by_keys_and_mouse(home, demo_folder, virtual_screen, xdotool):
    env = {**os.environ, "DISPLAY": virtual_screen, "QT_QPA_PLATFORM": "xcb", "STEMSTUDIO_HOME": str(home)}
    command = [sys.executable, "-m", "stemstudio", str(demo_folder / "mixture.flac")]
    program = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        window = wait_until(lambda: xdotool("search", "--onlyvisible", "--name", "Sum to One").split())[0]
        xdotool("windowfocus", "--sync", window)
        xdotool("key", "ctrl+Return")
        wait_until(lambda: finished_clips(home) >= 4)
        time.sleep(1)  # the stems are written; now they become part of the project
        xdotool("key", "bracketright", "s")
        xdotool("mousemove", "--window", window, "34", "768", "click", "1")  # play
        time.sleep(1)
        xdotool("key", "ctrl+q")
        dialog = wait_until(lambda: xdotool("search", "--onlyvisible", "--name", "Keep the stems").split())[0]
        xdotool("windowfocus", "--sync", dialog)
        xdotool("key", "Escape")
        time.sleep(0.5)
        assert program.poll() is None
        program.terminate()
        assert program.wait(30) == 0
        assert "Traceback" not in program.stderr.read()
    finally:
        program.kill()
        program.communicate()
    labels = history(home)
    assert labels[-2].startswith("Separate")
    assert labels[-1].startswith("Solo")
