"""A picture beside the one that is looked at is drawn with fewer columns while it moves, and with all at rest."""

import numpy as np

from stemstudio.core.buffer import AudioBuffer
from stemstudio.ui.spectrogram.companion import Companion
from stemstudio.ui.spectrogram.view import SpectrogramView

RATE = 8000


def test_a_companion_that_rests_is_drawn_with_all_its_columns(qtbot):
    rng = np.random.default_rng(1)
    sound = AudioBuffer((0.1 * rng.standard_normal((1, 60 * RATE))).astype(np.float32), RATE)
    view = SpectrogramView()
    companion = Companion(view)
    qtbot.addWidget(view)
    qtbot.addWidget(companion)
    try:
        view.set_source(sound, "a")
        companion.show_sound(sound, "b", "Other", "#2BB673")
        view.show_seconds(10, 40)
        assert companion.sound._below.coarse
        qtbot.waitUntil(lambda: not companion.sound._below.coarse, timeout=3000)
    finally:
        view.shutdown()
