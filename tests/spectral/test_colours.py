import subprocess
import sys

import numpy as np
import pytest

from stemstudio.spectral import decibels
from stemstudio.spectral.colours import MAPS, colour_table, difference_table, matplotlib_maps, stored_maps


def test_file_holds_matplotlibs_maps():
    assert np.array_equal(stored_maps(), matplotlib_maps())


def test_command_writes_the_file(tmp_path):
    target = tmp_path / "new" / "maps.npy"
    subprocess.run([sys.executable, "-m", "stemstudio.spectral.colours", str(target)], check=True, timeout=60)
    assert np.array_equal(np.load(target), stored_maps())


def test_table_does_not_import_matplotlib():
    code = "from stemstudio.spectral.colours import colour_table; colour_table('magma', -90, 0)\n"
    code += "import sys; assert 'matplotlib' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


@pytest.mark.parametrize("name", MAPS)
def test_ends_of_the_range_get_the_ends_of_the_map(name):
    table = colour_table(name, -90, -10)
    colours = stored_maps()[MAPS.index(name)].astype(np.uint32)
    ends = [0xFF000000 | red << 16 | green << 8 | blue for red, green, blue in colours[[0, -1]]]
    low, high = int(decibels.position(-90)), int(decibels.position(-10))
    assert np.all(table[: low + 1] == ends[0])
    assert np.all(table[high:] == ends[1])
    assert len(set(table[low : high + 1])) > 100


def test_gamma_darkens_the_middle():
    plain, darker = (colour_table("gray", -100, 0, gamma) for gamma in (1.0, 2.0))
    middle = int(decibels.position(-50))
    assert darker[middle] & 0xFF < plain[middle] & 0xFF
    assert abs(int(darker[middle] & 0xFF) - 255 * 0.25) <= 1


@pytest.mark.parametrize("arguments", [(-10, -10, 1), (0, -90, 1), (-90, 0, 0)])
def test_impossible_range_is_refused(arguments):
    with pytest.raises(ValueError, match="no colours"):
        colour_table("magma", *arguments)


def test_bytes_keep_half_decibels():
    levels = np.arange(-119.5, 7.5, 0.5)
    codes = decibels.encode((10 ** (levels / 10)).astype(np.float32))
    assert [decibels.decode(int(code)) for code in codes] == pytest.approx(list(levels), abs=0.26)
    assert list(decibels.encode(np.array([0, 1e-20, 1e9], np.float32))) == [0, 0, 255]


def test_differences_are_gray_where_alike_and_as_bright_as_the_louder():
    table = difference_table(-90, -10, 1.5).reshape(256, 256)
    plain = colour_table("gray", -90, -10, 1.5)
    assert np.abs((table[:, 128] & 0xFF).astype(int) - (plain & 0xFF)).max() <= 1
    red, blue = (table[230] >> 16 & 0xFF).astype(int), (table[230] & 0xFF).astype(int)
    assert red[200] > blue[200]
    assert blue[60] > red[60]
    assert np.all(np.diff((red - blue)[60:200]) >= -1)
    assert np.all(table[0] == table[0, 0])


def test_differences_need_a_range_too():
    with pytest.raises(ValueError, match="colours"):
        difference_table(-10, -10)
