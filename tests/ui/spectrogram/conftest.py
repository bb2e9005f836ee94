import numpy as np
import pytest

from stemstudio.core.buffer import AudioBuffer
from stemstudio.ui.spectrogram.view import SpectrogramView

RATE = 44100


@pytest.fixture(scope="session")
def sound():
    """Twenty seconds of noise with a tone of 1 kHz, stereo."""
    rng = np.random.default_rng(0)
    samples = 0.001 * rng.standard_normal((2, 20 * RATE))
    samples += 0.5 * np.sin(2 * np.pi * 1000 * np.arange(20 * RATE) / RATE)
    return AudioBuffer(samples.astype(np.float32), RATE)


@pytest.fixture
def view(qtbot):
    """An empty view of 800 by 500 pixels, shut down after the test."""
    view = SpectrogramView()
    qtbot.addWidget(view, before_close_func=lambda view: view.shutdown())
    view.resize(800, 500)
    with qtbot.waitExposed(view):
        view.show()
    return view


@pytest.fixture
def loaded(qtbot, view, sound):
    """The view with `sound`, all computed."""
    view.set_source(sound, "mix")
    qtbot.waitUntil(lambda: not view.is_busy, timeout=30_000)
    return view
