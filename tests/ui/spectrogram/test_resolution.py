import pytest

from stemstudio.spectral.transforms import FRAME_SIZES, Analysis
from stemstudio.ui.spectrogram.resolution import Resolution
from stemstudio.ui.spectrogram.viewport import Viewport

RATE = 44100
HOUR = Viewport.whole(RATE, 3600 * RATE)


def sizes(spans_s, band=1.0):
    found = []
    for span in spans_s:
        detail = Resolution().detail(HOUR.over(0, span * RATE).in_band(0.3, 0.3 + band), 1000)
        found.append(detail.n_fft_at_44100 if detail else 4096)
    return found


def test_frames_get_shorter_as_one_zooms_into_time():
    assert sizes([3600, 60, 8, 1, 0.5, 0.25, 0.1, 0.05]) == [4096, 4096, 4096, 2048, 1024, 512, 256, 256]


def test_frames_get_longer_as_one_zooms_into_frequency():
    assert sizes([30], band=1.0) == [4096]
    assert sizes([30], band=0.25) == [8192]
    assert sizes([30], band=0.1) == [16384]
    assert sizes([0.05], band=0.1) == [256]


def test_a_long_view_is_drawn_from_what_is_kept():
    assert Resolution().detail(HOUR.in_band(0.3, 0.4), 1000) is None


@pytest.mark.parametrize("size", FRAME_SIZES)
def test_a_chosen_frame_stays_at_any_zoom(size):
    resolution = Resolution("reassigned", size)
    assert resolution.whole == Analysis("reassigned", size)
    assert resolution.detail(HOUR.over(0, RATE / 10), 1000) is None


def test_others_choose_for_themselves():
    for kind in ("multi", "cqt"):
        assert Resolution(kind).detail(HOUR.over(0, RATE / 10), 1000) is None
        assert Resolution(kind, 256).whole.kind == kind
