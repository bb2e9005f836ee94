"""Where the commands meet: parsing, exit codes, Ctrl-C."""

from __future__ import annotations

import argparse
import io
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from stemstudio import __version__
from stemstudio.cli import (
    backends,
    edits,
    effects,
    evaluate,
    export,
    info,
    models,
    remix,
    repair,
    self_test,
    separate,
    train,
    upmix,
)
from stemstudio.cli.voice import Voice
from stemstudio.core.errors import BadInput, Cancelled, NotReady, UserError, from_os_error

DONE, WRONG_USE, FOR_THE_USER, CANCELLED = 0, 2, 3, 130
_COMMANDS = (info, separate, repair, effects, remix, upmix, export, edits, backends, models, evaluate, train, self_test)
_DESCRIPTION = """\
Separate a song into stems, see them, mend them, mix them and take them home.

  stemstudio [FILE ...]     open the window, with songs or a project
  stemstudio COMMAND ...    the same engine without a window
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program with `argv` (by default the process's arguments); returns the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    for stream in (sys.stdout, sys.stderr):
        # A file's name may hold what the terminal cannot show; that is no reason to fail.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        options = _parse(arguments)
    except SystemExit as request:
        return request.code if isinstance(request.code, int) else WRONG_USE
    voice = Voice(getattr(options, "json", False))
    try:
        with _interruptible(voice):
            return int(options.run(options, voice))
    except UserError as error:
        voice.complain(str(error))
        return FOR_THE_USER
    except MemoryError:
        voice.complain("There is not enough memory. Close other programs and try again.")
        return FOR_THE_USER
    except (Cancelled, KeyboardInterrupt):
        voice.complain("Cancelled.")
        return CANCELLED
    except BrokenPipeError:
        # Whoever read our output has enough; Python's own flush at the end must not complain about it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except OSError as error:
        voice.complain(str(from_os_error(error, error.filename)))
        return FOR_THE_USER
    finally:
        voice.close()


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        "stemstudio", description=_DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--version", action="version", version=f"stemstudio {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    for command in _COMMANDS:
        command.add_to(commands)
    names = list(commands.choices)
    if arguments and (arguments[0] in names or (arguments[0].startswith("-") and arguments[0] != "--")):
        return parser.parse_args(arguments)
    paths = arguments[1:] if arguments[:1] == ["--"] else arguments
    if paths and not Path(paths[0]).exists() and paths[0].isidentifier():
        parser.error(f"there is no command {paths[0]!r} (choose from {', '.join(names)}), and no such file")
    return argparse.Namespace(run=_open_window, paths=[Path(path) for path in paths])


def _open_window(options: argparse.Namespace, _: Voice) -> int:
    for path in options.paths:
        if not path.exists():
            raise BadInput(f"{path} does not exist.", "Check the name and the folder.")
    chosen = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    if sys.platform.startswith("linux") and not any(os.environ.get(name) for name in chosen):
        raise NotReady("There is no screen to open the window on.", "The commands work without: stemstudio --help.")
    for kind in (signal.SIGINT, signal.SIGTERM):
        signal.signal(kind, signal.SIG_DFL)  # until there is a window, which hears them, there is nothing to clean up
    try:
        from stemstudio.app import main as open_window
    except ImportError as error:
        raise NotReady(f"The window cannot be opened: {error}.", "Install what is named there.") from error
    return open_window(options.paths)


@contextmanager
def _interruptible(voice: Voice) -> Iterator[None]:
    """Ctrl-C asks the work to stop and clean up; a second one does not wait for that."""

    def stop(*_: int | FrameType | None) -> None:
        if voice.progress.cancelled:
            raise KeyboardInterrupt
        voice.progress.cancel()

    try:
        before = {kind: signal.signal(kind, stop) for kind in (signal.SIGINT, signal.SIGTERM)}
    except ValueError:  # not the main thread: nobody presses keys there
        before = {}
    try:
        yield
    finally:
        for kind, handler in before.items():
            signal.signal(kind, handler)
