"""The guards of conftest.py and pyproject.toml catch what they are there for."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CARELESS = """
import os, pathlib, threading, time, warnings
from PySide6.QtCore import qWarning

def test_leaves_a_thread(): threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
def test_makes_qt_complain(): qWarning("oh")
def test_makes_python_complain(): warnings.warn("oh")
def test_writes_into_a_home(): pathlib.Path(os.environ["STEMSTUDIO_HOME"]).mkdir()
def test_has_a_home_of_its_own(): assert not pathlib.Path(os.environ["STEMSTUDIO_HOME"]).exists()
"""


def test_careless_tests_fail_and_the_others_do_not(tmp_path):
    careless = tmp_path / "test_careless.py"
    careless.write_text(CARELESS, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "conftest", "-p", "no:cacheprovider"]
    command += ["-c", ROOT / "pyproject.toml", "--rootdir", tmp_path, careless]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT / "tests")},
        capture_output=True,
        text=True,
        check=False,
    )
    bad = set(re.findall(r"^(?:FAILED|ERROR) .*::(\w+)", done.stdout, re.MULTILINE))
    assert bad == {"test_leaves_a_thread", "test_makes_qt_complain", "test_makes_python_complain"}, done.stdout
