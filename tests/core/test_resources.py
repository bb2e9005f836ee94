import pytest

from stemstudio.core.errors import NotReady
from stemstudio.core.resources import models_folder, resource


def test_a_file_of_the_program_is_found():
    assert resource("demo", "mixture.flac").is_file()
    assert models_folder().parent == resource("demo").parents[1]


def test_a_missing_one_is_told():
    with pytest.raises(NotReady, match="Install StemStudio again"):
        resource("demo", "nothing.flac")
