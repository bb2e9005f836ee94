"""Repairs as a person makes them: real clips, a real project on disk, the stems as they come out."""

import random
from dataclasses import replace

import numpy as np
import pytest

from stemstudio.core.errors import BadInput
from stemstudio.core.progress import Progress
from stemstudio.operations.graph import clip_source, null_db, stem_source, track_mix
from stemstudio.operations.repair_actions import REPAIR, RESEPARATE, SEND, SPLIT, SWAP, carry_out, title
from stemstudio.operations.repairing import EDITED_SONG, preview_task, repair_track, with_stems
from stemstudio.operations.replaying import replay
from stemstudio.project.document import ClipRef, Repair, Stem, Track, with_track
from stemstudio.project.session import Session
from stemstudio.repair.selection import Selection

RATE = 22050
FRAMES = 4 * RATE
REACH = 2048
"""Half of the longest window in frames, how far beside a selection a repair may reach."""


def written(clips, samples):
    channels, frames = samples.shape
    with clips.create(channels, frames, RATE) as writer:
        writer.write(0, samples)
        return ClipRef(writer.finish(), channels, frames, RATE)


def sounds():
    rng = np.random.default_rng(5)
    t = np.arange(FRAMES) / RATE
    vocals = np.stack([0.3 * np.sin(2 * np.pi * 660 * t), 0.2 * np.sin(2 * np.pi * 660 * t + 1)])
    drums = 0.3 * rng.standard_normal((2, FRAMES)) * (np.modf(t * 2)[0] < 0.1)
    residual = 0.001 * rng.standard_normal((2, FRAMES))
    return {name: each.astype(np.float32) for name, each in zip(("vocals", "drums", "residual"),
                                                               (vocals, drums, residual), strict=True)}  # fmt: skip


@pytest.fixture
def session(tmp_path):
    session = Session.create(tmp_path / "song.stemstudio")
    made = sounds()
    mixture = written(session.clips, sum(made.values()))
    stems = tuple(Stem(name, name, written(session.clips, samples)) for name, samples in made.items())
    session.edit("Open", lambda project: with_track(project, Track("t", "A song", "", mixture, stems)))
    yield session
    session.close()


def box(first_s, last_s, low_hz=300.0, high_hz=2000.0):
    return Selection.box(RATE, first_s * RATE, last_s * RATE, low_hz, high_hz).to_text()


def do(session, task):
    operation = repair_track(session.project.track("t"), session.clips, task)
    result = operation.job.work(Progress())
    session.edit(operation.label, lambda project: operation.apply(project, result))


def heard(session, name):
    stem = next(stem for stem in session.project.track("t").stems if stem.name == name)
    return stem_source(stem, session.clips).read(0, FRAMES)


def sum_db(session):
    track = session.project.track("t")
    stems = [stem_source(stem, session.clips) for stem in track.stems]
    return null_db(clip_source(track.mixture, session.clips), stems)


@pytest.mark.parametrize(
    ("task", "changed"),
    [
        (Repair(REPAIR, "vocals", box(1, 2), "residual", "erase"), {"vocals", "residual"}),
        (Repair(REPAIR, "vocals", box(1, 2), "drums", "gain", (("gain_db", -12.0),)), {"vocals", "drums"}),
        (Repair(SEND, "drums", box(1, 2), "vocals"), {"vocals", "drums"}),
        (Repair(SWAP, "drums", box(1, 2), "vocals"), {"vocals", "drums"}),
        (Repair(SPLIT, "drums", box(1, 2), "hi-hat"), {"hi-hat", "drums"}),
    ],
)
def test_the_stems_stay_the_mix_and_nothing_else_changes(session, task, changed):
    before = {stem.name: heard(session, stem.name) for stem in session.project.track("t").stems}
    do(session, task)
    names = [stem.name for stem in session.project.track("t").stems]
    assert names[-1] == "residual"
    assert sum_db(session) < -130
    for name in names:
        old, new = before.get(name, np.zeros((2, FRAMES), np.float32)), heard(session, name)
        assert (name in changed) == bool((old != new).any())
        assert np.array_equal(old[:, : RATE - REACH], new[:, : RATE - REACH])
        assert np.array_equal(old[:, 2 * RATE + REACH :], new[:, 2 * RATE + REACH :])
    session.undo()
    for name, old in before.items():
        assert np.array_equal(heard(session, name), old)
    session.redo()
    assert sum_db(session) < -130


def test_what_is_taken_out_of_the_song_is_gone(session):
    do(session, Repair(REPAIR, "vocals", box(1, 2), "", "erase"))
    assert np.abs(heard(session, "vocals")[:, round(1.3 * RATE) : round(1.7 * RATE)]).max() < 1e-3
    assert sum_db(session) > -40


def test_what_is_sent_arrives(session):
    do(session, Repair(SEND, "vocals", box(1, 2), "drums"))
    inside = slice(round(1.3 * RATE), round(1.7 * RATE))
    made = sounds()
    np.testing.assert_allclose(
        heard(session, "drums")[:, inside], (made["drums"] + made["vocals"])[:, inside], atol=2e-3
    )


def test_swapping_twice_is_nothing_but_for_the_fades(session):
    for _ in range(2):
        do(session, Repair(SWAP, "vocals", box(1, 2, 0, RATE / 2), "drums"))
    outside_the_fades = np.ones(FRAMES, bool)
    for end in (RATE, 2 * RATE):
        outside_the_fades[end - 200 : end + 200] = False
    np.testing.assert_allclose(
        heard(session, "vocals")[:, outside_the_fades], sounds()["vocals"][:, outside_the_fades], atol=1e-6
    )


def test_a_selection_is_separated_again(session):
    track = session.project.track("t")
    stems = tuple(replace(stem, name={"vocals": "harmonic", "drums": "percussive"}.get(stem.name, stem.name))
                  for stem in track.stems)  # fmt: skip
    session.edit("Name", lambda project: with_track(project, replace(track, stems=stems)))
    do(session, Repair(RESEPARATE, "harmonic", box(1, 2), "", "hpss"))
    assert sum_db(session) < -130
    assert not np.array_equal(heard(session, "percussive"), sounds()["drums"])
    with pytest.raises(BadInput, match="other stems"):
        do(session, Repair(RESEPARATE, "harmonic", box(1, 2), "", "center"))


def test_a_song_without_stems_gets_one_to_repair(session):
    track = replace(session.project.track("t"), stems=())
    session.edit("Forget", lambda project: with_track(project, track))
    do(session, Repair(REPAIR, EDITED_SONG, box(1, 2), "residual", "erase"))
    assert [stem.name for stem in session.project.track("t").stems] == [EDITED_SONG, "residual"]
    assert sum_db(session) < -130
    session.undo()
    assert session.project.track("t").stems == ()


def test_a_repair_of_what_was_changed_meanwhile_is_refused(session):
    slow = repair_track(session.project.track("t"), session.clips, Repair(REPAIR, "vocals", box(1, 2), "", "erase"))
    patches = slow.job.work(Progress())
    do(session, Repair(REPAIR, "vocals", box(1.5, 1.6), "", "gain"))
    with pytest.raises(BadInput, match="changed while"):
        session.edit(slow.label, lambda project: slow.apply(project, patches))
    do(session, Repair(REPAIR, "vocals", box(1, 2), "", "erase"))


def test_a_repair_elsewhere_does_not_matter(session):
    slow = repair_track(session.project.track("t"), session.clips, Repair(REPAIR, "vocals", box(1, 2), "", "erase"))
    patches = slow.job.work(Progress())
    do(session, Repair(REPAIR, "vocals", box(3, 3.2), "", "gain"))
    session.edit(slow.label, lambda project: slow.apply(project, patches))
    assert len(session.project.track("t").repairs) == 2


def test_what_was_previewed_is_what_is_applied(session):
    track, task = session.project.track("t"), Repair(REPAIR, "vocals", box(1, 2), "residual", "gain")
    passages = preview_task(track, session.clips, task).work(Progress())
    operation = repair_track(track, session.clips, task, passages)
    session.edit(operation.label, lambda project: operation.apply(project, operation.job.work(Progress())))
    start = passages["vocals"].start
    mix = track_mix(session.project.track("t"), session.clips).read(0, FRAMES)
    np.testing.assert_array_equal(
        heard(session, "vocals")[:, start : start + passages["vocals"].samples.shape[1]], passages["vocals"].samples
    )
    np.testing.assert_allclose(mix, sum(sounds().values()), atol=1e-6)


@pytest.mark.parametrize(
    ("task", "words"),
    [
        (Repair(REPAIR, "piano", box(1, 2), "", "erase"), "Piano"),
        (Repair(SEND, "vocals", box(1, 2), "piano"), "Piano"),
        (Repair(SPLIT, "vocals", box(1, 2), "drums"), "already"),
        (Repair(REPAIR, "vocals", box(1, 2), "", "polish"), "polish"),
        (Repair(REPAIR, "vocals", box(9, 10), "", "erase"), "outside"),
        (Repair("polish", "vocals", box(1, 2), ""), "polish"),
        (Repair(REPAIR, "residual", box(1, 2), "residual", "erase"), "itself"),
        (Repair(SEND, "vocals", box(1, 2), "vocals"), "itself"),
        (Repair(SWAP, "vocals", box(1, 2), "vocals"), "itself"),
        (Repair(SEND, "vocals", box(1, 2), ""), "no name"),
        (Repair(SWAP, "vocals", box(1, 2), ""), "no name"),
        (Repair(SPLIT, "vocals", box(1, 2), ""), "no name"),
        (Repair(SPLIT, "vocals", box(1, 2), "mixture"), "song itself"),
        (Repair(RESEPARATE, "vocals", box(9, 10), "", "hpss"), "outside"),
        (Repair(RESEPARATE, "vocals", Selection(RATE).to_text(), "", "hpss"), "Nothing"),
    ],
)
def test_nonsense_is_refused_in_words(session, task, words):
    stems = {stem.name: stem_source(stem, session.clips) for stem in session.project.track("t").stems}
    mixture = clip_source(session.project.track("t").mixture, session.clips)
    with pytest.raises(BadInput, match=words):
        carry_out(task, stems, mixture, Progress())
    assert len(session.project.track("t").repairs) == 0


def test_titles_say_what_where(session):
    assert title(Repair(REPAIR, "vocals", box(1, 2), "residual", "erase")) == "Erase · Vocals 0:01.0"
    assert title(Repair(SEND, "other", box(1.26, 2), "drums")) == "Send to drums · Other 0:01.3"


def test_a_thousand_random_edits_undos_and_redos_end_where_a_plain_model_says(session):
    """The model: a list of plain arrays per stem, one per step, on which the same action is carried out."""
    chance = random.Random(11)
    names = ["vocals", "drums", "residual"]
    steps, at = [sounds()], 0
    mixture = sum(sounds().values())
    for number in range(1000):
        dice = chance.random()
        if dice < 0.3:
            session.undo()
            at = max(at - 1, 0)
        elif dice < 0.5:
            session.redo()
            at = min(at + 1, len(steps) - 1)
        else:
            start = chance.uniform(0, 3.9)
            action = chance.choice((REPAIR, REPAIR, SEND, SWAP))
            stem, other = chance.sample(names, 2)
            where = box(start, start + chance.uniform(0.001, 0.1), chance.uniform(0, 3000), chance.uniform(3000, 9000))
            method, values = chance.choice((("erase", ()), ("gain", (("gain_db", chance.uniform(-20, 3)),))))
            task = Repair(action, stem, where, other, *((method, values) if action == REPAIR else ()))
            do(session, task)
            steps[at + 1 :] = [_plainly(task, steps[at], mixture)]
            at += 1
        if number % 100 == 99:
            for name in names:
                assert np.array_equal(heard(session, name), steps[at][name]), f"{name} after {number}"
            assert len(session.project.track("t").repairs) == at
            assert sum_db(session) < -120
    folder = session.folder
    session.close()
    again = Session.open(folder)
    for name in names:
        assert np.array_equal(heard(again, name), steps[at][name])
    again.close()


def _plainly(task, stems, mixture):
    from stemstudio.core.buffer import AudioBuffer

    sources = {name: AudioBuffer(samples, RATE) for name, samples in stems.items()}
    after = {name: samples.copy() for name, samples in stems.items()}
    for name, passage in carry_out(task, sources, AudioBuffer(mixture, RATE), Progress()).items():
        after[name][:, passage.start : passage.start + passage.samples.shape[1]] = passage.samples
    return after


def test_the_edits_of_a_project_are_done_again(session):
    for task in (
        Repair(REPAIR, "vocals", box(1, 2), "residual", "erase"),
        Repair(SPLIT, "drums", box(2, 3), "hi-hat"),
        Repair(SEND, "hi-hat", box(2, 2.5), "vocals"),
    ):
        do(session, task)
    track = session.project.track("t")
    stems = {stem.name: stem.clip for stem in track.stems if stem.name != "hi-hat"}
    again = replay(track.repairs, stems, track.mixture, session.clips, Progress())
    for name in ("vocals", "drums", "residual", "hi-hat"):
        assert np.array_equal(again[name].read(0, FRAMES), heard(session, name))
    with pytest.raises(BadInput, match="Edit 2"):
        replay(
            track.repairs, {k: v for k, v in stems.items() if k != "drums"}, track.mixture, session.clips, Progress()
        )


def test_with_stems_leaves_a_separated_song_alone(session):
    track = session.project.track("t")
    assert with_stems(track) is track
