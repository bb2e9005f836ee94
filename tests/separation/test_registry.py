from __future__ import annotations

import subprocess
import sys

import pytest

from stemstudio.core.errors import BadInput
from stemstudio.separation.backend import Ready
from stemstudio.separation.registry import backend, backend_ids, default_backend, infos


def test_ids_are_sorted_and_name_their_method():
    assert list(backend_ids()) == sorted(backend_ids())
    assert tuple(info.id for info in infos()) == backend_ids()


def test_the_default_is_ready():
    assert isinstance(backend(default_backend()).availability(), Ready)


def test_an_unknown_id_is_answered_with_the_known_ones():
    with pytest.raises(BadInput) as caught:
        backend("magic")
    assert all(known in caught.value.todo for known in backend_ids())


def test_asking_imports_no_heavy_library():
    code = """
import sys
from stemstudio.separation.registry import backend, default_backend, infos
default_backend()
[backend(info.id).availability() for info in infos()]
heavy = {"torch", "numba", "scipy", "librosa", "soundfile", "safetensors"} & set(sys.modules)
assert not heavy, heavy
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
