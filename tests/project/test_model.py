"""A thousand random things a person does, against a plain list."""

import random
from dataclasses import replace
from types import SimpleNamespace

import pytest

from stemstudio.core.errors import NoRoom
from stemstudio.project import session as session_module
from stemstudio.project.document import ClipRef, Marker, Patch, Project, Stem, Strip, Track, with_stem, with_track
from stemstudio.project.history import MERGE_S
from stemstudio.project.session import Session

OPERATIONS = 1000
CLIP = ClipRef("clip", 2, 1000, 44100)


class Model:
    """What must be true, said plainly: a list of (label, document), where we are, what was saved."""

    def __init__(self):
        self.steps = [("", Project())]
        self.at = 0
        self.saved = 0
        self.gesture = (None, 0.0)

    def edit(self, label, document, key, now):
        if document == self.steps[self.at][1]:
            return
        same = key is not None and self.gesture[0] == (key, self.at) and now - self.gesture[1] <= MERGE_S
        if same and self.at == len(self.steps) - 1 and self.saved != self.at:
            self.steps[self.at] = (label, document)
        else:
            del self.steps[self.at + 1 :]
            self.steps.append((label, document))
            self.at += 1
        if self.saved is not None and self.saved > self.at - (not same):
            self.saved = None
        self.gesture = ((key, self.at), now)


def random_edit(chance, number):
    """Return an edit that touches one random thing, or nothing at all."""

    def edit(project):
        match chance.randrange(6):
            case 0:
                return with_track(project, Track(f"t{number}", f"Sóng {number}", "/x", CLIP))
            case 1 if project.tracks:
                track = chance.choice(project.tracks)
                stems = tuple(Stem(f"{number}.{n}", n, CLIP) for n in ("vocals", "drums", "residual"))
                return with_track(project, replace(track, stems=stems))
            case 2 | 3 if project.tracks and (track := chance.choice(project.tracks)).stems:
                stem = chance.choice(track.stems)
                if chance.random() < 0.5:
                    return with_stem(project, track.id, replace(stem, patches=(*stem.patches, Patch(number, CLIP))))
                return with_stem(
                    project, track.id, replace(stem, strip=Strip(chance.uniform(-60, 12), chance.random()))
                )
            case 4 if len(project.tracks) > 3:
                return replace(project, tracks=project.tracks[1:])
            case 5:
                return project
        return replace(project, markers=(*project.markers[-5:], Marker("t", number, str(number))))

    return edit


@pytest.mark.parametrize("seed", [1, 2])
def test_a_thousand_random_changes_agree_with_a_plain_list(folder, monkeypatch, seed):
    chance = random.Random(seed)
    now = [1000.0]
    monkeypatch.setattr(session_module, "time", SimpleNamespace(time=lambda: now[0]))
    session, model = Session.create(folder), Model()

    for number in range(OPERATIONS // 2):
        now[0] += chance.choice((0.1, 0.1, 0.1, 3.0))
        match chance.choices(("edit", "undo", "redo", "jump", "save", "full", "reopen"), (50, 18, 12, 6, 4, 4, 3))[0]:
            case "edit":
                key = chance.choice((None, "", "gain", "pan"))
                document = random_edit(chance, number)(session.project)
                session.edit(f"Edit {number}", lambda _, d=document: d, key)
                model.edit(f"Edit {number}", document, key or None, now[0])
            case "undo":
                session.undo()
                model.at = max(model.at - 1, 0)
            case "redo":
                session.redo()
                model.at = min(model.at + 1, len(model.steps) - 1)
            case "jump":
                index = chance.randrange(len(model.steps))
                session.jump(index)
                model.at = index
            case "save":
                session.mark_saved()
                model.saved = model.at
            case "full":
                fail_for_want_of_room(session)
            case "reopen":
                session.close()
                session = Session.open(folder)
        history = session.history
        assert (history.index, history.saved, history.project) == (model.at, model.saved, model.steps[model.at][1])
        if number % 50 == 0:
            assert [(step.label, step.project) for step in history.steps] == model.steps

    session.close()
    session = Session.open(folder)
    assert [(step.label, step.project) for step in session.history.steps] == model.steps
    assert session.is_dirty == (model.saved != model.at)
    session.close()


def fail_for_want_of_room(session):
    connection = session._store._connection
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(NoRoom):
        session.edit("Too much", lambda _: Project(markers=(Marker("t", 1, "x" * 1_000_000),)))
    connection.execute("PRAGMA max_page_count = 1000000")
