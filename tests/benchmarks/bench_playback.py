"""Six stems of an hour, playing into a null sink while a separation runs in the same process.

Run: ``python tests/benchmarks/bench_playback.py [MINUTES] [BACKEND]``; needs PulseAudio (pulseaudio, pactl, parec) and,
for an hour, 8 GB of disk. Prints, first with nothing else running and then during the separation: underruns of the
engine, gaps in what the sink was given, the time from a call until its effect arrives at another process that listens
(targets: 50 ms for a mute, 100 ms for a seek), and the peak memory.
"""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "ui"))
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import null_sink

RATE = 44100
STEMS = 6
CHANGES = 20
STEADY_S = 10
BLOCK = 20 * RATE


class Discard:
    """Takes stems and keeps nothing."""

    def write(self, start, stems):
        pass


def listen(path):
    """Record from the null sink with the time at which each piece arrived, until terminated."""
    layout = ["--raw", "--format=float32le", f"--rate={RATE}", "--channels=2", "--latency-msec=5"]
    recorder = subprocess.Popen(["parec", *layout, "-d", "null.monitor"], stdout=subprocess.PIPE, bufsize=0)
    signal.signal(signal.SIGTERM, lambda *_: recorder.terminate())
    times, sizes, pieces = [], [], []
    while piece := recorder.stdout.read(1 << 16):
        times.append(time.monotonic())
        sizes.append(len(piece))
        pieces.append(piece)
    sound = np.frombuffer(b"".join(pieces), np.float32)
    np.savez(path, times=times, ends=np.cumsum(sizes) / 8, loud=np.abs(sound[: len(sound) // 2 * 2 : 2]))


def make_stems(store, minutes):
    """Noise that never comes near zero, four times louder in the second half, so that a seek can be seen."""
    rng = np.random.default_rng(1)
    frames = minutes * 60 * RATE
    ids = []
    for _ in range(STEMS):
        block = (rng.uniform(0.02, 0.03, (2, BLOCK)) * rng.choice([-1, 1], BLOCK)).astype(np.float32)
        with store.create(2, frames, RATE) as writer:
            for start in range(0, frames, BLOCK):
                writer.write(start, block[:, : frames - start] * np.float32(4 if start >= frames // 2 else 1))
            ids.append(writer.finish())
    return ids


def desk(sources, *, mute=False):
    from stemstudio.mixing.mixer import Mixer, MixInput

    return Mixer(tuple(MixInput(source, mute=mute) for source in sources))


def change_things(engine, sources):
    """Mute, unmute and seek, as somebody would who is impatient; return what was called and when."""
    middle = sources[0].frames // 2
    deeds = {
        "mute": lambda: engine.set_source(desk(sources, mute=True)),
        "unmute": lambda: engine.set_source(desk(sources)),
        "seek on": lambda: engine.seek(middle + 30 * RATE),
        "seek back": lambda: engine.seek(30 * RATE),
    }
    calls = []
    for number in range(CHANGES):
        for name, deed in deeds.items():
            calls.append((name, time.monotonic()))
            deed()
            time.sleep(0.15 + 0.003 * number)
    return calls


REACHED = {
    "mute": lambda mean: mean == 0,
    "unmute": lambda mean: mean > 0.03,
    "seek on": lambda mean: mean > 0.12,
    "seek back": lambda mean: mean < 0.08,
}
WINDOW = 64


def delays_ms(calls, tape):
    """Return the milliseconds from each call until its effect arrived, by the name of the call."""
    delays = {name: [] for name in REACHED}
    for name, called in calls:
        begin = int(tape["ends"][max(np.searchsorted(tape["times"], called) - 1, 0)])
        mean = np.convolve(tape["loud"][begin : begin + RATE], np.ones(WINDOW) / WINDOW, "valid")
        frame = begin + int(np.argmax(REACHED[name](mean.round(6)))) + WINDOW - 1
        delays[name].append(1000 * (tape["times"][np.searchsorted(tape["ends"], frame, side="right")] - called))
    return delays


def gaps_ms(loud):
    silent = np.concatenate([[0], (loud == 0).astype(int), [0]])
    starts, stops = np.flatnonzero(np.diff(silent) == 1), np.flatnonzero(np.diff(silent) == -1)
    return [1000 * (stop - start) / RATE for start, stop in zip(starts, stops, strict=True) if stop - start > 8]


def round_of_playing(engine, sources, name, folder):
    path, before = Path(folder) / f"{name}.npz", engine.underruns
    listener = subprocess.Popen([sys.executable, __file__, "--listen", str(path)])
    engine.seek(30 * RATE)
    engine.play()
    time.sleep(STEADY_S)
    steady = time.monotonic()
    calls = change_things(engine, sources)
    time.sleep(0.5)
    listener.send_signal(signal.SIGTERM)
    listener.wait(20)
    with np.load(path) as file:
        tape = dict(file)
    end = int(tape["ends"][np.searchsorted(tape["times"], steady) - 1])
    gaps = gaps_ms(tape["loud"][end - round((STEADY_S - 1) * RATE) : end])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{name}: {engine.underruns - before} underruns, {len(gaps)} gaps ({sum(gaps):.0f} ms) in {STEADY_S - 1} s, ")
    delays = delays_ms(calls, tape)
    for kind, each in delays.items():
        low, middle, high, worst = np.percentile(each, [5, 50, 95, 100])
        print(f"  {kind:>9} heard after {middle:3.0f} ms (5% {low:.0f}, 95% {high:.0f}, worst {worst:.0f})")
    print(f"  peak memory {peak:.0f} MB")
    return float(np.median(delays["mute"]))


def main(minutes, backend):
    from stemstudio.audio.clips import ClipStore
    from stemstudio.core.errors import Cancelled
    from stemstudio.core.progress import Progress
    from stemstudio.separation.engine import separate

    with tempfile.TemporaryDirectory() as folder, null_sink.server():
        store = ClipStore(Path(folder) / "media")
        began = time.monotonic()
        sources = [store.open(each) for each in make_stems(store, minutes)]
        print(f"{STEMS} stems of {minutes} minutes written in {time.monotonic() - began:.0f} s")
        with null_sink.playing(desk(sources)) as (engine, _):
            alone = round_of_playing(engine, sources, "alone", folder)
            progress = Progress()

            def work():
                with contextlib.suppress(Cancelled):
                    separate(desk(sources), backend, {}, Discard(), progress)

            separation = threading.Thread(target=work)
            separation.start()
            together = round_of_playing(engine, sources, backend, folder)
            print(f"separated meanwhile: {progress.fraction * minutes * 60:.0f} s of sound")
            print(f"ratio of the median delays: {together / alone:.2f}")
            progress.cancel()
            separation.join()


if __name__ == "__main__":
    if "--listen" in sys.argv:
        listen(sys.argv[2])
    else:
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 60, sys.argv[2] if len(sys.argv) > 2 else "hpss")
