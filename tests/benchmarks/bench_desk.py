"""From a slider of an effect to the ear, while six stems play through a chain each and the spectrogram scrolls.

    python tests/benchmarks/bench_desk.py [--seconds 20] [--changes 20]

Opens the real window (offscreen unless a platform is set) with a song of six stems, puts the Vocal-stem chain on each,
plays, and prints: underruns of the engine and its least reserve while the picture follows the playhead; how long the
event loop stood still; and for a change of each effect's first slider the milliseconds until the slot returned and
until the next frames that the device takes are those of the change. The rival is the same stem's fader, which computes
nothing.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEventLoop
from PySide6.QtWidgets import QApplication

from stemstudio.app import make_application
from stemstudio.core.params import ParamSpec
from stemstudio.effects.presets import preset
from stemstudio.effects.registry import effect
from stemstudio.effects.warm import warm_up
from stemstudio.project.document import ClipRef, Stem, Track, with_track
from stemstudio.project.session import Session
from stemstudio.ui.main_window import MainWindow

RATE = 44100
STEMS = ("vocals", "drums", "bass", "guitar", "piano", "residual")
SONG_S = 180


class _Quiet:
    def update(self, *_: object) -> None:
        pass


def project(folder: Path) -> Path:
    """Make a project with a song of six stems that come and go."""
    session = Session.create(folder / "desk.stemstudio")
    rng = np.random.default_rng(0)
    t = np.arange(SONG_S * RATE) / RATE
    total, clips = np.zeros((2, len(t)), np.float32), {}
    for index, name in enumerate(STEMS):
        tone = 0.1 * np.sin(2 * np.pi * 110 * (index + 1) * t) * (np.modf(t / 2)[0] < 0.7)
        sound = (np.stack([tone, 0.8 * tone]) + 0.003 * rng.standard_normal((2, len(t)))).astype(np.float32)
        total += sound
        clips[name] = written(session, sound)
    chain = preset("vocal-stem").chain
    stems = tuple(Stem(name, name, clip, chain=chain) for name, clip in clips.items())
    mixture = written(session, total)
    session.edit("Open", lambda document: with_track(document, Track("t", "desk", "", mixture, stems)))
    session.close()
    return session.folder


def written(session: Session, sound: np.ndarray) -> ClipRef:
    """Write a clip."""
    with session.clips.create(2, sound.shape[1], RATE) as writer:
        writer.write(0, sound)
        return ClipRef(writer.finish(), 2, sound.shape[1], RATE)


def spin(app: QApplication, seconds: float, each: Callable[[], object] = lambda: None) -> float:
    """Run the event loop; the longest time in ms that it stood still."""
    end, worst, then = time.perf_counter() + seconds, 0.0, time.perf_counter()
    while time.perf_counter() < end:
        app.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 1)
        now = time.perf_counter()
        worst, then = max(worst, now - then), now
        each()
    return 1000 * worst


def change(app: QApplication, window: MainWindow, act: Callable[[], object]) -> tuple[float, ...]:
    """Milliseconds until `act` returned, until the engine has rendered what it changed, and of processor time."""
    engine = window.player._engine
    began, used = time.perf_counter(), time.process_time()
    act()
    returned = time.perf_counter()
    while not engine.settled:
        time.sleep(0.001)
        app.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 1)
    now = time.perf_counter()
    return 1000 * (returned - began), 1000 * (now - began), 1000 * (time.process_time() - used)


def report(label: str, times: list[tuple[float, ...]]) -> None:
    """Print median and worst of each."""
    columns = "".join(f"{np.median(each):10.1f}{each.max():10.1f}" for each in np.array(times).T)
    print(f"{label:24}{columns}", flush=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--changes", type=int, default=20)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp())
    os.environ["STEMSTUDIO_HOME"] = str(folder / "home")
    try:
        where = project(folder)
        app = make_application()
        warm_up(_Quiet())  # type: ignore[arg-type]  # nothing is shown of it here
        window = MainWindow()
        window._asks = False
        window.resize(1600, 900)
        window.show()
        window.open_path(where)
        window.studio.select_lane("vocals")
        window.inspector.show_page("Effects")
        window.spectrogram.show_seconds(0, 10)
        spin(app, 3)
        play(app, window, options.seconds)
        print(f"{'ms':24}{'slot':>10}{'worst':>10}{'heard':>10}{'worst':>10}{'cpu':>10}{'worst':>10}")
        report("fader (rival)", [fade(app, window, each) for each in range(options.changes)])
        for index, slot in enumerate(preset("vocal-stem").chain):
            spec = next(spec for spec in effect(slot.effect).info.params if spec.kind == "float")
            times = [turn(app, window, index, spec, each) for each in range(options.changes)]
            report(f"{slot.effect}: {spec.label.lower()}", times)
        print(f"underruns while changing: {window.player._engine.underruns}")
        window.close()
        app.processEvents()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def play(app: QApplication, window: MainWindow, seconds: float) -> None:
    """Play and print how it went."""
    window.player.toggle()
    spin(app, 2)
    engine = window.player._engine
    before, least = engine.underruns, [engine.ahead]
    stood_ms = spin(app, seconds, lambda: least.append(engine.ahead))
    print(f"{seconds:.0f} s of six chains while the picture scrolls: {engine.underruns - before} underruns,")
    print(f"least reserve {1000 * min(least) / engine.sample_rate:.0f} ms, event loop stood still {stood_ms:.0f} ms")


def fade(app: QApplication, window: MainWindow, attempt: int) -> tuple[float, ...]:
    """Move the fader."""
    lane = next(each for each in window.lanes._widgets if each.lane.key == "vocals")
    spin(app, 0.3)
    return change(app, window, lambda: lane._gain.setValue(-10 - attempt))


def turn(app: QApplication, window: MainWindow, index: int, spec: ParamSpec, attempt: int) -> tuple[float, ...]:
    """Move the slider of a parameter of an effect."""
    page = window.inspector.page("Effects")
    page.list.chosen.emit(index)
    spin(app, 0.3)
    slider = page.form.form._controls[spec.name]._slider
    return change(app, window, lambda: slider.setValue(slider.minimum() + 3 + attempt % (slider.maximum() // 2)))


if __name__ == "__main__":
    sys.exit(main())
