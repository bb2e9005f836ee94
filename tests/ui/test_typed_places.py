import pytest

from stemstudio.ui.typed_places import hertz_text, typed_hertz, typed_seconds


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("62.3", 62.3), ("62,3 s", 62.3), ("1:02.3", 62.3), ("1:00:02", 3602), (" 0:05 ", 5), ("", None), ("-1", None)],
)
def test_times_are_read_as_people_write_them(text, seconds):
    assert typed_seconds(text) == (None if seconds is None else pytest.approx(seconds))


@pytest.mark.parametrize("text", ["nan", "inf", "1:2:3:4", "soon", "1:", ":"])
def test_what_is_no_time_is_none(text):
    assert typed_seconds(text) is None


@pytest.mark.parametrize(
    ("text", "hertz"),
    [
        ("440", 440),
        ("440 Hz", 440),
        ("2.4k", 2400),
        ("2,4 kHz", 2400),
        ("A4", 440),
        ("c#3", 138.591),
        ("B♭2", 116.541),
        ("C-1", 8.1758),
    ],
)
def test_frequencies_and_notes_are_read(text, hertz):
    assert typed_hertz(text) == pytest.approx(hertz, rel=1e-4)


@pytest.mark.parametrize("text", ["", "high", "H4", "1.2.3", "-40", "nan"])
def test_what_is_no_frequency_is_none(text):
    assert typed_hertz(text) is None


@pytest.mark.parametrize("hertz", [0.0, 55.0, 999.9, 1000.0, 2400.0, 22050.0])
def test_what_is_shown_can_be_typed(hertz):
    assert typed_hertz(hertz_text(hertz)) == pytest.approx(hertz, rel=1e-3)
