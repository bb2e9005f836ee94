"""Draw the spectrogram of every WAV file of a folder into `spectrograms.png` there: `picture_stems.py FOLDER`."""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib as mpl
import numpy as np
import soundfile
from scipy import signal

mpl.use("Agg")
import matplotlib.pyplot as plt

_N_FFT = 4096
_FLOOR_DB = -100


def _spectrogram_db(samples: np.ndarray, sample_rate: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Frequencies, times and levels in dB of the mean of the channels."""
    mono = samples.mean(axis=1)
    f, t, spectrum = signal.stft(mono, sample_rate, nperseg=min(_N_FFT, len(mono)))
    return f, t, 20 * np.log10(np.abs(spectrum) + 10 ** (_FLOOR_DB / 20))


def draw(folder: Path) -> Path:
    """Draw the stems of `folder`; returns the picture's path."""
    paths = sorted(folder.glob("*.wav"))
    figure, axes = plt.subplots(len(paths), 1, figsize=(12, 2.4 * len(paths)), sharex=True, squeeze=False)
    for path, axis in zip(paths, axes[:, 0], strict=True):
        samples, sample_rate = soundfile.read(path, dtype="float32", always_2d=True)
        f, t, level_db = _spectrogram_db(samples, sample_rate)
        axis.pcolormesh(t, f[1:], level_db[1:], vmin=_FLOOR_DB + 10, vmax=-20, cmap="magma", rasterized=True)
        axis.set(yscale="log", ylim=(40, sample_rate / 2), ylabel="Hz", title=path.stem)
    axes[-1, 0].set_xlabel("s")
    figure.tight_layout()
    picture = folder / "spectrograms.png"
    figure.savefig(picture, dpi=80)
    return picture


if __name__ == "__main__":
    target = Path(sys.argv[1]).resolve()
    picture = draw(target)
    print(f"Stems:        {target}")
    print(f"Spectrograms: {picture}")
