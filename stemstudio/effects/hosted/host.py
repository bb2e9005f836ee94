"""The program's side of a plug-in's process: starts it, asks it, and notices when it is gone."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import numpy as np

from stemstudio.core.buffer import Samples

_ANSWER_S = 5.0
_LOAD_S = 30.0


class PluginFault(Exception):
    """The plug-in crashed, hangs or refuses; the text says so in a sentence."""


class PluginHost:
    """One plug-in's process; started when first asked, ended by `close` or by the plug-in itself. Safe from any thread.

    Parameters
    ----------
    path : str
        Of the VST3 bundle or file, or of the Audio Unit.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.fault = ""
        """What went wrong for good, a sentence; empty while all is well."""
        self._lock = threading.Lock()
        self._process: BaseProcess | None = None
        self._connection: Connection[Any, Any] | None = None

    def ask(self, request: Mapping[str, Any], samples: Samples | None = None) -> tuple[dict[str, Any], Samples | None]:
        """Return the answer to `request`, and samples of the same shape where `samples` were sent.

        Raises
        ------
        PluginFault
            Now if the plug-in refuses; now and ever after if it crashed or does not answer.
        """
        with self._lock:
            if self.fault:
                raise PluginFault(self.fault)
            try:
                answer, out = self._exchange(dict(request), samples)
            except (EOFError, OSError):
                self._give_up(f"The plug-in {Path(self.path).stem} crashed.")
        if "error" in answer:
            raise PluginFault(f"The plug-in {Path(self.path).stem} refuses: {answer['error']}.")
        return answer, out

    def close(self) -> None:
        """End the process; the next request starts another one."""
        with self._lock:
            self._end()
            self.fault = ""

    def _exchange(self, request: dict[str, Any], samples: Samples | None) -> tuple[dict[str, Any], Samples | None]:
        connection = self._connection or self._start()
        if samples is not None:
            request["shape"] = samples.shape
        connection.send_bytes(json.dumps(request).encode())
        if samples is not None:
            connection.send_bytes(samples.astype(np.float32).tobytes())
        if not connection.poll(_ANSWER_S if samples is not None else _LOAD_S):
            self._give_up(f"The plug-in {Path(self.path).stem} does not answer and was ended.")
        answer: dict[str, Any] = json.loads(connection.recv_bytes())
        if samples is None or "error" in answer:
            return answer, None
        return answer, np.frombuffer(connection.recv_bytes(), np.float32).reshape(samples.shape).copy()

    def _start(self) -> Connection[Any, Any]:
        import multiprocessing

        from stemstudio.effects.hosted.child import serve

        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        self._process = context.Process(target=serve, args=(theirs, self.path), name="stemstudio-plug-in", daemon=True)
        self._process.start()
        theirs.close()
        self._connection = ours
        return ours

    def _give_up(self, fault: str) -> None:
        self.fault = fault
        self._end()
        raise PluginFault(fault)

    def _end(self) -> None:
        if self._connection is not None:
            self._connection.close()
        if self._process is not None:
            self._process.join(0.2)
            if self._process.is_alive():
                self._process.kill()
            self._process.join()
        self._connection = self._process = None


_hosts: dict[str, PluginHost] = {}
_hosts_lock = threading.Lock()


def host_of(path: str) -> PluginHost:
    """Return the host of the plug-in at `path`, the same one each time."""
    with _hosts_lock:
        return _hosts.setdefault(path, PluginHost(path))


def close_hosts() -> None:
    """End all plug-ins' processes, as the program does when it ends; those that crashed may be tried again."""
    with _hosts_lock:
        hosts = list(_hosts.values())
    for host in hosts:
        host.close()


def faults() -> dict[str, str]:
    """Return what went wrong with plug-ins, a sentence each, by path; for the window to show."""
    with _hosts_lock:
        return {path: host.fault for path, host in _hosts.items() if host.fault}
