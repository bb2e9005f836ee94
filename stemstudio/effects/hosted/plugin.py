"""A plug-in as an effect of a chain: its id is ``plugin:`` and its path."""

from __future__ import annotations

import itertools
import weakref
from pathlib import Path
from typing import Any

import numpy as np

from stemstudio.core.buffer import Samples
from stemstudio.core.errors import BadInput
from stemstudio.core.params import ParamSpec, Values
from stemstudio.effects.effect import Effect, EffectInfo, Memory, Processor
from stemstudio.effects.history import History
from stemstudio.effects.hosted.host import PluginFault, PluginHost, host_of

PREFIX = "plugin:"
_MOST_PARAMS = 200
_MEMORY_S = 2.0
"""Nobody tells how long a plug-in remembers: reverbs and swaying ones may differ a little after a jump."""


def installed_plugins() -> tuple[str, ...]:
    """Return the ids of the plug-ins in the folders where this system keeps them; none is opened."""
    import pedalboard

    kinds: list[Any] = [getattr(pedalboard, name, None) for name in ("VST3Plugin", "AudioUnitPlugin")]
    # Only macOS has the second; elsewhere its list is empty or it is not there at all.
    paths = {path for kind in kinds if kind is not None for path in kind.installed_plugins}
    return tuple(PREFIX + str(path) for path in sorted(paths))


class HostedEffect(Effect):
    """A plug-in in a process of its own; its parameters go from 0 to 1, as it numbers them itself.

    Parameters
    ----------
    effect_id : str
        ``plugin:`` and the path.

    Raises
    ------
    BadInput
        If there is no such plug-in, or it cannot be opened or is an instrument.
    """

    def __init__(self, effect_id: str) -> None:
        path = effect_id.removeprefix(PREFIX)
        if not Path(path).exists():
            raise BadInput(f"The plug-in {path} is not on this machine.", "Install it, or take it out of the chain.")
        self._host = host_of(path)
        try:
            about, _ = self._host.ask({"do": "describe"})
        except PluginFault as fault:
            self._host.close()
            raise BadInput(str(fault), "Take it out of the chain, or get another version of it.") from fault
        self._latency_frames = int(about["latency_frames"])
        params = tuple(_spec(each) for each in about["params"][:_MOST_PARAMS])
        summary = f"A plug-in by {about['maker'] or 'an unknown maker'}, kept in a process of its own."
        self.info = EffectInfo(effect_id, about["name"], summary, params, f"The maker's own: {about['name']}, {path}")
        self._keys = itertools.count()
        self._free: list[int] = []

    def prepare(self, values: Values, sample_rate: int, channels: int) -> Processor:
        """See `Effect.prepare`."""
        return _HostedProcessor(
            self._host, self._free, self._keys, values, (sample_rate, channels, self._latency_frames)
        )

    def latency_frames(self, values: Values, sample_rate: int) -> int:  # noqa: ARG002 - as the plug-in says
        """See `Effect.latency_frames`."""
        return self._latency_frames

    def memory(self, values: Values, sample_rate: int) -> Memory:  # noqa: ARG002 - nobody tells
        """See `Effect.memory`."""
        return Memory(round(_MEMORY_S * sample_rate))


class _HostedProcessor:
    """An instance in the plug-in's process; where that is gone the sound passes, as late as the plug-in was."""

    gain_reduction_db = 0.0

    def __init__(
        self, host: PluginHost, free: list[int], keys: itertools.count[int], values: Values, shape: tuple[int, int, int]
    ) -> None:
        self._host, self._values = host, dict(values)
        self._rate, channels, latency_frames = shape
        self._dry = History(latency_frames, channels)
        # Opening an instance takes long; one that is no longer used is set anew and used again.
        self._key = free.pop() if free else next(keys)
        weakref.finalize(self, free.append, self._key)
        self.reset()

    def process(self, block: Samples, sidechain: Samples | None = None) -> Samples:  # noqa: ARG002 - it has none
        """See `Processor.process`."""
        dry = self._dry.delayed(block)
        pair = np.repeat(block, 2, axis=0) if len(block) == 1 else block[:2]
        try:
            _, wet = self._host.ask({"do": "process", "key": self._key, "rate": self._rate}, pair)
        except PluginFault:
            return dry
        if wet is None or not np.isfinite(wet).all():
            return dry
        dry[:2] = wet[: len(dry)]
        return dry

    def reset(self, frame: int = 0) -> None:  # noqa: ARG002 - plug-ins do not know where they are
        """See `Processor.reset`."""
        self._dry.reset()
        try:
            self._host.ask({"do": "open", "key": self._key, "values": self._values})
        except PluginFault:
            return


def _spec(about: dict[str, object]) -> ParamSpec:
    default = min(max(float(str(about["default"])), 0.0), 1.0)
    hint = "From 0 to 1, as the plug-in numbers it."
    return ParamSpec(str(about["name"]), "float", default, str(about["label"]), hint, 0.0, 1.0, 0.01)
