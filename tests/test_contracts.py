"""What must be true of the whole tree: its layers, its style, what it imports and what it never does."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = sorted((ROOT / "stemstudio").rglob("*.py"))
LONGEST_FILE = 400
HEAVY = {
    "av",
    "librosa",
    "matplotlib",
    "numba",
    "pedalboard",
    "scipy.signal",
    "soundfile",
    "soxr",
    "torch",
    "torchaudio",
}
IDS = [path.relative_to(ROOT).as_posix() for path in PACKAGE]


def run(*command):
    """Run a tool of this environment in the repository; its output is what a failed test shows."""
    tool = shutil.which(command[0], path=Path(sys.executable).parent)
    assert tool, f"{command[0]} is not installed"
    environment = os.environ | {"NO_COLOR": "1"}
    done = subprocess.run(
        [tool, *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False, env=environment, timeout=280
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_rooms_import_only_what_lies_below_them():
    run("lint-imports", "--no-cache")


def test_style():
    run("ruff", "check", "--no-cache", ".")


def test_format():
    run("ruff", "format", "--no-cache", "--check", ".")


@pytest.mark.slow
def test_types():
    run("mypy")


def imported_by(module):
    """Modules that are there after nothing but `module` was imported."""
    program = f"import sys, {module}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(done.stdout.split())


def test_the_window_starts_without_heavy_libraries():
    loaded = imported_by("stemstudio.app, stemstudio.ui.main_window")
    assert "PySide6.QtWidgets" in loaded
    assert not loaded & HEAVY


def test_the_command_line_starts_without_heavy_libraries_and_without_qt():
    loaded = imported_by("stemstudio.cli")
    assert "stemstudio.core.errors" in loaded
    assert not loaded & (HEAVY | {"PySide6", "pyqtgraph"})


@pytest.mark.parametrize("path", PACKAGE, ids=IDS)
def test_a_file_holds_one_idea(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_FILE
    assert path.stem.strip("_") not in {"utils", "util", "misc", "helpers", "common", "manager"}


def offences(tree):
    """What this package never does, found in one file's syntax."""
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(attr="processEvents"):
                yield node.lineno, "processEvents lets a handler run inside another"
            case ast.ClassDef(bases=bases) if any(ast.unparse(base).endswith("QThread") for base in bases):
                yield node.lineno, "a QThread that is subclassed has its methods in two threads"
            case ast.Import(names=names) if any(name.name.split(".")[0] in UNSAFE for name in names):
                yield node.lineno, "unpickling runs code of whoever wrote the file"
            case ast.ImportFrom(module=str(module)) if module.split(".")[0] in UNSAFE:
                yield node.lineno, "unpickling runs code of whoever wrote the file"
            case ast.Call(func=ast.Attribute(value=ast.Name(id="torch"), attr="load"), keywords=keywords):
                if not any(word.arg == "weights_only" and ast.unparse(word.value) == "True" for word in keywords):
                    yield node.lineno, "torch.load without weights_only=True runs code of whoever wrote the file"
            case ast.Call(func=ast.Attribute(attr="load"), keywords=keywords) if any(
                word.arg == "allow_pickle" and ast.unparse(word.value) != "False" for word in keywords
            ):
                yield node.lineno, "unpickling runs code of whoever wrote the file"


UNSAFE = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}


@pytest.mark.parametrize("path", PACKAGE, ids=IDS)
def test_the_package_never_does_these(path):
    assert list(offences(ast.parse(path.read_text(encoding="utf-8")))) == []


@pytest.mark.parametrize(
    "source",
    [
        "app.processEvents()",
        "class W(QtCore.QThread): ...",
        "import pickle",
        "from joblib import load",
        "torch.load(path)",
        "torch.load(path, weights_only=False)",
        "np.load(path, allow_pickle=True)",
    ],
)
def test_an_offence_is_found(source):
    assert len(list(offences(ast.parse(source)))) == 1


def texts():
    """Text files of the repository, with their paths."""
    kinds = {
        ".py",
        ".toml",
        ".md",
        ".txt",
        ".cfg",
        ".ini",
        ".yml",
        ".yaml",
        ".json",
        ".svg",
        ".spec",
        ".desktop",
        ".xml",
        "",
    }
    made = {"__pycache__", "build", "dist", "out"}
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [
            name
            for name in folders
            if name in {".ci", ".github"} or not (name in made or name.startswith(".") or name.endswith(".egg-info"))
        ]
        for name in names:
            path = Path(folder, name)
            if path.suffix in kinds and not path.is_symlink():
                yield path, path.read_text(encoding="utf-8", errors="ignore")


# Joined here so that this file does not hold what it looks for.
FOREIGN = re.compile(
    "|".join(
        (
            "pypi" + r"\.org",
            "python" + r"hosted\.org",
            "download" + r"\.pytorch",
            "ana" + r"conda\.(org|com)",
            "registry" + r"\.npmjs",
            r"/" + "work/",
            r"/" + "root/",
            r"/" + "tmp/",
            r"/" + r"home/\w",
            r"[A-Z]:\\" + "Users",
        )
    )
)


def test_the_repository_names_no_package_index_and_no_place_on_somebodys_disk():
    found = [
        f"{path.relative_to(ROOT)}:{text[: match.start()].count(chr(10)) + 1}: {match.group()}"
        for path, text in texts()
        for match in FOREIGN.finditer(text)
    ]
    assert found == []


def test_every_folder_of_resources_and_models_travels_in_the_wheel():
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["data-files"]
    assert all(target == f"share/stemstudio/{patterns[0].removesuffix('/*')}" for target, patterns in listed.items())
    folders = {path.parent for top in ("resources", "models") for path in (ROOT / top).rglob("*") if path.is_file()}
    travelling = {ROOT / patterns[0].removesuffix("/*") for patterns in listed.values()}
    assert {folder for folder in folders if "screenshots" not in folder.parts} <= travelling
