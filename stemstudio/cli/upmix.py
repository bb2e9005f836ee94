"""``stemstudio upmix DIR|FILE -o OUT --layout ...``: stems, or a stereo song, in a room of loudspeakers."""

from __future__ import annotations

import argparse
import math
import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from stemstudio.audio.clips import ClipStore
from stemstudio.cli.options import new_command, setting
from stemstudio.cli.plan import BITS
from stemstudio.cli.stem_files import mixture_file, stem_sounds
from stemstudio.cli.voice import Voice, level
from stemstudio.core.errors import BadInput
from stemstudio.core.progress import Reporter
from stemstudio.core.source import Source
from stemstudio.core.stems import RESIDUAL
from stemstudio.mixing.layouts import LAYOUT_TITLES, layout
from stemstudio.mixing.mixer import Mixer, MixInput
from stemstudio.mixing.placement import LIMITS, Placement, default_placement, measured_panning
from stemstudio.mixing.split import split
from stemstudio.mixing.upmix import CEILING_DB, UpmixInput
from stemstudio.operations.graph import null_db
from stemstudio.operations.importing import decode_song
from stemstudio.operations.upmixing import UpmixChoice, UpmixReport, write_upmix

_FIELDS = {"azimuth": "azimuth_deg", "width": "width_deg", "height": "elevation_deg", "lfe": "lfe_db"}
_SILENT_DB = -80.0


def add_to(commands: Any) -> None:
    """Add the command."""
    parser = new_command(
        commands,
        "upmix",
        run,
        "Place stems, or the parts of a stereo song, in a room of loudspeakers or around a head.",
    )
    add = parser.add_argument
    add("source", metavar="DIR|FILE", type=Path, help="a folder of stems (and mixture.wav, if there is one), or a song")
    add("-o", "--output", metavar="OUT", type=Path, required=True, help="the file to write, .wav")
    add("--layout", choices=tuple(LAYOUT_TITLES), default="5.1", help="loudspeakers; binaural is for headphones")
    add(
        "--fold-down",
        choices=("keep", "free"),
        default="keep",
        help="keep: folded down to stereo (ITU-R BS.775) it is the mix again; free: stems stand where they are placed",
    )
    add(
        "--place",
        metavar="STEM:FIELD=VALUE",
        type=setting,
        action="append",
        default=[],
        help="fields: azimuth, width, height (degrees; left is positive), ambience, divergence (0 to 1), lfe (dB)",
    )
    add("--ceiling", metavar="DB", type=float, default=CEILING_DB, help="true peak of the loudest channel")
    add("--bits", choices=BITS, default="24", help="32f is floating point; 16 is dithered")


def run(options: argparse.Namespace, voice: Voice) -> int:
    """Read, place, write."""
    if options.output.suffix.lower() != ".wav":
        raise BadInput(f"{options.output.name} is no WAV file, which is what holds loudspeakers.", "End it in .wav.")
    if not -60.0 <= options.ceiling <= 0.0:
        raise BadInput(f"The ceiling is {options.ceiling:g} dB.", "Give -60 to 0 dB.")
    began = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="stemstudio-") as room:
        sounds = _sounds(options.source, ClipStore(Path(room)), voice.progress.part(0.0, 0.4))
        places = _placed(
            {name: default_placement(name, measured_panning(each)) for name, each in sounds.items()}, options.place
        )
        inputs = [UpmixInput(sounds[name], places[name]) for name in sounds]
        choice = UpmixChoice(options.layout, options.fold_down, BITS[options.bits], options.ceiling)
        report = write_upmix(inputs, choice, options.output, voice.progress.part(0.4, 1.0))
        song_s = max(each.frames / each.sample_rate for each in sounds.values())
    seconds = time.perf_counter() - began
    voice.done(
        {
            "output": str(report.path),
            "seconds": round(seconds, 3),
            "layout": options.layout,
            "fold_down": options.fold_down,
            "channels": list(report.channels),
            "channel_mask": layout(options.layout).mask if len(report.channels) > 2 else 3,
            "fold_down_null_db": level(report.fold_down_null_db),
            "true_peak_dbtp": level(report.true_peak_dbtp),
            "surround_correlation": round(report.surround_correlation, 4),
            "gain_db": round(report.gain_db, 3),
            "levels_db": dict(zip(report.channels, map(level, report.levels_db), strict=True)),
            "stems": {name: asdict(place) for name, place in places.items()},
            "clipped": report.clipped,
            "realtime_factor": round(seconds / song_s, 4) if song_s else None,
        }
    )
    _tell(voice, report)
    return 0


def _tell(voice: Voice, report: UpmixReport) -> None:
    voice.say(f"{report.path}: {' '.join(report.channels)}")
    null = report.fold_down_null_db
    voice.say(f"  Fold-down minus the mix: {'nothing' if math.isinf(null) else f'{null:.1f} dB'}.")
    alike = f"the most alike surrounds correlate by {report.surround_correlation:.2f}"
    voice.say(f"  True peak {report.true_peak_dbtp:.1f} dBTP; {alike}.")
    if report.gain_db < 0:
        voice.say(f"  The mix is louder than the loudspeakers may be; all of it is {-report.gain_db:.1f} dB softer.")


def _sounds(source: Path, clips: ClipStore, reporter: Reporter) -> dict[str, Source]:
    """Stems of a folder, and what its mixture has beyond them; or the parts of a song."""
    if not source.is_dir():
        return split(clips.open(decode_song(source, clips, reporter).clip.id))
    whole = mixture_file(source)
    sounds = stem_sounds(source, clips, reporter.part(0.0, 0.8 if whole else 1.0))
    if whole is not None and RESIDUAL not in sounds:
        mixture = clips.open(decode_song(whole, clips, reporter.part(0.8, 1.0)).clip.id)
        _add_rest(sounds, mixture)
    return sounds


def _add_rest(sounds: dict[str, Source], mixture: Source) -> None:
    """Add what `mixture` has beyond the stems, so that it is the mix that the fold-down equals."""
    stems = [Mixer((MixInput(each),)) for each in sounds.values()]
    if (mixture.sample_rate, mixture.frames) != (stems[0].sample_rate, max(each.frames for each in stems)):
        raise BadInput("The mixture has another length or sample rate than the stems.", "Take it out of the folder.")
    if null_db(Mixer((MixInput(mixture),)), list(stems)) > _SILENT_DB:
        sounds[RESIDUAL] = Mixer((MixInput(mixture), *(MixInput(each, invert=True) for each in stems)))


def _placed(places: Mapping[str, Placement], wishes: list[tuple[str, str]]) -> dict[str, Placement]:
    placed = dict(places)
    for wish, text in wishes:
        stem, _, word = wish.partition(":")
        field = _FIELDS.get(word, word)
        if stem not in placed:
            raise BadInput(f"There is no stem {stem!r}.", f"The stems are: {', '.join(placed)}.")
        if field not in LIMITS:
            known = ", ".join((*_FIELDS, "ambience", "divergence"))
            raise BadInput(f"There is no field {word!r} of a place.", f"Write --place STEM:FIELD=VALUE with: {known}.")
        low, high = LIMITS[field]
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not low <= value <= high:
            raise BadInput(f"{wish} is {text!r}.", f"Give a number from {low:g} to {high:g}.")
        placed[stem] = replace(placed[stem], **{field: value})
    return placed
