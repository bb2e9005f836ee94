"""What the threads of the lanes are to the rest of the system."""

import os
import sys
import threading

import pytest

from stemstudio.jobs.job import Lane
from stemstudio.jobs.lanes import NICENESS, Lanes

MOST = 19  # the kernel's limit


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere threads have no priority that Python can set")
def test_a_separation_lets_others_go_first():
    def mine():
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    found = {}

    def task(lane):
        helper = threading.Thread(target=lambda: found.setdefault(f"{lane.value}'s helper", mine()))
        helper.start()
        helper.join()
        found[lane.value] = mine()

    before = mine()
    lanes = Lanes()
    for lane in Lane:
        lanes.put(lane, lambda lane=lane: task(lane))
    assert lanes.join(20.0)
    low = min(before + NICENESS, MOST)
    assert found.pop("separate") == found.pop("separate's helper") == low
    assert set(found.values()) == {before}
    assert mine() == before
