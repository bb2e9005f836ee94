"""Time to write a song in each format beside the ffmpeg program, and what that program reads back.

Run: ``python tests/benchmarks/bench_export.py SONG...``. Per format: seconds of ours and of ffmpeg at the same bit rate
(FLAC level 5), their ratio, then, of our file read by ffmpeg: its length against the song's, where the
cross-correlation peaks, the level of the error, and the loudness by ebur128 where -16 LUFS were asked for.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from stemstudio.audio.clips import ClipStore
from stemstudio.audio.encode import FORMATS
from stemstudio.core.progress import Progress
from stemstudio.operations.exporting import export_track
from stemstudio.operations.exporting_choice import ExportChoice
from stemstudio.operations.exporting_level import LevelChoice
from stemstudio.operations.importing import import_song
from stemstudio.project.document import Project

THEIRS = {
    "wav": ["-c:a", "pcm_s24le"],
    "flac": ["-c:a", "flac", "-sample_fmt", "s32"],
    "aiff": ["-c:a", "pcm_s24be"],
    "alac": ["-c:a", "alac", "-sample_fmt", "s32p"],
    "mp3": ["-c:a", "libmp3lame", "-b:a", "320k"],
    "m4a": ["-c:a", "aac", "-b:a", "256k"],
    "opus": ["-c:a", "libopus", "-b:a", "160k"],
    "ogg": ["-c:a", "libvorbis", "-q:a", "8"],
}


def main(song: Path, folder: Path) -> None:
    """Compare every format on one song."""
    clips = ClipStore(folder / "media")
    operation = import_song(song, clips)
    track = operation.apply(Project(), operation.job.work(Progress())).tracks[0]
    mixture = clips.open(track.mixture.id)
    (wav,) = export_track(track, clips, folder, ExportChoice(mix=True, bits=32)).work(Progress()).paths
    print(f"{song.name}: {mixture.frames / mixture.sample_rate:.0f} s, {mixture.sample_rate} Hz", flush=True)
    for name, options in THEIRS.items():
        began = time.perf_counter()
        (ours,) = export_track(track, clips, folder, ExportChoice(mix=True, format=name)).work(Progress()).paths
        our_s = time.perf_counter() - began
        theirs = folder / f"theirs{FORMATS[name].suffix}"
        began = time.perf_counter()
        subprocess.run(["ffmpeg", "-v", "error", "-y", "-i", wav, "-vn", *options, theirs], check=True)
        their_s = time.perf_counter() - began
        rate = FORMATS[name].nearest_rate(mixture.sample_rate)
        heard, written = read(ours, rate), read(wav, rate)
        error = heard[:, : written.shape[1]] - written[:, : heard.shape[1]]
        loud = ExportChoice(mix=True, format=name, level=LevelChoice(-16.0), template=f"loud {name}")
        (levelled,) = export_track(track, clips, folder, loud).work(Progress()).paths
        print(
            f"  {name:5s} ours {our_s:6.2f} s, ffmpeg {their_s:6.2f} s, ratio {their_s / our_s:5.2f};"
            f" length {heard.shape[1] - written.shape[1]:+d}, lag {lag(heard[0], written[0]):+d},"
            f" error {10 * np.log10(np.sum(error**2) / np.sum(written**2) + 1e-30):7.1f} dB,"
            f" {lufs(levelled):6.2f} LUFS",
            flush=True,
        )


def read(path: Path, rate: int) -> np.ndarray:
    """Samples by ffmpeg at `rate`, float32 (2, n)."""
    command = ["ffmpeg", "-v", "error", "-i", path, "-ar", str(rate), "-ac", "2", "-f", "f32le", "-"]
    return np.frombuffer(subprocess.run(command, capture_output=True, check=True).stdout, np.float32).reshape(-1, 2).T


def lag(heard: np.ndarray, written: np.ndarray) -> int:
    """Frames by which `heard` comes late."""
    count = min(len(heard), len(written), 1 << 20)
    product = np.fft.rfft(heard[:count], 2 * count) * np.conj(np.fft.rfft(written[:count], 2 * count))
    at = int(np.argmax(np.fft.irfft(product)))
    return at if at < count else at - 2 * count


def lufs(path: Path) -> float:
    """Integrated loudness by ffmpeg's ebur128."""
    command = ["ffmpeg", "-hide_banner", "-nostats", "-i", path, "-af", "ebur128=framelog=verbose", "-f", "null", "-"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    return float(re.findall(r"I:\s+(\S+) LUFS", said)[-1])


for argument in sys.argv[1:]:
    with tempfile.TemporaryDirectory() as room:
        main(Path(argument), Path(room))
