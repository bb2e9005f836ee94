"""Make the demo song and its stems: `python packaging/demo_song [FOLDER]`.

The stems are rounded to 16 bits before they are added, so the mixture is their sum to the last bit.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, signal

import bass
import chords
import drums
import voice
from score import FRAMES, SAMPLE_RATE, TITLE
from space import Audio

_SEED = 20_261_120
_PLAYERS = {"vocals": voice.play, "drums": drums.play, "bass": bass.play, "other": chords.play}
_RMS_DB = {"vocals": -22.5, "drums": -24.5, "bass": -24.5, "other": -24.5}
"""Level of each stem in the mix."""
_PEAK = 0.8


def _levelled(stems: dict[str, Audio]) -> dict[str, Audio]:
    """Bring every stem to its level, end all in silence, and hold the sum's peaks down by one gain for all of them."""
    fade = np.clip((FRAMES - np.arange(FRAMES)) / (0.6 * SAMPLE_RATE), 0, 1) ** 2
    stems = {
        name: sound * fade * 10 ** (_RMS_DB[name] / 20) / np.sqrt(np.mean(sound**2)) for name, sound in stems.items()
    }
    peaks = np.abs(sum(stems.values())).max(axis=0)
    ahead = round(0.004 * SAMPLE_RATE)
    gain = np.minimum(1, _PEAK / np.maximum(peaks, 1e-9))
    gain = ndimage.minimum_filter1d(gain, 2 * ahead + 1)
    window = signal.windows.hann(2 * ahead + 1)
    gain = np.convolve(np.pad(gain, ahead, "edge"), window / window.sum(), "valid")
    return {name: sound * gain for name, sound in stems.items()}


def make() -> dict[str, NDArray[np.int16]]:
    """Return mixture and stems, each int16 of shape (2, frames); the mixture is the exact sum of the stems."""
    sounds = {}
    for index, (name, play) in enumerate(_PLAYERS.items()):
        started = time.perf_counter()
        sounds[name] = play(np.random.default_rng((_SEED, index)))
        print(f"{name:8} {time.perf_counter() - started:5.1f} s", flush=True)
    stems = {name: np.round(sound * 32768).astype(np.int32) for name, sound in _levelled(sounds).items()}
    mixture = np.sum(list(stems.values()), axis=0)
    if np.abs(mixture).max() > 32767:
        raise ValueError("the mixture clips; lower its peak")
    return {name: sound.astype(np.int16) for name, sound in {"mixture": mixture, **stems}.items()}


def main() -> None:
    """Write mixture and stems as FLAC into the folder named on the command line."""
    import soundfile

    default = Path(__file__).resolve().parents[2] / "resources" / "demo"
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else default
    folder.mkdir(parents=True, exist_ok=True)
    for name, sound in make().items():
        path = folder / f"{name}.flac"
        with soundfile.SoundFile(path, "w", SAMPLE_RATE, 2, "PCM_16", format="FLAC", compression_level=1.0) as file:
            file.title = TITLE if name == "mixture" else f"{TITLE} ({name})"
            file.artist = "StemStudio"
            file.license = "CC0 1.0"
            file.write(sound.T)
        print(f"{path}  {path.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
