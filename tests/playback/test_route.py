from hypothesis import given, settings
from hypothesis import strategies as st

from stemstudio.playback.route import Route, stretches


def walk(place, frames, end, loop):
    return [frame for first, count in stretches(place, frames, end, loop) for frame in range(first, first + count)]


def test_a_song_goes_on_to_its_end():
    assert walk(3, 100, 8, None) == [3, 4, 5, 6, 7]
    assert walk(8, 100, 8, None) == []


def test_a_loop_is_entered_and_never_left():
    assert walk(1, 10, 99, (2, 5)) == [1, 2, 3, 4, 2, 3, 4, 2, 3, 4]
    assert walk(5, 4, 99, (2, 5)) == [2, 3, 4, 2]


def test_who_begins_behind_a_loop_goes_on_to_the_end():
    assert walk(6, 10, 9, (2, 5)) == [6, 7, 8]


@settings(deadline=None)  # the machine may be busy
@given(st.integers(0, 60), st.integers(0, 90), st.integers(0, 50), st.integers(1, 20), st.integers(0, 90))
def test_walking_in_two_goes_is_walking_in_one(place, frames, start, length, cut):
    loop, end = (start, start + length), 75
    cut = min(cut, frames)
    whole = walk(place, frames, end, loop)
    first = walk(place, cut, end, loop)
    rest = walk(first[-1] + 1 if first else place, frames - len(first), end, loop) if len(first) == cut else []
    assert first + rest == whole


def test_a_route_knows_every_place():
    route = Route()
    assert route.place_at(1000) == 0
    route.turn(100, 5000, moves=True)
    route.follow(150, 5050)  # merely goes on
    route.follow(200, 300)  # a loop
    route.turn(250, 350, moves=False)  # a halt
    assert [route.place_at(at) for at in (99, 100, 160, 199, 200, 249, 250, 999)] == [
        0,
        5000,
        5060,
        5099,
        300,
        349,
        350,
        350,
    ]


def test_a_turn_drops_what_was_planned_behind_it():
    route = Route()
    route.turn(100, 0, moves=True)
    route.turn(300, 77, moves=True)
    route.turn(200, 5, moves=False)
    assert route.place_at(400) == 5
    assert route.place_at(150) == 50


def test_forgetting_keeps_what_is_still_valid():
    route = Route()
    for at in range(100, 1000, 100):
        route.turn(at, at * 10, moves=True)
    route.forget(450)
    assert route.place_at(450) == 4050
    assert route.place_at(950) == 9050
    assert len(route._cues) == 6
