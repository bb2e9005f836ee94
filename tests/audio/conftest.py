from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

RATE = 44100


@pytest.fixture(scope="session")
def music() -> np.ndarray:
    """Three seconds of stereo: a chord that swells, hits of noise, different on both sides; float32 (2, 132323)."""
    rng = np.random.default_rng(7)
    frames = 3 * RATE + 23
    t = np.arange(frames) / RATE
    chord = sum(np.sin(2 * np.pi * f * t + p) for f, p in ((220, 0), (277.2, 1), (329.6, 2), (1760, 3)))
    left = 0.12 * chord * (0.6 + 0.4 * np.sin(2 * np.pi * 0.7 * t))
    right = 0.12 * chord * (0.6 + 0.4 * np.cos(2 * np.pi * 0.5 * t))
    for at in range(2000, frames - 9000, 11025):
        hit = rng.normal(0, 0.25, 4000) * np.exp(-np.arange(4000) / 600)
        left[at : at + 4000] += hit
        right[at + 300 : at + 4300] += 0.7 * hit
    return np.clip(np.stack([left, right]), -0.99, 0.99).astype(np.float32)


def _with_soundfile(file_format: str, subtype: str) -> Callable[[Path, np.ndarray, int], None]:
    def write(path: Path, samples: np.ndarray, rate: int) -> None:
        # By block: the Vorbis encoder of libsndfile recurses over what it is given at once.
        with soundfile.SoundFile(str(path), "w", rate, len(samples), subtype, format=file_format) as file:
            for start in range(0, samples.shape[1], 8192):
                file.write(samples[:, start : start + 8192].T)

    return write


def _with_ffmpeg(codec: str, *, container: str | None = None, video: bool = False) -> Callable:
    def write(path: Path, samples: np.ndarray, rate: int) -> None:
        layout = {1: "mono", 2: "stereo", 6: "5.1", 8: "7.1"}[len(samples)]
        with av.open(str(path), "w", format=container) as file:
            if video:
                picture = file.add_stream("mpeg4", rate=25)
                picture.width = picture.height = 64
                picture.pix_fmt = "yuv420p"
            stream = file.add_stream(codec, rate=rate)
            stream.layout = layout
            # Interleaved: PyAV miscounts the planes of eight channels that lie apart.
            frame = av.AudioFrame.from_ndarray(samples.T.reshape(1, -1), format="flt", layout=layout)
            frame.sample_rate, frame.pts = rate, 0
            converter = av.AudioResampler(format=stream.codec_context.format.name, layout=layout, rate=rate)
            if video:
                for _ in range(3 * 25):
                    file.mux(picture.encode(av.VideoFrame(64, 64, "yuv420p")))
                file.mux(picture.encode(None))
            for part in converter.resample(frame):
                file.mux(stream.encode(part))
            file.mux(stream.encode(None))

    return write


WRITERS: dict[str, Callable[[Path, np.ndarray, int], None]] = {
    "wav16": _with_soundfile("WAV", "PCM_16"),
    "wav24": _with_soundfile("WAV", "PCM_24"),
    "wav32f": _with_soundfile("WAV", "FLOAT"),
    "wav_u8": _with_soundfile("WAV", "PCM_U8"),
    "rf64": _with_soundfile("RF64", "PCM_24"),
    "aiff": _with_soundfile("AIFF", "PCM_24"),
    "caf": _with_soundfile("CAF", "PCM_24"),
    "flac": _with_soundfile("FLAC", "PCM_24"),
    "ogg": _with_soundfile("OGG", "VORBIS"),
    "opus": _with_soundfile("OGG", "OPUS"),
    "mp3": _with_soundfile("MP3", "MPEG_LAYER_III"),
    "m4a": _with_ffmpeg("aac", container="ipod"),
    "alac": _with_ffmpeg("alac", container="ipod"),
    "mp4": _with_ffmpeg("aac", container="mp4", video=True),
    "mkv": _with_ffmpeg("flac", container="matroska", video=True),
    "webm": _with_ffmpeg("libopus", container="webm"),
    "adts": _with_ffmpeg("aac", container="adts"),
}
"""How to write a file of each kind."""

SUFFIX = {"wav16": "wav", "wav24": "wav", "wav32f": "wav", "wav_u8": "wav", "rf64": "wav", "alac": "m4a", "adts": "aac"}


@pytest.fixture
def write_media(tmp_path: Path) -> Callable[..., Path]:
    """Write samples as a file of a kind and return its path."""

    def write(kind: str, samples: np.ndarray, rate: int = RATE, name: str = "song") -> Path:
        path = tmp_path / f"{name}.{SUFFIX.get(kind, kind)}"
        WRITERS[kind](path, samples, rate)
        return path

    return write


@pytest.fixture
def one_of_each(music: np.ndarray, write_media: Callable[..., Path]) -> list[Path]:
    """A file of every kind."""
    return [write_media(kind, music, 48000 if kind in ("opus", "webm") else RATE, kind) for kind in WRITERS]
