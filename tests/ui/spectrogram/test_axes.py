import pytest

from stemstudio.ui.spectrogram.time_marks import time_label, time_step


@pytest.mark.parametrize(
    ("seconds", "decimals", "text"),
    [
        (0, 0, "0:00"),
        (17.482, 3, "0:17.482"),
        (59.9996, 3, "1:00.000"),
        (133.1, 0, "2:13"),
        (3723.25, 2, "1:02:03.25"),
        (0.05, 2, "0:00.05"),
    ],
)
def test_time_label(seconds, decimals, text):
    assert time_label(seconds, decimals) == text


@pytest.mark.parametrize("seconds", [0.05, 1, 8, 60, 133, 3600, 36000, 500000])
@pytest.mark.parametrize("width", [200, 1000, 3000])
def test_labels_have_room(seconds, width):
    step = time_step(seconds * 84 / width)
    assert step / seconds * width >= 84
    assert step / seconds * width <= 84 * 6 or step == 0.01
