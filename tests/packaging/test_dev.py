"""The commands of a checkout, as far as they can be tried without making an environment."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DEV = ROOT / "packaging" / "dev.py"


@pytest.fixture
def packaging(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "packaging")


def dev(*arguments, folder=None, **variables):
    return subprocess.run(
        [sys.executable, DEV, *arguments],
        cwd=folder,
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=False,
    )


def test_without_a_command_it_says_which_there_are():
    done = dev()
    assert done.returncode == 2
    assert "dev.py run" in done.stdout
    assert "dev.py test" in done.stdout


def test_an_older_python_can_read_the_file_and_is_told_what_to_do():
    tree = ast.parse(DEV.read_text(encoding="utf-8"), feature_version=(3, 7))
    first = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    # Modules that an older Python has; the others of this folder are imported after the check.
    assert {name.name for node in first for name in node.names} <= {
        "annotations",
        "argparse",
        "os",
        "subprocess",
        "sys",
        "Path",
    }


def test_an_unsupported_python_is_told_which_will_do(packaging, monkeypatch, capsys):
    import dev

    monkeypatch.setattr(sys, "version_info", (3, 10, 1))
    assert dev.main(["run"]) == 2
    assert "StemStudio needs Python 3.11, 3.12, 3.13; this is 3.10" in capsys.readouterr().err


def test_without_a_network_it_says_so_and_leaves_no_stamp(tmp_path):
    done = dev(
        "test",
        folder=tmp_path,
        STEMSTUDIO_VENV=str(tmp_path / "an environment"),
        PIP_CONFIG_FILE=os.devnull,
        PIP_FIND_LINKS="",
        PIP_EXTRA_INDEX_URL="",
        PIP_INDEX_URL="http://127.0.0.1:9/simple",
        PIP_RETRIES="0",
    )
    assert done.returncode == 3
    assert "pip reached no package index" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "an environment" / "stemstudio-environment.json").exists()


@pytest.mark.parametrize(
    ("made_dev", "asks_dev", "enough"), [(True, True, True), (True, False, True), (False, True, False)]
)
def test_an_environment_is_made_once(packaging, tmp_path, made_dev, asks_dev, enough):
    import environment

    stamp = tmp_path / "stamp.json"
    stamp.write_text(json.dumps({"key": environment._key(ROOT), "dev": made_dev}), encoding="utf-8")
    assert environment._satisfies(stamp, {"key": environment._key(ROOT), "dev": asks_dev}) is enough


def test_a_changed_dependency_or_folder_makes_it_again(packaging, tmp_path):
    import environment

    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")
    key = environment._key(tmp_path)
    assert key != environment._key(ROOT)
    (tmp_path / "pyproject.toml").write_text(text.replace("timeout = 300", "timeout = 301"), encoding="utf-8")
    assert environment._key(tmp_path) == key
    (tmp_path / "pyproject.toml").write_text(text.replace('"av>=', '"av>'), encoding="utf-8")
    assert environment._key(tmp_path) != key


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems bring what Qt needs")
def test_a_library_is_missing_when_it_cannot_be_loaded(packaging):
    import system_libraries

    missing = system_libraries._missing({"libc.so.6": "libc6", "libnonsense.so.3": "libnonsense3", "sh": "dash"})
    assert [name for name in missing if "font" not in name] == ["libnonsense3"]


def test_the_large_torch_is_announced_where_no_card_is(packaging, monkeypatch, capsys):
    import environment

    monkeypatch.setattr(environment, "_has_nvidia_card", lambda: False)
    monkeypatch.setattr(sys, "platform", "linux")
    progress = environment._Progress()
    progress.follow(
        "Processing /wheels/torch-2.13.0+cpu-cp311-cp311-manylinux_2_28_x86_64.whl (from stemstudio==0.1.0)"
    )
    small = capsys.readouterr().out
    progress.follow("Downloading torch-2.13.0-cp311-cp311-manylinux_2_28_x86_64.whl (866.4 MB)")
    progress.end()
    large = capsys.readouterr().out
    assert "Fetching package 1: torch 2.13.0+cpu" in small
    assert "NVIDIA" not in small
    assert "PIP_EXTRA_INDEX_URL" in large


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems always have a screen")
def test_without_a_screen_the_stems_and_their_picture_are_on_disk(packaging, tmp_path):
    import environment
    from PIL import Image

    if not environment._satisfies(Path(sys.prefix, environment._STAMP), {"key": environment._key(ROOT), "dev": True}):
        pytest.skip("this environment was not made by dev.py")
    out = tmp_path / "the stems"
    screenless = {"DISPLAY": "", "WAYLAND_DISPLAY": "", "STEMSTUDIO_VENV": sys.prefix}
    done = dev("run", "--out", str(out), folder=tmp_path, **screenless)
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(list(out.glob("*.wav"))) >= 2
    with Image.open(out / "spectrograms.png") as picture:
        assert picture.width > 900
    assert str(out) in done.stdout
    assert done.stderr == "" or "Traceback" not in done.stderr
