"""Get a file of weights from where it is published: resumed, checked, and in its place only when it is whole."""

from __future__ import annotations

import http.client
import os
import shutil
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Protocol

from stemstudio.core.errors import BadInput, NoRoom, NotReady, from_os_error
from stemstudio.core.progress import Reporter
from stemstudio.separation.neural.checkpoints import digest
from stemstudio.separation.neural.library import ModelFile

TRIES = 5
_WAIT_S = 0.5
_TIMEOUT_S = 30.0
_BLOCK_BYTES = 1 << 18
_SPARE_BYTES = 64 << 20
_LARGEST_BYTES = 8 << 30


class _Answer(Protocol):
    status: int
    headers: http.client.HTTPMessage

    def read(self, count: int) -> bytes:
        """Up to `count` bytes; none at the end."""
        ...


def download(file: ModelFile, reporter: Reporter) -> None:
    """Get `file` to its place; what an earlier try left is gone on with.

    Proxies are taken from the environment (``https_proxy``).

    Raises
    ------
    NotReady
        If it cannot be reached: the sentence says which file to put where by hand.
    BadInput
        If what came is not the published file; it is deleted.
    NoRoom
        If the disk is too full.
    Cancelled
        If the person asked to stop; what came is kept and gone on with next time.
    """
    if not file.url.startswith(("https://", "http://")):
        raise NotReady(
            f"The card of {file.path.name} names no address to get it from.",
            f"Get it from its makers, and put it into {file.path.parent}.",
        )
    part = file.path.with_name(file.path.name + ".part")
    try:
        file.path.parent.mkdir(parents=True, exist_ok=True)
        _fetch(file, part, reporter)
        check_digest(part, file)
        part.replace(file.path)
    except BadInput:
        part.unlink(missing_ok=True)
        raise
    except OSError as error:
        raise from_os_error(error, part) from error


def check_digest(path: Path, file: ModelFile) -> None:
    """Raise `BadInput` if `path` does not hold the published bytes of `file`."""
    found = digest(path)
    if not found.startswith(file.sha256):
        raise BadInput(
            f"{file.path.name} is not the published file (SHA-256 {found[:16]}… instead of {file.sha256[:16]}…).",
            "Get it again; if that happens twice, tell its publishers.",
        )


def _fetch(file: ModelFile, part: Path, reporter: Reporter) -> None:
    """Fill `part`, with as many new connections as it takes while each brings something."""
    failures, reason = 0, ""
    while failures < TRIES:
        before = part.stat().st_size if part.is_file() else 0
        try:
            if _continue(file, part, reporter):
                return
            reason = "the connection broke off"
        except urllib.error.HTTPError as error:
            reason = f"the server answers {error.code}"
            if error.code == http.client.REQUESTED_RANGE_NOT_SATISFIABLE and before:
                part.unlink()
            elif error.code < http.client.INTERNAL_SERVER_ERROR:
                break
        except (urllib.error.URLError, http.client.HTTPException, TimeoutError, ConnectionError) as error:
            reason = str(getattr(error, "reason", "")) or type(error).__name__
        now = part.stat().st_size if part.is_file() else 0
        failures = 0 if now > before else failures + 1
        reporter.update(0.0)
        time.sleep(_WAIT_S)
    raise NotReady(
        f"{file.path.name} could not be downloaded: {reason}.",
        f"Try again later, or get {file.url} on another machine and put it, as {file.path.name}, into "
        f"{file.path.parent}.",
    )


def _continue(file: ModelFile, part: Path, reporter: Reporter) -> bool:
    """One connection; whether the file is whole after it, as far as the server says."""
    have = part.stat().st_size if part.is_file() else 0
    request = urllib.request.Request(file.url, headers={"User-Agent": "StemStudio", "Accept-Encoding": "identity"})  # noqa: S310 - the scheme was looked at
    if have:
        request.add_header("Range", f"bytes={have}-")
    # An opener of its own: the library's remembers the proxies of its first use.
    with urllib.request.build_opener().open(request, timeout=_TIMEOUT_S) as answer:
        if answer.status != http.client.PARTIAL_CONTENT or _range_start(answer) != have:
            have = 0
        length = answer.headers.get("Content-Length", "")
        total = have + int(length) if length.isdigit() else 0
        _check_size(file, total, have)
        with part.open("r+b" if have else "wb") as out:
            out.seek(have)
            out.truncate()
            while block := answer.read(_BLOCK_BYTES):
                out.write(block)
                have += len(block)
                _check_size(file, have, have)
                reporter.update(min(have / (total or file.size_bytes or have), 1.0), f"Getting {file.path.name}")
            out.flush()
            os.fsync(out.fileno())
    return not total or have >= total


def _range_start(answer: _Answer) -> int:
    first = answer.headers.get("Content-Range", "").removeprefix("bytes ").partition("-")[0]
    return int(first) if first.isdigit() else -1


def _check_size(file: ModelFile, total: int, have: int) -> None:
    largest = 2 * file.size_bytes + _SPARE_BYTES if file.size_bytes else _LARGEST_BYTES
    if total > largest:
        raise BadInput(
            f"The server gives {file.path.name} as {total / 1e6:.0f} MB, far more than it has.", "Try again later."
        )
    if total - have > shutil.disk_usage(file.path.parent).free - _SPARE_BYTES:
        raise NoRoom(
            f"{file.path.name} takes {total / 1e6:.0f} MB, more than the disk of {file.path.parent} has left.",
            "Free some space.",
        )
