"""Projects with real clips, in a home of their own."""

from dataclasses import replace

import numpy as np
import pytest

from stemstudio.project.document import ClipRef, Stem, Track, with_track
from stemstudio.project.session import Session

RATE = 8000


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """Where this test's unsaved projects are."""
    monkeypatch.setenv("STEMSTUDIO_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def folder(tmp_path):
    """Where a project may be made."""
    return tmp_path / "Sönge & more.stemstudio"


@pytest.fixture
def session(folder):
    """An empty project."""
    made = Session.create(folder)
    yield made
    made.close()


@pytest.fixture
def make_clip():
    """Write a clip of a constant into a store."""

    def make(store, value=0.5, frames=100, channels=2):
        with store.create(channels, frames, RATE) as writer:
            writer.write(0, np.full((channels, frames), value, np.float32))
            return ClipRef(writer.finish(), channels, frames, RATE)

    return make


@pytest.fixture
def add_song(make_clip):
    """Open a song in a session, and separate it into stems of the given names."""

    def add(session, title="Song", stems=("vocals", "residual"), seconds=0.1):
        track = Track(title, title, f"/music/{title}.flac", make_clip(session.clips, frames=int(seconds * RATE)))
        session.edit(f"Open {title}", lambda project: with_track(project, track))
        if stems:
            made = tuple(Stem(f"{title}/{name}", name, make_clip(session.clips)) for name in stems)
            session.edit("Separate", lambda project: with_track(project, replace(project.track(title), stems=made)))
        return session.project.track(title)

    return add


@pytest.fixture
def set_gain():
    """Move the gain of the first stem of the first track."""

    def move(session, gain_db, merge_key=None):
        def edit(project):
            track = project.tracks[0]
            stem = track.stems[0]
            stem = replace(stem, strip=replace(stem.strip, gain_db=gain_db))
            return with_track(project, replace(track, stems=(stem, *track.stems[1:])))

        session.edit("Move gain", edit, merge_key)

    return move
