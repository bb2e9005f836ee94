"""Leftovers of a program that was killed: they go, and what is being written stays."""

import os
import signal
import subprocess
import sys
import time

import pytest

from stemstudio.audio.durable import Replacement, sweep

WRITE_AND_WAIT = """
import sys
from pathlib import Path
from stemstudio.audio.encode import AudioWriter
import numpy as np
writer = AudioWriter(Path(sys.argv[1]), 44100, 2)
writer.write(np.zeros((2, 1000), np.float32))
print("ready", flush=True)
sys.stdin.read()
"""


def make_old(folder):
    for path in folder.glob(".stemstudio-*"):
        os.utime(path, (time.time() - 60, time.time() - 60))


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_what_a_killed_export_left_is_deleted_and_nothing_else(tmp_path):
    command = [sys.executable, "-c", WRITE_AND_WAIT, tmp_path / "x.wav"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"ready\n"
        (tmp_path / ".stemstudio-notes").write_text("not ours to delete")
        (tmp_path / "theirs.part").write_text("nor this")
        make_old(tmp_path)
        sweep(tmp_path)
        assert len(list(tmp_path.glob(".stemstudio-*.part"))) == 1  # still being written
        other.send_signal(signal.SIGKILL)
        other.wait()
    sweep(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".stemstudio-notes", "theirs.part"]


def test_what_this_program_writes_is_left_alone(tmp_path):
    target = Replacement(tmp_path / "x")
    target.file.write(b"abc")
    make_old(tmp_path)
    sweep(tmp_path)
    target.commit()
    assert (tmp_path / "x").read_bytes() == b"abc"


def test_a_folder_that_is_not_there_needs_no_sweeping(tmp_path):
    sweep(tmp_path / "missing")
