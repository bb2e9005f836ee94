"""What `separate` is asked to do, checked before anything is read or written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from stemstudio.audio.encode import writable
from stemstudio.core.errors import BadInput, NotReady
from stemstudio.core.params import ParamValue, resolve
from stemstudio.core.stems import RESIDUAL
from stemstudio.exporting.naming import DEFAULT_TEMPLATE, file_stem
from stemstudio.separation.backend import BackendInfo
from stemstudio.separation.registry import backend, default_backend

BITS = {"16": 16, "24": 24, "32f": 32}
_LONGEST_NAME = 200  # bytes; what `legal_name` cuts at, which would take the stem's name away

ResidualUse = Literal["keep", "spread", "drop"]


@dataclass(frozen=True)
class Plan:
    """What is to be done to every file, checked before the first one is opened."""

    backend_id: str
    model: str | None
    values: Mapping[str, ParamValue]
    method_stems: tuple[str, ...]
    stems: tuple[str, ...]
    residual: ResidualUse
    start_s: float
    end_s: float | None
    file_format: str
    bits: int
    template: str
    taken: set[Path] = field(default_factory=set)
    """Files that this run has written already, which it must not write again."""

    @classmethod
    def of(
        cls,
        *,
        backend_id: str | None = None,
        model: str | None = None,
        settings: Mapping[str, str] | None = None,
        stems: tuple[str, ...] = (),
        residual: ResidualUse = "keep",
        start_s: float = 0.0,
        end_s: float | None = None,
        file_format: str = "wav",
        bits: int = 24,
        template: str = DEFAULT_TEMPLATE,
        device: str = "auto",
    ) -> Plan:
        """Check every choice; `UserError` names the first that cannot be."""
        writable(file_format, bits)
        info = backend(backend_id or default_backend()).info
        for name in stems:
            if name not in (*info.stems, RESIDUAL):
                known = ", ".join((*info.stems, RESIDUAL))
                raise BadInput(f"The method {info.id} has no stem {name!r}.", f"It has: {known}.")
        if RESIDUAL in stems and residual != "keep":
            raise BadInput("The residual is asked for and not kept.", "Leave out --residual.")
        if end_s is not None and end_s <= start_s:
            raise BadInput(f"The end, {end_s:g} s, is not after the start, {start_s:g} s.", "Choose a later end.")
        chosen = tuple(name for name in info.stems if not stems or name in stems)
        # A residual that is spread must be what no stem took, so all have to be found.
        given = _given(info, model, device, () if residual == "spread" else chosen)
        values = resolve(info.params, {**given, **(settings or {})})
        plan = cls(
            info.id, model or _model_in(values), values, info.stems, chosen, residual, start_s, end_s, file_format,
            bits, template,
        )  # fmt: skip
        if len({plan.name_of("track", name) for name in plan.written}) < len(plan.written):
            raise BadInput(f"The name template {template!r} gives several stems one name.", "Let it contain {stem}.")
        return plan

    @property
    def written(self) -> tuple[str, ...]:
        """Names of what is written, in order."""
        return (*self.stems, RESIDUAL) if self.residual == "keep" else self.stems

    def name_of(self, track: str, stem: str) -> str:
        """File name of a stem, without its suffix; a long track is cut so that the rest of the name stays."""
        fields = {"stem": stem, "backend": self.backend_id, "index": 1 + self.written.index(stem)}
        # Fitted by the longest stem, so that all files of a track begin alike.
        longest = max(
            len(file_stem(self.template, {**fields, "stem": each, "track": "x"}).encode()) for each in self.written
        )
        short = track.encode()[: max(_LONGEST_NAME - longest, 1)].decode(errors="ignore")
        return file_stem(self.template, {**fields, "track": short})


def _given(info: BackendInfo, model: str | None, device: str, stems: tuple[str, ...]) -> dict[str, str]:
    """Values of the method's parameters that the options stand for."""
    given = {}
    if model is not None:
        if not info.needs_model:
            raise BadInput(f"The method {info.id} uses no model.", "Leave out --model.")
        if not _takes(info, "model"):
            raise NotReady(f"There is no model {model!r}.", "Leave out --model.")
        given["model"] = model
    if device not in ("auto", "cpu") and info.family == "classic":
        raise BadInput(f"The method {info.id} runs on the processor only.", "Leave out --device.")
    if device != "auto" and _takes(info, "device"):
        given["device"] = device
    if len(stems) == 1 and _takes(info, "only"):
        given["only"] = stems[0]  # whoever wants one stem need not wait for the others
    return given


def _takes(info: BackendInfo, name: str) -> bool:
    return any(spec.name == name for spec in info.params)


def _model_in(values: Mapping[str, ParamValue]) -> str | None:
    return str(values["model"]) if "model" in values else None
