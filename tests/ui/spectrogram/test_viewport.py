from hypothesis import assume, given
from hypothesis import strategies as st

from stemstudio.ui.spectrogram.viewport import LEAST_SECONDS, Viewport

views = st.builds(
    lambda frames, start, span: Viewport.whole(44100, frames).over(start * frames, span * frames),
    st.integers(1, 10**9),
    st.floats(0, 1),
    st.floats(0, 1),
)


def is_inside(view):
    return view.start >= 0 and view.end <= view.frames * (1 + 1e-9) and view.span > 0


@given(view=views, factor=st.floats(0.01, 100), x=st.floats(0, 1))
def test_zoom_keeps_the_frame_under_the_mouse(view, factor, x):
    zoomed = view.zoomed(factor, x)
    assert is_inside(zoomed)
    assert zoomed.span >= min(LEAST_SECONDS * 44100, view.frames) * (1 - 1e-9)
    # At the ends of the sound the view stops instead.
    assume(zoomed.start > 0 and zoomed.end < view.frames - 1)
    assert abs(zoomed.frame(x) - view.frame(x)) <= 1e-6 * view.frames


@given(view=views, share=st.floats(-5, 5))
def test_pan_keeps_the_zoom_and_stays_inside(view, share):
    panned = view.panned(share)
    assert is_inside(panned)
    assert abs(panned.span - view.span) <= 1e-6 * view.span


@given(view=views, factor=st.floats(0.01, 100), y=st.floats(0, 1), share=st.floats(-3, 3))
def test_band_stays_on_the_axis(view, factor, y, share):
    band = view.zoomed_band(factor, y).panned_band(share)
    assert -1e-9 <= band.bottom < band.top <= 1 + 1e-9


@given(factor=st.floats(1, 20), y=st.floats(0, 1))
def test_zoom_in_keeps_the_frequency_under_the_mouse(factor, y):
    view = Viewport.whole(44100, 1000)
    assert abs(view.zoomed_band(factor, y).place(y) - view.place(y)) < 1e-9


def test_a_view_of_the_whole_stays_one_as_the_sound_grows():
    assert Viewport.whole(44100, 1000).of_length(5000) == Viewport.whole(44100, 5000)


def test_a_view_of_a_part_stays_where_it_is_as_the_sound_grows():
    part = Viewport.whole(44100, 441000).over(44100, 88200)
    grown = part.of_length(882000)
    assert (grown.start, grown.span) == (part.start, part.span)
    assert part.of_length(100_000).end == 100_000


def test_frames_and_places_have_inverses():
    view = Viewport.whole(44100, 441000).over(1000, 50000).in_band(0.2, 0.7)
    assert view.x(view.frame(0.3)) == 0.3
    assert abs(view.y(view.place(0.3)) - 0.3) < 1e-12
