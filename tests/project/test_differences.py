import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stemstudio.project.differences import changed_frames
from stemstudio.project.document import ClipRef, Patch, Stem

BASE = ClipRef("base", 1, 100, 44100)


def stem(*patches, clip=BASE):
    return Stem("id", "drums", clip, tuple(patches))


def patch(start, frames, name="patch"):
    return Patch(start, ClipRef(f"{name} {start} {frames}", 1, frames, 44100))


def test_a_new_patch_changes_its_frames_and_undo_the_same():
    one, two = patch(10, 5), patch(40, 20)
    assert changed_frames(stem(one), stem(one, two)) == ((40, 60),)
    assert changed_frames(stem(one, two), stem(one)) == ((40, 60),)
    assert changed_frames(stem(one), stem(one)) == ()


def test_ranges_that_touch_are_one():
    assert changed_frames(stem(), stem(patch(50, 10), patch(10, 20), patch(30, 5))) == ((10, 35), (50, 60))


def test_another_base_is_another_sound():
    assert changed_frames(stem(), stem(clip=ClipRef("other", 1, 100, 44100))) is None


PATCHES = st.lists(st.tuples(st.integers(0, 80), st.integers(1, 20), st.integers(0, 3)), max_size=5)


@given(before=PATCHES, after=PATCHES)
def test_nothing_changes_outside_the_ranges(before, after):
    def sound(patches):
        samples = np.zeros(100)
        for start, frames, name in patches:
            samples[start : start + frames] = 1 + name + 10 * start + 1000 * frames
        return samples

    stems = [stem(*(patch(start, frames, str(name)) for start, frames, name in each)) for each in (before, after)]
    kept = np.ones(100, bool)
    for start, end in changed_frames(*stems):
        kept[start:end] = False
    assert np.array_equal(sound(before)[kept], sound(after)[kept])
