import numpy as np

from stemstudio.core.buffer import AudioBuffer
from stemstudio.mixing.mixer import Mixer, MixInput
from stemstudio.operations.separating import LiveStems
from stemstudio.ui.player import _UntilWritten

RATE = 8000


def constant(value):
    return AudioBuffer(np.full((2, 1000), value, np.float32), RATE)


def test_what_is_not_separated_yet_sounds_as_the_song():
    live = LiveStems("t", ("a", "b"), None, written_frames=400)
    stems = Mixer((MixInput(constant(0.25)), MixInput(constant(0.5), mute=True)))
    heard = _UntilWritten(stems, Mixer((MixInput(constant(1.0)),)), live)
    np.testing.assert_array_equal(heard.read(300, 200)[0], [0.25] * 100 + [1.0] * 100)
    np.testing.assert_array_equal(heard.read(500, 10)[0], 1.0)
    live.written_frames = 1000
    np.testing.assert_array_equal(heard.read(300, 200)[0], 0.25)
