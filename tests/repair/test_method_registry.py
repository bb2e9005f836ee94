from __future__ import annotations

import subprocess
import sys

import pytest

from stemstudio.core.errors import BadInput
from stemstudio.repair.registry import infos, method, method_ids


def test_ids_are_sorted_and_name_their_method():
    assert list(method_ids()) == sorted(method_ids())
    assert tuple(info.id for info in infos()) == method_ids()


def test_an_unknown_id_is_answered_with_the_known_ones():
    with pytest.raises(BadInput) as caught:
        method("magic")
    assert all(known in caught.value.todo for known in method_ids())


@pytest.mark.parametrize("info", infos(), ids=method_ids())
def test_every_method_says_what_a_person_needs_to_know(info):
    assert info.title
    assert info.summary.endswith(".")
    assert info.reference.endswith(".")
    assert {spec.name for spec in info.params} >= set(info.sources)
    for spec in info.params:
        assert spec.check(spec.default) == spec.default
        assert spec.help.endswith(".")
        assert spec.kind in ("bool", "choice") or None not in (spec.low, spec.high, spec.step)


def test_asking_imports_no_heavy_library():
    code = """
import sys
from stemstudio.repair.engine import params_at_hand
from stemstudio.repair.registry import infos
infos()
heavy = {"torch", "numba", "scipy", "librosa", "soundfile", "matplotlib"} & set(sys.modules)
assert not heavy, heavy
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
