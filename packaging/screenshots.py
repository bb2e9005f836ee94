"""Make the README's pictures of the real window: `python packaging/screenshots.py`.

The window opens without a screen, is given the demo song, separates it, and is photographed on the way: empty, song
loaded, separating, separated, and in the light theme. At 1280 x 800 the pictures go to resources/screenshots; at
2560 x 1440 with scale 2 to out/screenshots, to be looked at only.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PySide6.QtGui import QImage

    from stemstudio.repair.selection import Selection

_ROOT = Path(__file__).resolve().parents[1]
_SERIES = (
    # folder, scale, width and height in logical pixels
    (_ROOT / "resources" / "screenshots", 1, 1280, 800),
    (_ROOT / "out" / "screenshots", 2, 1280, 720),
)
_PATIENCE_S = 300.0


def main() -> None:
    """Take every picture; a scale needs a process of its own, because Qt reads it once."""
    for folder, scale, width, height in _SERIES:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as home:
            variables = {"QT_QPA_PLATFORM": "offscreen", "QT_SCALE_FACTOR": str(scale), "STEMSTUDIO_HOME": home}
            command = [sys.executable, __file__, "--photograph", str(folder), str(width), str(height)]
            subprocess.run(command, env=os.environ | variables, check=True)


def _photograph(folder: Path, width: int, height: int) -> None:
    """Go through the scenes in this process."""
    from stemstudio.app import make_application
    from stemstudio.effects.presets import preset
    from stemstudio.ui.main_window import MainWindow

    app = make_application()
    window = MainWindow()
    window.resize(width, height)
    window.show()
    studio = window.studio

    def take(name: str, settle_s: float = 1.5) -> None:
        _wait(settle_s)  # spectrogram tiles come from another thread
        _save(window.grab().toImage(), folder / f"{name}.png")

    take("empty")
    window.open_path(_ROOT / "resources" / "demo" / "mixture.flac")
    _wait_until(lambda: studio.track is not None and not studio.opening)
    take("song")
    window.separate()
    half = 15 * 44_100
    _wait_until(lambda: studio.running is None or studio.running.live.written_frames > half)
    studio.select_lane(studio.lanes()[2].key)
    take("separating", 0.4)
    _wait_until(lambda: studio.running is None)
    studio.select_lane(studio.lanes()[1].key)
    window.player.seek(int(4.5 * 44_100))
    take("separated")
    window.spectrogram.show_seconds(3.5, 8.5)
    window.inspector.show_page("Repair")
    window.editor.set_selection(_lasso(studio.track.mixture.sample_rate))
    take("repair")
    window.editor.set_selection(None)
    window.inspector.show_page("Effects")
    window.desk.set_chain(window.desk.place, preset("Vocal stem").chain, "Vocal stem")
    take("effects")
    window.inspector.show_page("Separate")
    window.spectrogram.fit()
    studio.update_settings(replace(studio.settings, theme="light"))
    take("light")
    studio.discard()
    window.close()
    del app


def _lasso(sample_rate: int) -> Selection:
    """Return an outline as a hand draws it, around 5.5 s and 1.2 kHz."""
    from math import cos, pi, sin

    from stemstudio.repair.selection import Selection

    angles = [2 * pi * step / 60 for step in range(60)]
    reach = [1 + 0.08 * sin(3 * angle) for angle in angles]
    points = [
        ((5.5 + 0.7 * far * cos(angle)) * sample_rate, 1200 * 2 ** (1.1 * far * sin(angle)))
        for angle, far in zip(angles, reach, strict=True)
    ]
    return Selection.polygon(sample_rate, points)


def _wait(seconds: float) -> None:
    end = time.monotonic() + seconds
    _wait_until(lambda: time.monotonic() >= end)


def _wait_until(condition: Callable[[], bool]) -> None:
    """Let the window live until `condition` holds."""
    from PySide6.QtCore import QEventLoop, QTimer

    loop, timer, end = QEventLoop(), QTimer(), time.monotonic() + _PATIENCE_S

    def look() -> None:
        if condition() or time.monotonic() > end:
            loop.quit()

    timer.timeout.connect(look)
    timer.start(20)
    loop.exec()
    timer.stop()
    if not condition():
        sys.exit("a scene did not come about")


def _save(picture: QImage, path: Path) -> None:
    """Write a picture with 256 colours, which makes it a third of the size."""
    from PIL import Image
    from PySide6.QtCore import QBuffer

    buffer = QBuffer()
    picture.save(buffer, "PNG")
    small = Image.open(io.BytesIO(bytes(buffer.data().data()))).convert("RGB").quantize(256, dither=Image.Dither.NONE)
    small.save(path, optimize=True)
    print(f"{path}  {small.width} x {small.height}, {path.stat().st_size / 1000:.0f} kB", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--photograph"]:
        _photograph(Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
    else:
        main()
