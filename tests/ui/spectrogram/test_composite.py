import numpy as np
import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter

from stemstudio.core.buffer import AudioBuffer
from stemstudio.core.progress import Progress
from stemstudio.spectral.pyramid import TOP_LEVEL, SpectrogramPyramid, TileRequest
from stemstudio.ui.spectrogram.composite import Composite
from stemstudio.ui.spectrogram.look import Look
from stemstudio.ui.spectrogram.viewport import Viewport

RATE = 44100
GRAY = Look(colour_map="gray", gamma=1.0, tilt_db=0.0, high_db=0.0, range_db=100.0, scale="linear")


def shown(pyramid, viewport, *, width=400, height=200, ratio=1.0, composite=None, look=GRAY):
    """Gray levels that are painted, float (height, width)."""
    image = QImage(round(width * ratio), round(height * ratio), QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    image.fill(0xFFFF0000)
    painter = QPainter(image)
    (composite or Composite()).draw(painter, QRectF(0, 0, width, height), ratio, pyramid, viewport, look)
    painter.end()
    pixels = np.array(image.constBits()).reshape(image.height(), image.width(), 4)
    assert np.ptp(pixels[:, :, :3].astype(int), axis=2).max() <= 2, "a pixel was not painted"
    return pixels[:, :, 1].astype(float)


@pytest.fixture(scope="module")
def steps():
    """A minute of noise that gets 6 dB louder every ten seconds."""
    rng = np.random.default_rng(0)
    gain = 0.001 * 2.0 ** np.repeat(np.arange(6), 10 * RATE)
    return AudioBuffer((gain * rng.standard_normal((1, 60 * RATE))).astype(np.float32), RATE)


@pytest.fixture
def pyramid(steps):
    pyramid = SpectrogramPyramid(steps, overview_bytes=1 << 20)
    pyramid.compute(TileRequest(TOP_LEVEL, 0, steps.frames), Progress())
    return pyramid


def whole(pyramid):
    return Viewport.whole(RATE, pyramid.source.frames)


def test_steps_are_where_they_sound(pyramid):
    brightness = shown(pyramid, whole(pyramid), width=600).mean(axis=0)
    plateaus = [brightness[100 * k + 30 : 100 * k + 70].mean() for k in range(6)]
    assert np.diff(plateaus) == pytest.approx(np.full(5, 6 / 100 * 255), abs=1.5)
    for k in range(1, 6):
        middle = (plateaus[k - 1] + plateaus[k]) / 2
        crossing = np.flatnonzero(brightness[100 * k - 20 : 100 * k + 20] > middle)[0] - 20
        assert abs(crossing) <= 4


def test_coarse_picture_is_drawn_at_once_and_the_fine_one_at_the_same_place(pyramid):
    part = whole(pyramid).over(25 * RATE, 10 * RATE)
    rough = shown(pyramid, part)
    pyramid.compute(TileRequest(0, int(part.start), int(part.end)), Progress())
    fine = shown(pyramid, part)
    assert not np.array_equal(rough, fine)
    assert abs(rough.mean() - fine.mean()) < 8  # the mean of decibels is less than the decibels of the mean
    for picture in (rough, fine):
        assert picture[:, 210:].mean() - picture[:, :190].mean() == pytest.approx(6 / 100 * 255, abs=2)


def test_known_units_are_drawn_over_coarse_ones(pyramid):
    part = whole(pyramid).over(0, 60 * RATE)
    level = pyramid.base_level - 1
    width = int(60 * RATE / (pyramid.hop << level))
    rough = shown(pyramid, part, width=width)
    pyramid.compute(TileRequest(level, 30 * RATE, 30 * RATE + 1), Progress())
    half = shown(pyramid, part, width=width)
    changed = (rough != half).any(axis=0)
    known = np.flatnonzero(pyramid.known(level, 0, pyramid.units)) * pyramid.unit_frames / (60 * RATE) * width
    assert 0 < len(known) < pyramid.units
    assert np.flatnonzero(changed).min() >= known.min() - 2
    assert np.flatnonzero(changed).max() <= known.max() + pyramid.unit_frames / (60 * RATE) * width + 2


def test_nothing_known_is_dark(steps):
    assert np.all(shown(SpectrogramPyramid(steps), Viewport.whole(RATE, steps.frames)) == 0)


def test_a_composite_that_has_drawn_much_draws_the_same_as_a_new_one(pyramid):
    pyramid.compute(TileRequest(0, 0, pyramid.source.frames), Progress())
    used, rng = Composite(), np.random.default_rng(3)
    for _ in range(30):
        part = whole(pyramid).over(rng.uniform(0, 60) * RATE, 10 ** rng.uniform(-1, 1.8) * RATE)
        look = Look(scale=("log", "mel", "linear")[rng.integers(3)], colour_map="gray")
        assert np.array_equal(shown(pyramid, part, composite=used, look=look), shown(pyramid, part, look=look))


def test_twice_the_pixels_show_the_same_picture_with_more_detail(pyramid):
    pyramid.compute(TileRequest(0, 0, pyramid.source.frames), Progress())
    part = whole(pyramid).over(10 * RATE, 5 * RATE)
    once, twice = shown(pyramid, part), shown(pyramid, part, ratio=2.0)
    assert twice.shape == (400, 800)
    joined = twice.reshape(200, 2, 400, 2).mean(axis=(1, 3))
    assert np.corrcoef(once.ravel(), joined.ravel())[0, 1] > 0.6
    assert np.abs(np.diff(twice, axis=0)).mean() > np.abs(np.diff(np.repeat(joined, 2, axis=0), axis=0)).mean()
