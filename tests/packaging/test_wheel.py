"""A wheel holds the program's own files where the program finds them."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """A wheel, built as pip would but with the setuptools of this environment, and the modules it was built from."""
    modules = {path.relative_to(ROOT).as_posix() for path in (ROOT / "stemstudio").rglob("*.py")}
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    source.mkdir()
    # From links, so that nothing is built in the checkout.
    for name in ("pyproject.toml", "README.md", "LICENSE", "stemstudio", "resources", "models"):
        if (ROOT / name).exists():
            (source / name).symlink_to(ROOT / name)
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", folder, source]
    subprocess.run(command, check=True, capture_output=True)
    return next(folder.glob("*.whl")), modules


def test_an_installed_program_finds_its_files(wheel, tmp_path):
    prefix = tmp_path / "prefix"
    # Without -I, pip would take the program out of this environment first.
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "-q",
        "--no-deps",
        "--no-index",
        "-I",
        "--prefix",
        prefix,
        wheel[0],
    ]
    subprocess.run(command, check=True, capture_output=True)
    packages = next(prefix.rglob("stemstudio/__init__.py")).parents[1]
    program = (
        "from stemstudio.core.resources import resource, models_folder\n"
        "print(resource('demo', 'mixture.flac'), resource('icons', 'logo.svg'), models_folder(), sep='\\n')"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path.insert(0, {str(packages)!r})\n{program}"],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    assert all(Path(line).is_relative_to(prefix) for line in done.stdout.splitlines())
    assert len(done.stdout.splitlines()) == 3


def test_the_wheel_holds_the_whole_package(wheel):
    path, modules = wheel
    assert modules <= set(zipfile.ZipFile(path).namelist())
