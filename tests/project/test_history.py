"""The history is a value: steps that share structure, gestures that merge, a present and a saved mark."""

import pytest

from stemstudio.project.document import Marker, Project
from stemstudio.project.history import MERGE_S, History


def document(number):
    return Project(markers=(Marker("t", number, str(number)),))


def pushed(count):
    history = History.beginning(document(0))
    for number in range(1, count + 1):
        history = history.push(f"Step {number}", document(number), when_s=float(number))
    return history


def test_the_beginning_can_neither_be_undone_nor_redone():
    history = History.beginning(document(0))
    assert (history.can_undo, history.can_redo, history.undo_label, history.redo_label) == (False, False, "", "")
    assert history.undo() == history == history.redo()
    assert history.labels == ("",)


def test_undo_and_redo_walk_the_documents():
    history = pushed(3)
    back = history.undo().undo()
    assert back.project == document(1)
    assert (back.undo_label, back.redo_label) == ("Step 1", "Step 2")
    assert back.redo().project == document(2)
    assert history.project == document(3), "a history is a value: going back made another one"


def test_jump_goes_anywhere_and_nowhere_else():
    assert pushed(5).jump(2).project == document(2)
    for index in (-1, 6):
        with pytest.raises(IndexError):
            pushed(5).jump(index)


def test_a_new_step_drops_what_was_taken_back():
    history = pushed(3).jump(1).push("Other", document(9))
    assert history.labels == ("", "Step 1", "Other")
    assert not history.can_redo


def test_the_changes_of_a_gesture_are_one_step():
    history = pushed(1)
    for change in range(50):
        history = history.push("Move gain", document(100 + change), "gain:vocals", when_s=10.0 + 0.1 * change)
    assert history.labels == ("", "Step 1", "Move gain")
    assert history.project == document(149)
    assert history.undo().project == document(1)


def test_what_is_no_gesture_is_not_merged():
    history = pushed(0).push("Move gain", document(1), "gain:vocals", when_s=10.0)
    for label, merge_key, when_s in (
        ("another key", "gain:drums", 10.1),
        ("no key", None, 10.1),
        ("an empty key", "", 10.1),
        ("later", "gain:vocals", 10.0 + MERGE_S + 0.1),
    ):
        assert len(history.push(label, document(2), merge_key, when_s).steps) == 3, label
    undone = history.push("Move pan", document(2), "pan", 10.1).undo()
    assert undone.push("Move gain", document(3), "gain:vocals", 10.2).labels == ("", "Move gain", "Move gain")
    without_key = pushed(0).push("Cut", document(1), "", 10.0)
    assert len(without_key.push("Cut", document(2), "", 10.1).steps) == 3


def test_a_gesture_never_swallows_the_saved_step():
    history = pushed(0).push("Move gain", document(1), "gain", 10.0).mark_saved()
    history = history.push("Move gain", document(2), "gain", 10.1)
    assert history.saved == 1
    assert history.undo().project == document(1)


def test_the_saved_mark_stays_with_its_document():
    history = pushed(3).mark_saved()
    assert history.saved == 3
    assert history.undo().saved == 3
    assert history.push("More", document(4)).saved == 3
    assert history.undo().push("Other", document(5)).saved is None


def test_steps_share_what_they_have_in_common():
    history = pushed(3)
    longer = history.push("More", document(4))
    assert all(old is new for old, new in zip(history.steps, longer.steps, strict=False))
