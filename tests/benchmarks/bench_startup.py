"""Time from starting Python to the first painted window, against an empty PySide6 and pyqtgraph window.

Run: ``python tests/benchmarks/bench_startup.py [runs]``. Prints both medians and the ratio; must be at most 2.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time

UNTIL_PAINTED = """
window.show()
app.processEvents()  # exposes and paints
os._exit(0)
"""
EMPTY = (
    """
import os, sys
from PySide6.QtWidgets import QApplication, QMainWindow
import pyqtgraph
app = QApplication([])
window = QMainWindow()
window.setCentralWidget(pyqtgraph.PlotWidget())
window.resize(1280, 800)
"""
    + UNTIL_PAINTED
)
OURS = (
    """
import os, sys
from stemstudio.app import make_application
app = make_application()
from stemstudio.ui.main_window import MainWindow
window = MainWindow()
window.resize(1280, 800)
"""
    + UNTIL_PAINTED
)


def seconds(code: str, env: dict[str, str]) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, env=env)
    return time.perf_counter() - began


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    with tempfile.TemporaryDirectory() as home:
        env = {"QT_QPA_PLATFORM": "offscreen", **os.environ, "STEMSTUDIO_HOME": home}
        env.pop("PYTHONDONTWRITEBYTECODE", None)  # a person's Python compiles the program once, not at each start
        seconds(EMPTY, env)
        seconds(OURS, env)
        pairs = [(seconds(EMPTY, env), seconds(OURS, env)) for _ in range(runs)]
    empty, ours = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(b / a for a, b in pairs)
    print(f"empty PySide6 + pyqtgraph window {empty:.2f} s, StemStudio {ours:.2f} s, ratio {ratio:.2f} (at most 2)")


if __name__ == "__main__":
    main()
