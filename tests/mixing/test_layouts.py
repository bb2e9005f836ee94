import pytest

from stemstudio.audio.wav_header import wav_header
from stemstudio.core.errors import BadInput
from stemstudio.mixing.folddown import matrix
from stemstudio.mixing.layouts import LAYOUT_TITLES, LAYOUTS, layout


@pytest.mark.parametrize(("name", "channels", "mask"), [("5.1", 6, 0x3F), ("7.1", 8, 0x63F), ("7.1.4", 12, 0x2D63F)])
def test_channels_stand_in_the_order_of_their_mask_and_files_carry_it(name, channels, mask):
    found = layout(name)
    bits = [each.mask_bit for each in found.loudspeakers]
    assert bits == sorted(bits)
    assert (found.channels, found.mask) == (channels, mask)
    assert mask.to_bytes(4, "little") in wav_header(channels, 48000, 24, 0)


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_fold_down_brings_every_loudspeaker_to_its_side(name):
    for each, (left, right) in zip(layout(name).loudspeakers, matrix(layout(name).channels).T, strict=True):
        if each.low_frequency:
            assert left == right == 0
        elif each.azimuth_deg == 0:
            assert left == right > 0
        else:
            assert (left > 0, right > 0) == (each.azimuth_deg > 0, each.azimuth_deg < 0)


def test_unknown_layouts_are_told():
    assert layout("binaural").channels == 12
    assert set(LAYOUT_TITLES) == {"5.1", "7.1", "7.1.4", "binaural"}
    with pytest.raises(BadInput, match=r"7\.1\.4"):
        layout("9.1")
