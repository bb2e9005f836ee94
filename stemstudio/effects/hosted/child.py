"""The process that a plug-in lives in.

It answers requests on a connection until that is closed: a request and its answer are a JSON object each, followed by
float32 samples where there are any. Nothing that the other side sends is executed.
"""

from __future__ import annotations

import json
import signal
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

_LOAD_S = 20.0


def serve(connection: Connection[Any, Any], path: str) -> None:
    """Answer until the connection ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the program, which closes the connection
    room = _Room(path)
    while True:
        try:
            request = json.loads(connection.recv_bytes())
            samples = np.frombuffer(connection.recv_bytes(), np.float32) if "shape" in request else None
        except (EOFError, OSError):
            return
        try:
            answer, out = room.answer(request, samples)
        except Exception as error:  # noqa: BLE001 - a plug-in may raise anything; the program is told in words
            answer, out = {"error": f"{error}"}, None
        connection.send_bytes(json.dumps(answer).encode())
        if out is not None:
            connection.send_bytes(out.astype(np.float32).tobytes())


class _Room:
    """The instances of one plug-in."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._instances: dict[int, Any] = {}

    def answer(self, request: dict[str, Any], samples: Any) -> tuple[dict[str, Any], Any]:
        match request["do"]:
            case "describe":
                return _describe(self._load()), None
            case "open":
                key = request["key"]
                plugin = self._instances.get(key) or self._load()
                self._instances[key] = plugin
                for name, value in request["values"].items():
                    plugin.parameters[name].raw_value = value
                plugin.reset()
                return {}, None
            case "process":
                return {}, _process(self._instances[request["key"]], samples.reshape(request["shape"]), request["rate"])
        raise ValueError(request["do"])

    def _load(self) -> Any:
        import pedalboard

        library: Any = pedalboard  # it publishes no types
        return library.load_plugin(self._path, initialization_timeout=_LOAD_S)


def _describe(plugin: Any) -> dict[str, Any]:
    if not plugin.is_effect:
        raise ValueError("it makes sound of its own and processes none")
    return {
        "name": plugin.name,
        "maker": plugin.manufacturer_name,
        "latency_frames": int(plugin.reported_latency_samples),
        "params": [
            {"name": name, "label": each.name or name, "default": float(each.raw_value)}
            for name, each in plugin.parameters.items()
        ],
    }


def _process(plugin: Any, samples: Any, rate: int) -> Any:
    out = plugin.process(samples.copy(), float(rate), buffer_size=max(1, samples.shape[1]), reset=False)
    # After a reset the host library drops as many frames as the plug-in is late; they are ours to count.
    missing = samples.shape[1] - out.shape[1]
    return np.pad(out, ((0, 0), (missing, 0))) if missing else out
