"""The output against real sound servers, each in a process of its own; see null_sink.py for the stories."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

STORIES = Path(__file__).with_name("null_sink.py")

with_server = pytest.mark.skipif(
    not (shutil.which("pulseaudio") and shutil.which("parec")), reason="no PulseAudio here to play into"
)


@pytest.fixture
def tell(repository):
    def run(story):
        environment = {
            key: value for key, value in os.environ.items() if not key.startswith(("PULSE", "PIPEWIRE", "XDG_RUNTIME"))
        }
        environment["PYTHONPATH"] = str(repository)
        environment["PIPEWIRE_REMOTE"] = "/nowhere"  # Qt would prefer it
        done = subprocess.run(
            [sys.executable, "-W", "error", str(STORIES), story],
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


@with_server
def test_the_device_hears_the_graph_to_the_sample_under_load_and_stalls(tell):
    result = tell("exact")
    assert result["underruns"] == 0
    assert result["equal"] == result["expected"]


@with_server
def test_a_thread_that_keeps_the_interpreter_does_not_stop_the_sound(tell):
    assert tell("interpreter_held")["taken_s"] > 0.3


@with_server
def test_a_chosen_device_that_is_missing_is_replaced_and_named(tell):
    result = tell("unknown_device")
    assert "not connected" in result["message"]
    assert "Null Output" in result["message"]
    assert result["playing"]


@with_server
def test_a_song_goes_on_when_the_sound_server_dies(tell):
    result = tell("lost_device")
    assert "does not respond" in result["message"]
    assert result["playing"]


@with_server
def test_an_idle_device_is_let_go_and_taken_again(tell):
    assert tell("idle_device") == {"message": "", "running": True}


def test_without_a_device_a_clock_plays_and_the_person_is_told(tell):
    result = tell("no_device")
    assert "No sound device" in result["message"]
    assert result["position"] == result["frames"]


def test_a_driver_that_hangs_does_not_keep_the_program_from_ending(tell):
    assert tell("hanging_driver") == {"running": False}


def test_a_device_is_opened_only_if_it_changes_and_has_its_time_after_a_rest(tell):
    assert tell("deaf_after_idling") == {"opened": ["another", "another"], "given_up": [4]}


def test_multimedia_is_not_loaded_before_sound_is_wanted():
    check = "import sys, stemstudio.ui.audio_output; sys.exit('PySide6.QtMultimedia' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
