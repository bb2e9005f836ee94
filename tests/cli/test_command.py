from __future__ import annotations

import os
import subprocess
import sys

import pytest

from stemstudio import __version__
from stemstudio.cli.options import seconds, setting, words
from stemstudio.cli.voice import duration, level

COMMANDS = {
    "info",
    "models",
    "separate",
    "repair",
    "effects",
    "remix",
    "upmix",
    "export",
    "edits",
    "backends",
    "evaluate",
}
COMMANDS |= {"train", "self-test"}


def test_help_names_what_works_and_nothing_else(studio):
    said = studio("--help")
    assert said.code == 0
    _, commands = said.out.split("  COMMAND\n")
    assert {line.split()[0] for line in commands.splitlines() if line[4:5].isalpha()} == COMMANDS


def test_version(studio):
    said = studio("--version")
    assert (said.code, said.out) == (0, f"stemstudio {__version__}\n")


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_explains_itself(command, studio):
    said = studio(command, "--help")
    assert said.code == 0
    assert "--json" in said.out


@pytest.mark.parametrize(
    "arguments",
    [
        ["frobnicate"],
        ["repair", "song.wav", "-o", "x"],
        ["upmix"],
        ["info"],
        ["info", "a", "b"],
        ["separate", "song.wav"],
        ["separate", "-o", "out"],
        ["separate", "x.wav", "-o", "out", "--residual", "share"],
        ["separate", "x.wav", "-o", "out", "--format", "aac"],
        ["separate", "x.wav", "-o", "out", "--bits", "12"],
        ["separate", "x.wav", "-o", "out", "--start", "soon"],
        ["separate", "x.wav", "-o", "out", "--start", "-3"],
        ["separate", "x.wav", "-o", "out", "--set", "margin"],
        ["separate", "x.wav", "-o", "out", "--device", "tpu"],
        ["evaluate", "--reference", "x"],
        ["--frob"],
    ],
)
def test_a_wrong_command_line_exits_with_2_and_says_so_on_standard_error(arguments, studio):
    said = studio(*arguments)
    assert said.code == 2
    assert said.out == ""
    assert "error:" in said.err


@pytest.mark.parametrize("path", ["missing.wav", "no/such/file", "/nowhere/x.flac"])
def test_a_missing_song_for_the_window_exits_with_3(path, studio):
    said = studio(path)
    assert said.code == 3
    assert said.err.count("\n") == 1
    assert "does not exist" in said.err


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the variables of Linux screens")
def test_without_a_screen_the_window_says_what_works_without_one(studio, monkeypatch, song):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    for arguments in ([], [song]):
        said = studio(*arguments)
        assert said.code == 3
        assert "stemstudio --help" in said.err


def test_the_command_line_starts_without_what_it_does_not_need():
    heavy = [
        "PySide6",
        "pyqtgraph",
        "torch",
        "librosa",
        "matplotlib",
        "pedalboard",
        "scipy",
        "numba",
        "av",
        "soundfile",
    ]
    story = (
        "import sys\nfrom stemstudio.cli import main\n"
        "main(['backends'])\n"
        f"print([name for name in {heavy!r} if name in sys.modules], file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", story], capture_output=True, text=True, check=True)
    assert done.stderr == "[]\n"


@pytest.mark.skipif(os.name != "posix", reason="pipes that close")
def test_a_reader_who_has_enough_is_no_error(tmp_path):
    command = f"'{sys.executable}' -m stemstudio backends | head -1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.returncode == 0


def test_options_are_read_as_people_write_them():
    assert [seconds(text) for text in ("83.5", "1:23.5", "1:02:03", "0")] == [83.5, 83.5, 3723, 0]
    assert setting("name= value=x ") == ("name", "value=x")
    assert words("Vocals, drums,,vocals") == ("vocals", "drums")
    for text in ("", "1:x", "nan", "inf", "-1"):
        with pytest.raises(ValueError, match=r"could not convert|^nan$|^inf$|^-1$"):
            seconds(text)


def test_numbers_are_said_as_people_say_them():
    assert [duration(s) for s in (0.4, 59.4, 61, 3723)] == ["0 s", "59 s", "1:01 min", "1:02:03 h"]
    assert [level(value) for value in (float("nan"), float("inf"), -float("inf"), -3.14159)] == [
        None,
        300,
        -300,
        -3.142,
    ]
