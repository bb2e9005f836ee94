"""``stemstudio info FILE``: what a file is and how it sounds, in one pass over it."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import Any

from stemstudio.audio.bandwidth import SpectrumMeter, spectrum_notices
from stemstudio.audio.decode import Decoder
from stemstudio.audio.loudness import LoudnessMeter, TruePeakMeter
from stemstudio.audio.probe import describe
from stemstudio.cli.options import new_command
from stemstudio.cli.voice import Voice, duration

_SPECTRUM_EVERY_FRAMES = 1 << 14


def add_to(commands: Any) -> None:
    """Add the command."""
    parser = new_command(
        commands, "info", run, "Tell duration, rate, channels, format, bandwidth and loudness of a file."
    )
    parser.add_argument("file", metavar="FILE", type=Path)


def run(options: argparse.Namespace, voice: Voice) -> int:
    """Measure and tell."""
    with Decoder(options.file) as decoder:
        loudness = LoudnessMeter(decoder.sample_rate, decoder.channels)
        peak, spectrum = TruePeakMeter(decoder.channels), SpectrumMeter(decoder.sample_rate)
        frames = 0
        for block in decoder:
            loudness.add(block)
            peak.add(block)
            for start in range(0, block.shape[1], _SPECTRUM_EVERY_FRAMES):
                spectrum.add(block[:, start:])
            frames += block.shape[1]
            voice.progress.update(frames / max(decoder.frames_estimate or 1, frames), f"Measuring {options.file.name}")
        info = describe(decoder)
    lufs, true_peak_dbtp, bandwidth_hz = loudness.integrated_lufs(), peak.dbtp(), spectrum.bandwidth_hz()
    notices = (*info.notices, *spectrum_notices(info, bandwidth_hz))
    voice.done(
        {
            "path": str(options.file),
            "seconds": frames / info.sample_rate,
            "sample_rate": info.sample_rate,
            "channels": info.channels,
            "format": info.format,
            "subtype": info.subtype,
            "lossy": info.lossy,
            "bandwidth_hz": bandwidth_hz,
            "lufs": _measured(lufs),
            "true_peak_dbtp": _measured(true_peak_dbtp),
            "frames": frames,
            "title": info.title,
            "notices": notices,
        }
    )
    rows = (
        ("Title", info.title),
        ("Duration", f"{duration(frames / info.sample_rate)} ({frames} frames)"),
        ("Sample rate", f"{info.sample_rate} Hz"),
        ("Channels", str(info.channels)),
        ("Format", f"{info.format}, {info.subtype}{', lossy' if info.lossy else ''}"),
        ("Bandwidth", f"{bandwidth_hz / 1000:.1f} kHz"),
        ("Loudness", "silent" if math.isinf(lufs) else f"{lufs:.1f} LUFS"),
        ("True peak", "silent" if math.isinf(true_peak_dbtp) else f"{true_peak_dbtp:.1f} dBTP"),
    )
    voice.say("\n".join([*(f"{name + ':':<13}{value}" for name, value in rows), *notices]))
    return 0


def _measured(value: float) -> float | None:
    """Silence has no loudness, and JSON no infinity."""
    return None if math.isinf(value) else round(value, 2)
