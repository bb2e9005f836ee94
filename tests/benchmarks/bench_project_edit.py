"""How long one durable edit takes, against rewriting the whole document to a file, as most programs save.

Both wait for the disk. Run by hand: ``python tests/benchmarks/bench_project_edit.py``.
"""

import dataclasses
import json
import os
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from stemstudio.project.document import ClipRef, Patch, Project, Stem, Strip, Track, with_stem
from stemstudio.project.session import Session

EDITS = 500
LONG_HISTORY = 5000


def big_project(tracks, patches):
    """Every track has seven stems with `patches` patches each."""

    def clip(name):
        return ClipRef(f"{name:032x}", 2, 10_000_000, 44100)

    def stems(track):
        return tuple(
            Stem(f"{track}.{s}", f"stem{s}", clip(s), tuple(Patch(p, clip(p)) for p in range(patches)))
            for s in range(7)
        )

    return Project(tuple(Track(str(t), f"Song {t}", "/music/song.flac", clip(t), stems(t)) for t in range(tracks)))


def gain(number):
    def edit(project):
        return with_stem(project, "0", replace(project.track("0").stem("0.0"), strip=Strip(-0.01 * number)))

    return edit


def timed(calls):
    times = []
    for call in calls:
        began = time.perf_counter()
        call()
        times.append((time.perf_counter() - began) * 1e3)
    times.sort()
    return statistics.median(times), times[int(0.99 * len(times))], times[-1]


def whole_file(path, project):
    """Write everything and put it in place safely."""
    part = path.with_suffix(".part")
    with part.open("w") as file:
        json.dump(dataclasses.asdict(project), file)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def measure(tracks, patches):
    with tempfile.TemporaryDirectory() as scratch:
        start = big_project(tracks, patches)
        session = Session.create(Path(scratch) / "Bench")
        session.edit("Start", lambda _: start)
        ours = timed([lambda n=n: session.edit("Move gain", gain(n)) for n in range(1, EDITS)])
        undo = timed([session.undo] * 100)
        size = (session.folder / "project.db").stat().st_size + (session.folder / "project.db-wal").stat().st_size
        session.close()
        path = Path(scratch) / "whole.json"
        rival = timed([lambda n=n: whole_file(path, gain(n)(start)) for n in range(1, EDITS // 5)])
    print(f"{tracks} tracks, 7 stems each, {patches} patches per stem ({path.name}: whole document per edit)")
    print("                     median    99 %     max  ms")
    for name, figures in (("Session.edit", ours), ("Session.undo", undo), ("whole file", rival)):
        print(f"  {name:17s} {figures[0]:7.2f} {figures[1]:7.2f} {figures[2]:7.2f}")
    print(f"  whole file / edit: {rival[0] / ours[0]:.1f}; {EDITS} edits left {size / 1e6:.1f} MB on disk")


def measure_long_history():
    with tempfile.TemporaryDirectory() as scratch:
        session = Session.create(Path(scratch) / "Bench")
        session.edit("Start", lambda _: big_project(4, 10))
        for number in range(1, LONG_HISTORY):
            session.edit("Move gain", gain(number))
        last = timed([lambda n=n: session.edit("Move gain", gain(n)) for n in range(LONG_HISTORY, LONG_HISTORY + 200)])
        session.close()
        began = time.perf_counter()
        again = Session.open(session.folder)
        opening = time.perf_counter() - began
        assert again.history == session.history
        again.close()
    print(
        f"after {LONG_HISTORY} steps: edit {last[0]:.2f} ms median, {last[2]:.2f} max; opening {opening * 1e3:.0f} ms"
    )


if __name__ == "__main__":
    measure(1, 0)
    measure(10, 50)
    measure_long_history()
