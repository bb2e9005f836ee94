"""What is drawn after edits, at zooms, against other sounds; on real computation."""

import numpy as np
import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter

from stemstudio.core.buffer import AudioBuffer
from stemstudio.core.progress import Progress
from stemstudio.ui.spectrogram.look import Look
from stemstudio.ui.spectrogram.resolution import Resolution
from stemstudio.ui.spectrogram.shelf import KEPT_DETAILS, KEPT_PYRAMIDS, PyramidShelf
from stemstudio.ui.spectrogram.sound_picture import SoundPicture
from stemstudio.ui.spectrogram.viewport import Viewport

RATE = 44100
WIDTH, HEIGHT = 400, 200


class Counted:
    """A source that counts the frames that are read of it."""

    def __init__(self, sound):
        self._sound, self.read_frames = sound, 0
        self.sample_rate, self.channels, self.frames = sound.sample_rate, sound.channels, sound.frames

    def read(self, start, frames):
        self.read_frames += frames
        return self._sound.read(start, frames)


def noise(seed, seconds=60):
    rng = np.random.default_rng(seed)
    return (0.05 * rng.standard_normal((1, seconds * RATE))).astype(np.float32)


def edited(samples, start, end):
    changed = samples.copy()
    changed[:, start:end] = 0
    return changed


def compute(sound, viewport):
    for pyramid, request in sound.wishes(viewport, WIDTH):
        pyramid.compute(request, Progress())


def pixels(sound, viewport):
    image = QImage(WIDTH, HEIGHT, QImage.Format.Format_RGB32)
    image.fill(0xFF00FF00)
    painter = QPainter(image)
    sound.draw(painter, QRectF(0, 0, WIDTH, HEIGHT), 1.0, viewport, Look())
    painter.end()
    return np.array(image.constBits()).reshape(HEIGHT, WIDTH, 4)[:, :, :3].astype(int)


def shown(source, viewport, resolution=Resolution(), key="x"):  # noqa: B008 - a frozen value
    sound = SoundPicture(PyramidShelf())
    sound.set_resolution(resolution)
    sound.show(source, key)
    compute(sound, viewport)
    return sound


@pytest.mark.parametrize("kind", ["stft", "multi", "reassigned", "cqt"])
@pytest.mark.parametrize("span_s", [60, 0.5])
def test_an_edit_and_its_undo_analyse_two_seconds_and_draw_as_if_all_were_new(kind, span_s):
    samples, start, end = noise(0), 30 * RATE, 32 * RATE
    before, after = Counted(AudioBuffer(samples, RATE)), Counted(AudioBuffer(edited(samples, start, end), RATE))
    viewport = Viewport.whole(RATE, 60 * RATE).over((31 - span_s / 2) * RATE, span_s * RATE)
    sound = shown(before, viewport, Resolution(kind), "before")
    first = pixels(sound, viewport)
    for source, other, key in ((after, before, "after"), (before, after, "before")):
        source.read_frames = other.read_frames = 0
        sound.replace(source, key, ((start, end),))
        compute(sound, viewport)
        assert 0 < source.read_frames < 40 * RATE
        assert other.read_frames == 0
        assert np.array_equal(pixels(sound, viewport), pixels(shown(source, viewport, Resolution(kind)), viewport))
    assert np.array_equal(pixels(sound, viewport), first)


def test_zooming_in_sharpens_strokes_and_the_coarse_picture_shows_meanwhile():
    samples = np.zeros((1, 60 * RATE), np.float32)
    samples[0, [30 * RATE, 30 * RATE + 2000]] = 1
    viewport = Viewport.whole(RATE, 60 * RATE).over(29.9 * RATE, 0.3 * RATE)
    sound = SoundPicture(PyramidShelf())
    sound.show(AudioBuffer(samples, RATE), "x")
    (detail, request), (whole, rest) = sound.wishes(viewport, WIDTH)
    whole.compute(rest, Progress())
    rough = pixels(sound, viewport)
    assert rough.sum() > 0
    detail.compute(request, Progress())
    fine = pixels(sound, viewport)

    def dip(picture):
        brightness = picture.sum(axis=(0, 2)).astype(float)
        places = [int((30 * RATE + offset - viewport.start) / viewport.span * WIDTH) for offset in (0, 1000, 2000)]
        return brightness[places[1]] / min(brightness[places[0]], brightness[places[2]])

    assert dip(fine) < 0.3
    assert dip(rough) > 0.8


def test_what_is_alike_is_gray_what_is_missing_is_blue_what_is_added_orange():
    samples = noise(0, 12)
    quieter, louder = samples.copy(), samples.copy()
    quieter[:, 4 * RATE : 8 * RATE] *= 0.05
    viewport = Viewport.whole(RATE, 12 * RATE)
    for mine, others, strongest in ((quieter, samples, 0), (louder, quieter, 2)):
        sound = SoundPicture(PyramidShelf())
        sound.show(AudioBuffer(mine, RATE), "mine")
        sound.compare(AudioBuffer(others, RATE), "others")
        compute(sound, viewport)
        picture = pixels(sound, viewport)
        alike, differs = picture[:, : WIDTH // 4], picture[:, WIDTH * 5 // 12 : WIDTH * 7 // 12]
        assert np.ptp(alike, axis=2).max() <= 2
        assert differs[:, :, strongest].mean() > 1.5 * differs[:, :, 2 - strongest].mean()
        sound.compare(None, "")
        assert not np.array_equal(pixels(sound, viewport), picture)


def test_comparing_with_the_sound_before_an_edit_analyses_the_edit_only():
    samples, start, end = noise(0), 30 * RATE, 32 * RATE
    before, after = Counted(AudioBuffer(samples, RATE)), AudioBuffer(edited(samples, start, end), RATE)
    viewport = Viewport.whole(RATE, 60 * RATE)
    sound = shown(after, viewport, key="after")
    sound.compare(before, "before", ((start, end),))
    compute(sound, viewport)
    assert 0 < before.read_frames < 20 * RATE
    picture = pixels(sound, viewport)
    changed = np.flatnonzero((np.ptp(picture, axis=2) > 40).mean(axis=0) > 0.3) / WIDTH * 60
    assert 29.5 < changed.min() < 30.5
    assert 31.5 < changed.max() < 32.5


def test_the_shelf_forgets_what_was_not_looked_at_for_long():
    shelf, source = PyramidShelf(), AudioBuffer(noise(0, 1), RATE)
    for number in range(KEPT_PYRAMIDS + 5):
        shelf.take(source, str(number), Resolution().whole)
    assert not shelf.find("0")
    assert shelf.find(str(KEPT_PYRAMIDS + 4))
    for number in range(KEPT_DETAILS + 5):
        shelf.take(source, str(number), Resolution("reassigned").whole, whole=False)
    assert len(shelf.find(str(KEPT_PYRAMIDS + 4))) == 2
    assert not shelf.find("0")
