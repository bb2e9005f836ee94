import errno
import threading

import numpy as np
import pytest

from stemstudio.core.buffer import AudioBuffer
from stemstudio.core.errors import BadInput, Cancelled, NoRoom, UserError, from_os_error
from stemstudio.core.params import ParamSpec, resolve
from stemstudio.core.progress import Progress
from stemstudio.core.source import Excerpt, blocks
from stemstudio.core.stems import stem_kind

RAMP = AudioBuffer(np.arange(20, dtype=np.float32).reshape(2, 10), 8000)


def test_a_buffer_cannot_be_changed():
    with pytest.raises(ValueError, match="read-only"):
        RAMP.samples[0, 0] = 1


def test_a_buffer_does_not_lock_the_array_it_was_made_from():
    array = np.zeros((1, 4), np.float32)
    AudioBuffer(array, 8000)
    array[0, 0] = 1


@pytest.mark.parametrize(("start", "frames"), [(-3, 5), (8, 5), (-20, 10), (30, 4), (0, 10), (4, 0), (-2, 20)])
def test_reading_outside_a_sound_gives_silence(start, frames):
    expected = np.zeros((2, frames), np.float32)
    for frame in range(frames):
        if 0 <= start + frame < 10:
            expected[:, frame] = RAMP.samples[:, start + frame]
    np.testing.assert_array_equal(RAMP.read(start, frames), expected)


@pytest.mark.parametrize(("start", "frames"), [(-3, 5), (3, 5), (-20, 10), (30, 4), (0, 5), (-2, 20)])
def test_an_excerpt_is_silent_outside_itself(start, frames):
    np.testing.assert_array_equal(
        Excerpt(RAMP, 2, 7).read(start, frames), AudioBuffer(RAMP.samples[:, 2:7], 8000).read(start, frames)
    )


def test_blocks_cover_a_source_once():
    walked = list(blocks(RAMP, 4, 1))
    assert [start for start, _ in walked] == [1, 5, 9]
    np.testing.assert_array_equal(np.concatenate([block for _, block in walked], axis=1), RAMP.samples[:, 1:])


GAIN = ParamSpec("gain_db", "float", 0.0, "Gain", low=-60, high=12, unit="dB")
COUNT = ParamSpec("count", "int", 3, "Count", low=1, high=9)
SOFT = ParamSpec("soft", "bool", True, "Soft")
MODE = ParamSpec("mode", "choice", "a", "Mode", choices=(("a", "First"), ("b", "Second")))


def test_values_are_converted_from_text_and_defaults_fill_the_rest():
    values = resolve((GAIN, COUNT, SOFT, MODE), {"gain_db": "-3.5", "soft": "no", "count": "4"})
    assert values == {"gain_db": -3.5, "count": 4, "soft": False, "mode": "a"}
    assert type(values["count"]) is int


@pytest.mark.parametrize(
    ("given", "todo"),
    [
        ({"gain_db": "loud"}, "-60 to 12 dB"),
        ({"gain_db": 13}, "-60 to 12 dB"),
        ({"gain_db": float("nan")}, "-60 to 12 dB"),
        ({"count": 2.5}, "whole number"),
        ({"soft": "perhaps"}, "true or false"),
        ({"mode": "c"}, "a, b"),
        ({"gian": 1}, "count, gain_db, mode, soft"),
    ],
)
def test_a_wrong_value_says_what_fits(given, todo):
    with pytest.raises(BadInput) as caught:
        resolve((GAIN, COUNT, SOFT, MODE), given)
    assert todo in caught.value.todo


def test_parts_of_a_task_add_up():
    progress = Progress()
    half = progress.part(0.5, 1.0)
    half.part(0.0, 0.5).update(0.5, "there")
    assert progress.fraction == pytest.approx(0.625)
    assert progress.message == "there"


def test_cancel_stops_the_worker_at_its_next_report():
    progress, stopped = Progress(), threading.Event()

    def work():
        try:
            while True:
                progress.part(0.2, 0.4).update(0.1)
        except Cancelled:
            stopped.set()

    thread = threading.Thread(target=work)
    thread.start()
    progress.cancel()
    thread.join(5)
    assert stopped.is_set()


@pytest.mark.parametrize(("number", "kind"), [(errno.ENOSPC, NoRoom), (errno.ENOENT, BadInput), (errno.EIO, UserError)])
def test_what_the_system_says_becomes_a_sentence_with_a_remedy(number, kind):
    error = from_os_error(OSError(number, "text"), "there.wav")
    assert type(error) is kind
    assert "there.wav" in error.what
    assert error.todo.endswith(".")


def test_unknown_stems_have_a_title_and_a_lasting_colour():
    assert stem_kind("lead_vocals").title == "Lead vocals"
    assert stem_kind("lead_vocals") == stem_kind("lead_vocals")
    assert stem_kind("vocals").colour == "#E69F00"
