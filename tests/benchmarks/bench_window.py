"""The whole window on a song of one hour against one of five minutes: memory, and the longest block of the event loop.

Run: ``python tests/benchmarks/bench_window.py SONG``. A process of its own opens a song that SONG is repeated to,
looks at it, zooms, plays and separates it with `center`, and prints its peak memory and the longest gap between two
ticks of a 10 ms timer. Memory for the hour must be at most 1.3 times that for five minutes; no gap may be over 50 ms.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def make_song(song: Path, seconds: int, path: Path) -> None:
    import soundfile

    samples, rate = soundfile.read(song, dtype="int16", always_2d=True)
    left = seconds * rate
    with soundfile.SoundFile(path, "w", rate, samples.shape[1], "PCM_16") as file:
        while left > 0:
            file.write(samples[:left])
            left -= len(samples)


def drive(path: Path) -> None:
    from PySide6.QtCore import QElapsedTimer, QTimer
    from PySide6.QtTest import QTest

    from stemstudio.app import make_application

    app = make_application()
    from stemstudio.ui.main_window import MainWindow

    window = MainWindow()
    window.resize(1440, 900)
    window.show()
    QTest.qWait(300)
    gaps: dict[str, float] = {}
    phase, clock, timer = ["start"], QElapsedTimer(), QTimer()
    clock.start()

    def tick() -> None:
        gaps[phase[0]] = max(gaps.get(phase[0], 0.0), clock.nsecsElapsed() / 1e6)
        clock.restart()

    timer.timeout.connect(tick)
    timer.start(10)

    def wait(name: str, done, limit_s: float = 1500) -> float:
        phase[0] = name
        began = time.monotonic()
        while not done() and time.monotonic() - began < limit_s:
            QTest.qWait(20)
        return time.monotonic() - began

    times = {}
    window.begin([path])
    times["open"] = wait("open", lambda: window.studio.track is not None)
    times["draw"] = wait("draw", lambda: not window.spectrogram.is_busy)
    steps = iter(range(60))
    for _ in steps:
        phase[0] = "zoom"
        window.spectrogram.zoom(1.2)
        QTest.qWait(15)
    window.spectrogram.fit()
    window.player.toggle()
    began = time.monotonic()
    times["play"] = wait("play", lambda: time.monotonic() - began > 5)
    page = window.inspector.page("Separate")
    page._method.setCurrentIndex(page._method.findData("center"))
    window.separate()
    times["separate"] = wait("separate", lambda: window.studio.running is None)
    for lane in window.studio.lanes():
        window.studio.select_lane(lane.key)
        wait("lanes", lambda: not window.spectrogram.is_busy)
    underruns = window.player._engine.underruns
    window.studio.discard()
    window.close()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"peak_mb": peak, "gaps_ms": gaps, "times_s": times, "underruns": underruns}))
    sys.stdout.flush()
    del app


def measure(song: Path, seconds: int, folder: Path) -> dict:
    path = folder / f"{seconds}.wav"
    make_song(song, seconds, path)
    env = {"QT_QPA_PLATFORM": "offscreen", **os.environ, "STEMSTUDIO_HOME": str(folder / "home")}
    done = subprocess.run(
        [sys.executable, __file__, "--drive", str(path)], env=env, capture_output=True, text=True, check=False
    )
    path.unlink()
    if done.returncode:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    if sys.argv[1] == "--drive":
        drive(Path(sys.argv[2]))
        return
    with tempfile.TemporaryDirectory() as folder:
        short, hour = (measure(Path(sys.argv[1]), seconds, Path(folder)) for seconds in (300, 3600))
    for name, result in (("5 min", short), ("1 h", hour)):
        gaps = ", ".join(f"{phase} {gap:.0f}" for phase, gap in result["gaps_ms"].items())
        times = ", ".join(f"{phase} {seconds:.1f}" for phase, seconds in result["times_s"].items())
        print(
            f"{name}: peak {result['peak_mb']:.0f} MB; longest gap in ms: {gaps}; seconds: {times}; "
            f"underruns {result['underruns']}"
        )
    print(f"memory ratio {hour['peak_mb'] / short['peak_mb']:.2f} (at most 1.3)")


if __name__ == "__main__":
    main()
