import threading

import pytest

from stemstudio.core.errors import BadInput, UserError
from stemstudio.exporting.naming import DEFAULT_TEMPLATE, claim_paths, file_stem, free_paths, legal_name

FIELDS = {"track": "Vibe Ace", "stem": "Vocals", "backend": "hpss", "index": 3}


def test_default_template():
    assert file_stem(DEFAULT_TEMPLATE, FIELDS) == "Vibe Ace (Vocals)"


def test_fields_take_format_specifications():
    assert file_stem("{index:02d} {stem}", FIELDS) == "03 Vocals"


@pytest.mark.parametrize("template", ["{nobody}", "{", "{track", "{0}", "{track.__class__.__mro__[9]}", "{track[x]}"])
def test_a_template_that_cannot_be_filled_says_what_may_be_used(template):
    with pytest.raises(BadInput, match=r"\{track\}"):
        file_stem(template, FIELDS)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("AC/DC: live?", "AC_DC_ live_"),
        ("../../etc/passwd", ".._.._etc_passwd"),
        ("con", "_con"),
        ("LPT1.x", "_LPT1.x"),
        ("ends. ", "ends"),
        ("", "untitled"),
        ("...", "untitled"),
        ("こんにちは", "こんにちは"),
    ],
)
def test_names_are_legal_everywhere(text, name):
    assert legal_name(text) == name


def test_long_names_are_cut_between_characters():
    name = legal_name("ö" * 500)
    assert len(name.encode()) <= 200
    assert set(name) == {"ö"}


def test_clashing_names_are_numbered(tmp_path):
    (tmp_path / "Song (Bass).wav").touch()
    paths = free_paths(tmp_path, ["Song (bass)", "x", "X"], "wav")
    assert [path.name for path in paths] == ["Song (bass) 2.wav", "x.wav", "X 2.wav"]


def test_no_two_get_the_same_name(tmp_path):
    (tmp_path / "Song.wav").write_text("precious")
    claimed, together = [], threading.Barrier(8)

    def claim():
        together.wait()
        for _ in range(20):
            claimed.extend(claim_paths(tmp_path, ["Song", "song", "x"], "wav"))

    threads = [threading.Thread(target=claim) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(claimed)) == len(claimed) == 480
    assert {path.name for path in claimed} | {"Song.wav"} == {path.name for path in tmp_path.iterdir()}
    assert (tmp_path / "Song.wav").read_text() == "precious"


def test_names_that_cannot_all_be_claimed_leave_nothing(tmp_path):
    with pytest.raises(UserError, match="too long"):
        claim_paths(tmp_path, ["fine", "n" * 300], "wav")
    assert not list(tmp_path.iterdir())
