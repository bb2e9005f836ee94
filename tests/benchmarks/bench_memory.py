"""Peak memory of `stemstudio separate` for five minutes and for an hour of the same song.

Run: ``python tests/benchmarks/bench_memory.py SONG [--backends hpss,center] [--minutes 5,60] [--folder DIR]``

The command runs as a process of its own; its peak is the largest resident set that the system has counted for it.
The hour may use at most 1.3 times the memory of five minutes.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile

LIMIT = 1.3


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("song", type=Path)
    parser.add_argument("--backends", default="")
    parser.add_argument("--minutes", default="5,60")
    parser.add_argument("--folder", type=Path, help="where to put the long files and the stems")
    options = parser.parse_args()
    short, long = (float(minutes) for minutes in options.minutes.split(","))
    failed = False
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name)
        files = {minutes: lengthened(options.song, minutes, folder) for minutes in (short, long)}
        for backend_id in options.backends.split(",") if options.backends else ready_backends():
            peaks = {}
            for minutes, path in files.items():
                peak_mb, wall_s = peak_of(["separate", path, "-o", folder / "stems", "--backend", backend_id])
                peaks[minutes] = peak_mb
                print(
                    f"{backend_id:12} {minutes:5g} min: peak {peak_mb:6.0f} MB, {wall_s:7.1f} s, "
                    f"{60 * minutes / wall_s:5.1f} times real time",
                    flush=True,
                )
            ratio = peaks[long] / peaks[short]
            failed |= ratio > LIMIT
            print(f"{backend_id:12} ratio {ratio:.3f} ({'over' if ratio > LIMIT else 'within'} {LIMIT})", flush=True)
    return int(failed)


def lengthened(song: Path, minutes: float, folder: Path) -> Path:
    """Repeat `song` until it lasts `minutes`."""
    samples, rate = soundfile.read(song, dtype="int16", always_2d=True)
    path = folder / f"{minutes:g} minutes.wav"
    left = round(minutes * 60 * rate)
    with soundfile.SoundFile(path, "w", rate, samples.shape[1], "PCM_16") as file:
        while left > 0:
            file.write(np.ascontiguousarray(samples[:left]))
            left -= len(samples)
    return path


def ready_backends() -> list[str]:
    command = [sys.executable, "-m", "stemstudio", "backends", "--json"]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [each["id"] for each in json.loads(said.splitlines()[-1])["backends"] if each["ready"]]


def peak_of(arguments: list[object]) -> tuple[float, float]:
    """Largest resident memory in MB and wall time in seconds of one run."""
    started = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", "stemstudio", *map(str, arguments)], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"the command failed with {process.returncode}")
    kilobytes = usage.ru_maxrss / (1024 if sys.platform == "darwin" else 1)
    return kilobytes / 1024, time.perf_counter() - started


if __name__ == "__main__":
    raise SystemExit(main())
