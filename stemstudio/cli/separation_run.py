"""One file through a separation method into files, streaming from disk to disk."""

from __future__ import annotations

import itertools
import math
import os
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stemstudio.audio.clips import ClipStore
from stemstudio.audio.durable import sweep
from stemstudio.audio.encode import AudioWriter, check_room, writable
from stemstudio.cli.plan import Plan
from stemstudio.core.buffer import Samples
from stemstudio.core.errors import BadInput, from_os_error
from stemstudio.core.progress import Reporter
from stemstudio.core.source import Excerpt, Source
from stemstudio.core.stems import RESIDUAL
from stemstudio.exporting.naming import legal_name
from stemstudio.operations.importing import decode_song
from stemstudio.separation.engine import separate

_DECODING = 0.1  # its share of the progress
_SILENT_DB = -300.0
_ADDS_UP_DB = -120.0


@dataclass(frozen=True)
class Outcome:
    """What came of one file. `null_db` is the level of the mix minus all that was written, relative to the mix."""

    input: Path
    plan: Plan
    sample_rate: int
    channels: int
    frames: int
    outputs: Mapping[str, Path]
    null_db: float
    seconds: float
    clipped: Mapping[str, int]
    notices: tuple[str, ...]


def separate_file(path: Path, folder: Path, plan: Plan, reporter: Reporter) -> Outcome:
    """Separate the file at `path` into files in `folder`, which is made if it is missing; all of them or none.

    Raises
    ------
    UserError
        If the file cannot be read, the method not run, or the folder not written.
    Cancelled
    """
    with ExitStack() as cleaning:
        _make_folder(folder, cleaning)
        sweep(folder)
        try:
            room = cleaning.enter_context(tempfile.TemporaryDirectory(prefix=".stemstudio-", dir=folder))
        except OSError as error:
            raise from_os_error(error, folder) from error
        clips = ClipStore(Path(room))
        song = decode_song(path, clips, reporter.part(0.0, _DECODING))
        mix = _stretch(clips.open(song.clip.id), plan, path)
        targets = _targets(path, folder, plan)
        kind = writable(plan.file_format, plan.bits)
        check_room(folder, len(targets) * kind.expected_bytes(mix.frames, mix.sample_rate, mix.channels, plan.bits))
        sink = _FileSink(mix, plan)
        cleaning.callback(sink.discard)
        sink.open(targets)
        report = separate(mix, plan.backend_id, plan.values, sink, reporter.part(_DECODING, 1.0))
        sink.finish()
        plan.taken.update(targets.values())
    return Outcome(
        path, plan, mix.sample_rate, mix.channels, mix.frames, targets, sink.null_db, report.seconds, sink.clipped,
        (*song.notices, *_sink_notices(sink, plan)),
    )  # fmt: skip


class _FileSink:
    """A `StemSink` that writes the chosen stems into files and measures how well they add up."""

    def __init__(self, mix: Source, plan: Plan) -> None:
        self._mix, self._plan = mix, plan
        self._writers: dict[str, AudioWriter] = {}
        self._mix_energy = self._error_energy = 0.0

    def open(self, targets: Mapping[str, Path]) -> None:
        for name, path in targets.items():
            self._writers[name] = AudioWriter(
                path,
                self._mix.sample_rate,
                self._mix.channels,
                format=self._plan.file_format,
                bits=self._plan.bits,
                frames=self._mix.frames,
            )

    def write(self, start: int, stems: Mapping[str, Samples]) -> None:
        parts = _spread(stems, self._plan.method_stems) if self._plan.residual == "spread" else stems
        chosen = {name: parts[name] for name in self._plan.stems}
        mix = self._mix.read(start, next(iter(stems.values())).shape[1]).astype(np.float64)
        rest = mix - sum(samples.astype(np.float64) for samples in chosen.values())
        if self._plan.residual == "keep":
            chosen[RESIDUAL] = rest.astype(np.float32)
            rest -= chosen[RESIDUAL]
        for name, samples in chosen.items():
            self._writers[name].write(samples)
        self._mix_energy += float(np.vdot(mix, mix))
        self._error_energy += float(np.vdot(rest, rest))

    def finish(self) -> None:
        finished: list[Path] = []
        try:
            for writer in self._writers.values():
                writer.finish()
                finished.append(writer.path)
        except BaseException:
            for path in finished:
                path.unlink(missing_ok=True)
            raise

    def discard(self) -> None:
        for writer in self._writers.values():
            writer.discard()

    @property
    def sample_rate(self) -> int:
        return self._mix.sample_rate

    @property
    def converted_rate(self) -> int | None:
        """Sample rate of the files, if the format does not know that of the song."""
        rate = next(iter(self._writers.values())).sample_rate
        return rate if rate != self._mix.sample_rate else None

    @property
    def clipped(self) -> dict[str, int]:
        return {name: writer.clipped for name, writer in self._writers.items() if writer.clipped}

    @property
    def null_db(self) -> float:
        if not self._error_energy:
            return _SILENT_DB
        return max(_SILENT_DB, 10 * math.log10(self._error_energy / max(self._mix_energy, 1e-300)))


def _spread(stems: Mapping[str, Samples], names: tuple[str, ...]) -> dict[str, Samples]:
    """Share the residual out equally; what rounding leaves goes to the last stem."""
    share = stems[RESIDUAL].astype(np.float64) / len(names)
    return {name: (stems[name] + share).astype(np.float32) for name in names}


def _make_folder(folder: Path, cleaning: ExitStack) -> None:
    try:
        made = not folder.exists()
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise BadInput(f"{folder} is a file.", "Choose a folder.") from None
    except OSError as error:
        raise from_os_error(error, folder) from error
    if made:

        def remove_if_empty() -> None:
            with suppress(OSError):
                folder.rmdir()

        cleaning.callback(remove_if_empty)


def _stretch(song: Source, plan: Plan, path: Path) -> Source:
    start = round(plan.start_s * song.sample_rate)
    end = song.frames if plan.end_s is None else min(round(plan.end_s * song.sample_rate), song.frames)
    if start >= end:
        length_s = song.frames / song.sample_rate
        raise BadInput(f"{path.name} is {length_s:.1f} s long and ends before {plan.start_s:g} s.", "Start earlier.")
    return song if end - start == song.frames else Excerpt(song, start, end)


def _targets(path: Path, folder: Path, plan: Plan) -> dict[str, Path]:
    """File of each stem; a second song of the same name gets a number, and no input is ever replaced."""
    track = legal_name(os.fsencode(path.stem).decode(errors="replace"))
    taken = {str(each).casefold() for each in plan.taken}
    for number in itertools.count(1):
        mark = f" {number}" if number > 1 else ""
        # Where the template does not speak of the track, the number goes to the end.
        ending = "" if "{track" in plan.template else mark
        names = {stem: plan.name_of(track + mark, stem) + ending for stem in plan.written}
        targets = {stem: folder / f"{name}.{plan.file_format}" for stem, name in names.items()}
        if not any(str(target).casefold() in taken or _same(target, path) for target in targets.values()):
            return targets
    raise AssertionError


def _same(target: Path, path: Path) -> bool:
    try:
        return target.samefile(path)
    except OSError:
        return False


def _sink_notices(sink: _FileSink, plan: Plan) -> list[str]:
    said = []
    kind = writable(plan.file_format, plan.bits)
    if sink.null_db < _ADDS_UP_DB:
        rounded = "" if plan.bits == 32 else f" before they were rounded to {plan.bits} bits"
        rounded = f" before they became {kind.title}" if kind.lossy else rounded
        rest = "nothing is left" if sink.null_db <= _SILENT_DB else f"what is left is at {sink.null_db:.0f} dB"
        said.append(f"The files add up to the song{rounded}: {rest}.")
    else:
        said.append(f"The files do not add up to the song: what they lack is at {sink.null_db:.0f} dB.")
    if rate := sink.converted_rate:
        said.append(f"{kind.title} knows no {sink.sample_rate} Hz: the files have {rate} Hz.")
    if sink.clipped:
        stems = ", ".join(f"{name} ({count} samples)" for name, count in sink.clipped.items())
        said.append(f"Louder than full scale and clipped: {stems}; --format wav --bits 32f keeps them whole.")
    return said
