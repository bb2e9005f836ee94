"""A person who never stops, as a program to be killed: run by test_kill.py.

Says what the history will be before each change (``try``) and again after the call has returned (``done``), one JSON
object per line. Every step has a clip of its own that holds the step's number as its samples.
"""

import json
import random
import sys
from pathlib import Path

import numpy as np

from stemstudio.core.progress import Progress
from stemstudio.project.document import ClipRef, Track, with_track
from stemstudio.project.session import Session

FRAMES = 500


def say(word, labels, index):
    sys.stdout.write(json.dumps({"word": word, "labels": labels, "index": index}) + "\n")
    sys.stdout.flush()


def write_clip(session, number):
    with session.clips.create(1, FRAMES, 8000) as writer:
        writer.write(0, np.full((1, FRAMES), number, np.float32))
        return ClipRef(writer.finish(), 1, FRAMES, 8000)


def live(folder, chance):
    session = Session.open(folder) if folder.exists() else Session.create(folder)
    number = 1 + max((int(label) for label in session.history.labels if label), default=0)
    say("done", session.history.labels, session.history.index)
    while True:
        history = session.history
        kind = chance.choices(("edit", "undo", "redo", "jump", "reopen", "orphan"), (60, 15, 10, 5, 8, 5))[0]
        if kind == "edit":
            clip = write_clip(session, number)
            labels = (*history.labels[: history.index + 1], str(number))
            say("try", labels, len(labels) - 1)
            track = Track(str(number), str(number), "", clip)
            session.edit(str(number), lambda project, t=track: with_track(project, t))
            number += 1
        elif kind == "reopen":
            session.close()
            session = Session.open(folder)
        elif kind == "orphan":
            write_clip(session, -1)
        else:
            index = {
                "undo": max(history.index - 1, 0),
                "redo": min(history.index + 1, len(history.steps) - 1),
                "jump": chance.randrange(len(history.steps)),
            }[kind]
            say("try", history.labels, index)
            session.jump(index)
        say("done", session.history.labels, session.history.index)


def save_on(folder, target):
    session = Session.open(folder)
    say("done", session.history.labels, session.history.index)
    session.save_as(target, Progress())
    say("saved", session.history.labels, session.history.index)
    session.close()


if __name__ == "__main__":
    if len(sys.argv) == 3:
        live(Path(sys.argv[1]), random.Random(int(sys.argv[2])))
    else:
        save_on(Path(sys.argv[1]), Path(sys.argv[3]))
