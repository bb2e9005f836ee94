"""How smoothly the spectrogram of an hour pans and zooms, against an empty pyqtgraph plot painted the same way.

Run by hand: ``QT_QPA_PLATFORM=offscreen python tests/benchmarks/bench_spectrogram.py``. Prints, for a sound of one hour
and of five minutes: time per frame (median, 95th percentile) once tiles are there and while they are being computed,
the longest time that the event loop was blocked, and peak resident memory (each in a process of its own). A real
mixture, repeated, is the material; it lies in a float32 file and is read piece by piece.

Then the editor: six stems stacked with a lasso of 2,000 points on an hour (time per frame of all of them), and the time
from an edit of two seconds in that hour to its picture, against analysing the picture anew.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtCore import QEventLoop, QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

WIDTH, HEIGHT = 1600, 900
RATE = 44100


class RawFile:
    """Interleaved stereo float32 on disk, read piece by piece: memory stays bounded."""

    def __init__(self, path: Path) -> None:
        self.sample_rate, self.channels = RATE, 2
        self._file = os.open(path, os.O_RDONLY)
        self.frames = os.fstat(self._file).st_size // 8

    def read(self, start: int, frames: int) -> np.ndarray:
        out = np.zeros((2, frames), np.float32)
        first, last = max(start, 0), min(start + frames, self.frames)
        if first < last:
            data = np.frombuffer(os.pread(self._file, (last - first) * 8, first * 8), np.float32)
            out[:, first - start : last - start] = data.reshape(-1, 2).T
        return out


def write_song(path: Path, seconds: int) -> None:
    import soundfile

    audio = Path(os.environ.get("STEMSTUDIO_AUDIO") or Path(__file__).resolve().parents[3] / "shared" / "audio")
    song, _ = soundfile.read(next((audio / "mixtures").glob("*Fishin*.ogg")), dtype="float32", always_2d=True)
    data, left = song.tobytes(), seconds * RATE * 8
    with path.open("wb") as file:
        while left > 0:
            left -= file.write(data[: min(left, len(data))])


class Beat:
    """A timer that should beat every millisecond.

    `gaps_ms` are the times between its beats, on the clock and in processor time of the main thread. The second tells
    how long the loop was held up by its own work, whatever else the machine does.
    """

    def __init__(self) -> None:
        self.gaps_ms: list[tuple[float, float]] = []
        self._last = now()
        self._timer = QTimer(interval=1, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)

    def start(self) -> None:
        self._last = now()
        self._timer.start()

    def stop(self) -> None:
        self._beat()
        self._timer.stop()

    def _beat(self) -> None:
        self.gaps_ms.append(since_ms(self._last))
        self._last = now()


def now() -> tuple[float, float]:
    """Clock and processor time of the main thread, in seconds."""
    return time.perf_counter(), time.thread_time()


def since_ms(start: tuple[float, float]) -> tuple[float, float]:
    clock, work = now()
    return (clock - start[0]) * 1e3, (work - start[1]) * 1e3


def run_loop(ms: int) -> None:
    loop = QEventLoop()
    QTimer.singleShot(ms, loop.quit)
    loop.exec()


def frames_ms(widget: QWidget, step, beat: Beat, count: int = 100) -> list[tuple[float, float]]:
    """Milliseconds from event to finished paint (clock, own work), sixty events a second inside the event loop."""
    times: list[tuple[float, float]] = []
    loop, timer = QEventLoop(), QTimer(interval=16, timerType=Qt.TimerType.PreciseTimer)

    def event() -> None:
        started = now()
        step(len(times))
        widget.repaint()
        times.append(since_ms(started))
        if len(times) == count:
            loop.quit()

    timer.timeout.connect(event)
    timer.start()
    beat.start()
    loop.exec()
    beat.stop()
    return times


def wheel(view: QWidget, at: QPoint, y: int = 0, x: int = 0, modifiers=Qt.KeyboardModifier.NoModifier) -> None:
    where, buttons = QPointF(at), Qt.MouseButton.NoButton
    turn = QPoint(x, y)
    event = QWheelEvent(where, where, QPoint(), turn, buttons, modifiers, Qt.ScrollPhase.NoScrollPhase, False)
    QApplication.sendEvent(view, event)


def gestures(view):
    """Named ways to move, each a function of the number of the event."""
    control = Qt.KeyboardModifier.ControlModifier
    return {
        "pan": lambda n: wheel(view, QPoint(700, 400), x=-40 if n % 40 < 20 else 40),
        "zoom": lambda n: wheel(view, QPoint(700, 400), y=30 if n % 60 < 30 else -30),
        "zoom frequency": lambda n: wheel(view, QPoint(700, 400), y=30 if n % 20 < 10 else -30, modifiers=control),
    }


def measure(path: Path) -> dict[str, object]:
    from stemstudio.ui.spectrogram.overview import Overview
    from stemstudio.ui.spectrogram.view import SpectrogramView

    app, window = QApplication(["bench"]), QWidget()
    column = QVBoxLayout(window)
    view = SpectrogramView()
    overview = Overview(view)
    column.addWidget(view, 1)
    column.addWidget(overview)
    window.resize(WIDTH, HEIGHT)
    window.show()
    run_loop(50)
    source, started, beat = RawFile(path), time.perf_counter(), Beat()
    seconds = source.frames / RATE
    beat.start()
    view.set_source(source, "song")
    wait(view)
    beat.stop()
    result: dict[str, object] = {"overview_s": time.perf_counter() - started, "warm": {}, "cold": {}}
    for name, span_s in (("8 s", 8.0), ("60 s", 60.0), ("whole", seconds)):
        for gesture, step in gestures(view).items():
            for kind in ("cold", "once more, to have all tiles", "warm"):
                view.show_seconds(seconds / 3, seconds / 3 + span_s)
                if kind != "cold":
                    wait(view)
                times = frames_ms(view, step, beat)
                result.setdefault(kind, {})[f"{name}, {gesture}"] = times
    rng = np.random.default_rng(0)
    for place in rng.uniform(0, max(seconds - 30, 1), 20):
        view.show_seconds(place, place + rng.uniform(0.5, 30))
        frames_ms(view, gestures(view)["pan"], beat, count=15)
    result["gaps_ms"] = beat.gaps_ms
    view.shutdown()
    result["peak_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    del app
    return result


def wait(view) -> None:
    while view.is_busy:
        run_loop(20)


class Edited:
    """A source with silence between two frames."""

    def __init__(self, base: RawFile, start: int, end: int) -> None:
        self._base, self._start, self._end = base, start, end
        self.sample_rate, self.channels, self.frames = base.sample_rate, base.channels, base.frames

    def read(self, start: int, frames: int) -> np.ndarray:
        out = self._base.read(start, frames)
        out[:, max(self._start - start, 0) : max(self._end - start, 0)] = 0
        return out


def lasso(view, points: int = 2000):
    """A wild closed line over the middle of what is in sight."""
    from stemstudio.repair.selection import Selection

    turn = np.linspace(0, 2 * np.pi, points, endpoint=False)
    radius = 1 + 0.2 * np.sin(9 * turn) + 0.05 * np.random.default_rng(0).standard_normal(points)
    middle, span = view.viewport.start + view.viewport.span / 2, view.viewport.span
    frames = middle + 0.3 * span * radius * np.cos(turn)
    return Selection.polygon(RATE, np.stack([frames, 1500 * 2 ** (2 * radius * np.sin(turn))], axis=1))


def measure_editor(path: Path) -> dict[str, object]:
    from stemstudio.ui.spectrogram.stack import SpectrogramStack, StackedSound
    from stemstudio.ui.spectrogram.view import SpectrogramView

    app, view = QApplication(["bench"]), SpectrogramView()
    stack, beat, source = SpectrogramStack(view), Beat(), RawFile(path)
    stack.resize(WIDTH, HEIGHT)
    stack.show()
    run_loop(50)
    view.set_source(source, "stem 0")
    started = time.perf_counter()
    wait(view)
    anew_ms = (time.perf_counter() - started) * 1e3
    for number in range(1, 6):  # copies, to be spared six analyses; each has tiles of its own
        view.shelf.derive("stem 0", f"stem {number}", source, ())
    stack.arrange([StackedSound(f"stem {n}", source, f"stem {n}", f"Stem {n}", "#56B4E9") for n in range(6)], "stem 0")
    result: dict[str, object] = {}
    for name, span_s in (("8 s", 8.0), ("60 s", 60.0), ("whole", 3600.0)):
        start = min(1200.0, 3600 - span_s)
        view.show_seconds(start, start + span_s)
        view.selection_layer.set_selection(lasso(view))
        for gesture, step in gestures(view).items():
            view.show_seconds(start, start + span_s)
            wait(view)
            result[f"{name}, {gesture}"] = frames_ms(stack, step, beat)
    stack.arrange([StackedSound("stem 0", source, "stem 0", "Stem 0", "#56B4E9")], "stem 0")
    wait(view)
    edits = {}
    for span_s in (1.0, 10.0, 60.0, 3600.0):
        view.show_seconds(min(1200.0, 3600 - span_s), min(1200.0, 3600 - span_s) + span_s)
        wait(view)
        edits[f"{span_s:.0f} s in sight"] = [edit_ms(view, source, number) for number in range(10)]
    view.shutdown()
    del app
    return {"stack": result, "edits": edits, "anew_ms": anew_ms}


def edit_ms(view, source: RawFile, number: int) -> float:
    """Milliseconds from an edit of two seconds to the last paint that shows all of it."""
    middle = int(view.viewport.start + view.viewport.span / 2)
    start, end = middle - RATE, middle + RATE
    edited = source if number % 2 else Edited(source, start, end)
    started = time.perf_counter()
    view.replace_source(edited, f"edit {view.viewport.span} {number}", ((start, end),))
    loop, timer = QEventLoop(), QTimer(interval=1, timerType=Qt.TimerType.PreciseTimer)
    timer.timeout.connect(lambda: loop.quit() if shows(view, start, end) else None)
    timer.start()
    loop.exec()
    timer.stop()
    view.repaint()
    took = (time.perf_counter() - started) * 1e3
    wait(view)
    return took


def shows(view, start: int, end: int) -> bool:
    """Whether what is drawn of these frames is computed from the sound as it is now."""
    viewport = view.viewport
    wishes = view.sound.wishes(viewport, view.projection.picture.width())
    pyramid, request = wishes[0]
    first, last = pyramid.units_between(max(start, viewport.start), min(end, viewport.end))
    level = min(request.level, pyramid.base_level)
    return pyramid.is_current(level, first, last)


def measure_rival() -> dict[str, list[tuple[float, float]]]:
    import pyqtgraph

    app, beat = QApplication(["bench"]), Beat()
    plot = pyqtgraph.PlotWidget()
    plot.resize(WIDTH, HEIGHT)
    plot.setXRange(0, 3600, padding=0)
    plot.show()
    run_loop(50)
    frames_ms(plot.viewport(), lambda number: plot.setXRange(number, number + 3600, padding=0), beat)
    beat.gaps_ms.clear()
    times = frames_ms(plot.viewport(), lambda number: plot.setXRange(number, number + 3600, padding=0), beat, 300)
    del app
    return {"pan": times, "gaps_ms": beat.gaps_ms}


def in_process(*arguments: str) -> dict:
    command = [sys.executable, __file__, *arguments]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def percentiles(times: list[tuple[float, float]]) -> str:
    (clock, work), (clock95, work95) = np.median(times, axis=0), np.percentile(times, 95, axis=0)
    return f"{clock:5.1f} ms, 95 % {clock95:5.1f} ms (own work {work:4.1f}, 95 % {work95:4.1f})"


def report() -> None:
    rival = in_process("--rival")
    print(f"empty pyqtgraph plot, {WIDTH}x{HEIGHT}: {percentiles(rival['pan'])}; {blocks(rival['gaps_ms'])}")
    peaks = {}
    with tempfile.TemporaryDirectory() as folder:
        for seconds in (300, 3600):
            path = Path(folder) / "song.f32"
            write_song(path, seconds)
            result = in_process("--measure", str(path))
            peaks[seconds] = result["peak_mib"]
            print(f"\n{seconds // 60} minutes: overview complete after {result['overview_s']:.1f} s")
            for kind, title in (("warm", "tiles there"), ("cold", "tiles being computed")):
                for name, times in result[kind].items():
                    print(f"  {title}, {name}: {percentiles(times)}")
                every = [time for times in result[kind].values() for time in times]
                clock, work = np.percentile(every, 95, axis=0) / np.percentile(rival["pan"], 95, axis=0)
                print(f"  {title}, all: {percentiles(every)}")
                print(f"    95 % against the empty plot: {clock:.2f} times (own work {work:.2f} times)")
            print(f"  {blocks(result['gaps_ms'])}")
            print(f"  peak memory {result['peak_mib']:.0f} MiB")
            if seconds == 3600:
                report_editor(in_process("--editor", str(path)))
    print(f"\nmemory of an hour against five minutes: {peaks[3600] / peaks[300]:.2f} times")


def report_editor(result: dict) -> None:
    print("\nsix stems stacked, lasso of 2,000 points, an hour")
    for name, times in result["stack"].items():
        print(f"  {name}: {percentiles(times)}")
    print(f"  all: {percentiles([time for times in result['stack'].values() for time in times])}")
    print("from an edit of two seconds to its picture, an hour")
    for name, times in result["edits"].items():
        print(f"  {name}: {np.median(times):.0f} ms, at most {max(times):.0f} ms")
    every = [time for times in result["edits"].values() for time in times]
    print(f"  analysed anew: {result['anew_ms']:.0f} ms, {result['anew_ms'] / np.median(every):.0f} times as long")


def blocks(gaps_ms: list[tuple[float, float]]) -> str:
    clock, work = np.max(gaps_ms, axis=0)
    share = np.mean(np.array(gaps_ms)[:, 0] <= 50) * 100
    return f"event loop blocked at most {clock:.1f} ms (own work {work:.1f} ms), {share:.3f} % up to 50 ms"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--measure", type=Path)
    parser.add_argument("--rival", action="store_true")
    parser.add_argument("--editor", type=Path)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measure(options.measure)))
    elif options.editor:
        print(json.dumps(measure_editor(options.editor)))
    elif options.rival:
        print(json.dumps(measure_rival()))
    else:
        report()
