"""Jobs run elsewhere, end in one callback each, can be stopped, and leave no thread behind."""

import gc
import sys
import threading
import time
import weakref

import pytest

from stemstudio.core.errors import Cancelled, InternalError, NoRoom, UserError
from stemstudio.jobs.job import Job, Lane
from stemstudio.jobs.lanes import WIDTHS
from stemstudio.jobs.runner import JobState, Runner

PATIENCE_S = 20.0


class Desk:
    """A main thread that answers every wake with a delivery, and notes what it was told."""

    def __init__(self):
        self.woken = threading.Event()
        self.runner = Runner(self.woken.set)
        self.told = []

    def submit(self, work, lane=Lane.CPU, title="A job"):
        job = Job(title, lane, work)
        note = self.told.append
        return self.runner.submit(
            job, lambda r: note(("done", r)), lambda e: note(("error", e)), lambda: note(("cancelled", job.id))
        )

    def settle(self):
        deadline = time.monotonic() + PATIENCE_S
        while self.runner.running():
            assert self.woken.wait(max(0, deadline - time.monotonic())), "no wake came"
            self.woken.clear()
            self.runner.deliver()


@pytest.fixture
def desk():
    made = Desk()
    yield made
    assert made.runner.close()
    assert not [t for t in threading.enumerate() if t.name.startswith("job-")]


def until_cancelled(started=None):
    def work(reporter):
        while True:
            reporter.update(0.5, "Working")
            if started:
                started.set()
            time.sleep(0.002)

    return work


def test_result_arrives_on_the_thread_that_delivers(desk):
    seen = {}

    def work(reporter):
        seen["work"] = threading.current_thread()
        reporter.update(0.3, "Halfway")
        return 42

    def done(result):
        seen["done"] = threading.current_thread()
        seen["result"] = result

    desk.runner.submit(Job("Count", Lane.IO, work), done)
    desk.settle()
    assert seen["result"] == 42
    assert seen["work"].name == "job-io"
    assert seen["work"].daemon
    assert seen["done"] is threading.current_thread()


def test_no_callback_runs_outside_deliver(desk):
    desk.submit(lambda _: 1)
    assert desk.woken.wait(PATIENCE_S)
    assert desk.told == []
    assert [view.state for view in desk.runner.running()] == [JobState.FINISHED]
    desk.runner.deliver()
    assert desk.told == [("done", 1)]
    assert desk.runner.running() == ()


def test_progress_can_be_polled_while_a_job_runs(desk):
    started, go_on = threading.Event(), threading.Event()

    def work(reporter):
        reporter.part(0.5, 1.0).update(0.5, "Third verse")
        started.set()
        go_on.wait(PATIENCE_S)

    desk.submit(work, Lane.SEPARATE, "Separating")
    desk.submit(lambda _: None, Lane.SEPARATE, "Next")
    assert started.wait(PATIENCE_S)
    first, second = desk.runner.running()
    assert (first.title, first.fraction, first.message) == ("Separating", 0.75, "Third verse")
    assert (first.state, second.state) == (JobState.RUNNING, JobState.WAITING)
    assert first.seconds > 0
    assert second.seconds == 0
    go_on.set()
    desk.settle()


@pytest.mark.parametrize("lane", [lane for lane in Lane if lane is not Lane.PREVIEW])
def test_a_lane_runs_as_many_at_once_as_it_is_wide(desk, lane):
    lock, at_once, most = threading.Lock(), [0], [0]

    def work(_):
        with lock:
            at_once[0] += 1
            most[0] = max(most[0], at_once[0])
        time.sleep(0.03)
        with lock:
            at_once[0] -= 1

    for _ in range(WIDTHS[lane] * 3):
        desk.submit(work, lane)
    desk.settle()
    assert most[0] == WIDTHS[lane]
    assert len(desk.told) == WIDTHS[lane] * 3


def test_lanes_do_not_wait_for_each_other(desk):
    started = threading.Event()
    long = desk.submit(until_cancelled(started), Lane.SEPARATE)
    assert started.wait(PATIENCE_S)
    quick = threading.Event()
    desk.submit(lambda _: quick.set(), Lane.IO)
    assert quick.wait(PATIENCE_S)
    long.cancel()
    desk.settle()


def test_jobs_of_a_lane_run_in_the_order_in_which_they_came(desk):
    order = []
    for number in range(20):
        desk.submit(lambda _, n=number: order.append(n), Lane.SEPARATE)
    desk.settle()
    assert order == list(range(20))


def test_the_newest_preview_takes_the_place_of_older_ones(desk):
    started, ran = threading.Event(), []
    old = desk.submit(until_cancelled(started), Lane.PREVIEW)
    assert started.wait(PATIENCE_S)
    middle = desk.submit(lambda _: ran.append("middle"), Lane.PREVIEW)
    desk.submit(lambda _: ran.append("newest"), Lane.PREVIEW)
    desk.settle()
    assert ran == ["newest"]
    assert sorted(desk.told[:2]) == sorted([("cancelled", old.id), ("cancelled", middle.id)])
    assert desk.told[2] == ("done", None)


def test_a_waiting_job_is_cancelled_at_once(desk):
    started = threading.Event()
    running = desk.submit(until_cancelled(started), Lane.SEPARATE)
    assert started.wait(PATIENCE_S)
    waiting = desk.submit(lambda _: pytest.fail("it ran"), Lane.SEPARATE)
    desk.woken.clear()
    assert waiting.cancel()
    assert desk.woken.is_set()
    desk.runner.deliver()
    assert desk.told == [("cancelled", waiting.id)]
    assert [view.id for view in desk.runner.running()] == [running.id]
    running.cancel()
    desk.settle()


def test_a_running_job_is_cancelled_at_its_next_report(desk):
    started = threading.Event()
    ticket = desk.submit(until_cancelled(started))
    assert started.wait(PATIENCE_S)
    assert ticket.cancel()
    assert desk.runner.running()[0].state in (JobState.STOPPING, JobState.FINISHED)
    desk.settle()
    assert desk.told == [("cancelled", ticket.id)]
    assert not ticket.cancel()


def test_the_result_of_a_cancelled_job_is_dropped_however_late_the_cancel_comes(desk):
    ticket = desk.submit(lambda _: "stale")
    assert desk.woken.wait(PATIENCE_S)
    assert ticket.cancel()
    desk.settle()
    assert desk.told == [("cancelled", ticket.id)]


def test_the_result_of_a_job_that_did_not_hear_the_cancel_is_dropped(desk):
    started, go_on = threading.Event(), threading.Event()

    def deaf(_):
        started.set()
        assert go_on.wait(PATIENCE_S)
        return "stale"

    ticket = desk.submit(deaf)
    assert started.wait(PATIENCE_S)
    ticket.cancel()
    go_on.set()
    desk.settle()
    assert desk.told == [("cancelled", ticket.id)]


def test_what_a_cancelled_job_trips_over_is_not_an_error(desk):
    started = threading.Event()

    def work(reporter):
        try:
            until_cancelled(started)(reporter)
        except Cancelled:
            raise NoRoom("The disk is full.", "Free some space.") from None

    ticket = desk.submit(work)
    assert started.wait(PATIENCE_S)
    ticket.cancel()
    desk.settle()
    assert desk.told == [("cancelled", ticket.id)]


def test_a_user_error_arrives_as_it_is_and_holds_no_frames(desk):
    error = NoRoom("The disk is full.", "Free some space.")

    def work(_):
        raise error

    desk.submit(work)
    desk.settle()
    assert desk.told == [("error", error)]
    assert (error.what, error.todo) == ("The disk is full.", "Free some space.")
    assert error.__traceback__ is None


def test_a_defect_arrives_as_a_report(desk):
    def work(_):
        return {}["missing key"]

    desk.submit(work, title="Separating “Song”")
    desk.settle()
    [(kind, error)] = desk.told
    assert kind == "error"
    assert isinstance(error, InternalError)
    assert "Separating “Song”" in error.what
    for part in ("KeyError", "missing key", "test_runner.py", "StemStudio 0", "Python 3"):
        assert part in error.report


@pytest.mark.parametrize("defect", [SystemExit, KeyboardInterrupt, GeneratorExit])
def test_nothing_that_a_job_raises_ends_its_lane(desk, defect):
    def work(_):
        raise defect

    desk.submit(work, Lane.SEPARATE)
    desk.submit(lambda _: "alive", Lane.SEPARATE)
    desk.settle()
    assert isinstance(desk.told[0][1], InternalError)
    assert desk.told[1] == ("done", "alive")


def test_no_memory_is_something_a_person_can_mend(desk):
    def work(_):
        raise MemoryError

    desk.submit(work)
    desk.settle()
    [(_, error)] = desk.told
    assert isinstance(error, UserError)
    assert "memory" in error.what


def test_what_applying_a_result_raises_is_an_error_of_the_job(desk):
    errors = []

    def full(_):
        raise NoRoom("The disk is full.", "Free some space.")

    desk.runner.submit(Job("Open", Lane.IO, lambda _: 1), full, errors.append)
    desk.runner.submit(Job("Open", Lane.IO, lambda _: 1), lambda _: 1 / 0, errors.append)
    desk.settle()
    assert {type(error) for error in errors} == {NoRoom, InternalError}


def test_an_error_nobody_asked_for_is_raised_and_the_others_are_still_told(desk):
    def work(_):
        raise NoRoom("The disk is full.")

    desk.runner.submit(Job("First", Lane.SEPARATE, work), print)
    desk.submit(lambda _: "second", Lane.SEPARATE)
    deadline = time.monotonic() + PATIENCE_S
    while {view.state for view in desk.runner.running()} != {JobState.FINISHED}:
        assert time.monotonic() < deadline
        time.sleep(0.002)
    desk.woken.clear()
    with pytest.raises(NoRoom):
        desk.runner.deliver()
    assert desk.woken.is_set()
    desk.settle()
    assert desk.told == [("done", "second")]


def test_a_result_is_not_kept_after_it_was_delivered(desk):
    class Song:
        pass

    made = []

    def work(_):
        song = Song()
        made.append(weakref.ref(song))
        return song

    desk.runner.submit(Job("Read", Lane.IO, work), lambda _: None)
    desk.settle()
    assert desk.runner._lanes.join(PATIENCE_S)
    gc.collect()
    assert made[0]() is None


def test_a_callback_may_submit_the_next_job(desk):
    desk.runner.submit(Job("First", Lane.IO, lambda _: 1), lambda r: desk.submit(lambda _: r + 1))
    desk.settle()
    assert desk.told == [("done", 2)]


def test_a_thousand_jobs_from_several_threads_end_once_each(desk):
    def submit_some(lane):
        for number in range(250):
            ticket = desk.submit(lambda _, n=number: n, lane)
            if number % 3 == 0:
                ticket.cancel()

    lanes = (Lane.CPU, Lane.IO, Lane.SEPARATE, Lane.CPU)
    threads = [threading.Thread(target=submit_some, args=(lane,)) for lane in lanes]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        desk.settle()
    finally:
        sys.setswitchinterval(interval)
    assert len(desk.told) == 1000
    assert sum(kind == "cancelled" for kind, _ in desk.told) == 4 * 84


def test_close_stops_everything_and_tells_nobody():
    desk = Desk()
    started = threading.Event()
    desk.submit(until_cancelled(started), Lane.SEPARATE)
    desk.submit(lambda _: pytest.fail("it ran"), Lane.SEPARATE)
    assert started.wait(PATIENCE_S)
    assert desk.runner.close()
    assert not [t for t in threading.enumerate() if t.name.startswith("job-")]
    desk.runner.deliver()
    assert desk.told == []
    assert desk.runner.running() == ()
    with pytest.raises(RuntimeError):
        desk.submit(lambda _: None)
    assert desk.runner.close()


def test_a_job_that_never_reports_cannot_hold_up_the_close():
    desk = Desk()
    started, release = threading.Event(), threading.Event()

    def deaf(_):
        started.set()
        release.wait(PATIENCE_S)

    desk.submit(deaf)
    assert started.wait(PATIENCE_S)
    desk.woken.clear()
    assert not desk.runner.close(timeout_s=0.05)
    release.set()
    assert desk.runner._lanes.join(PATIENCE_S)
    assert not desk.woken.is_set(), "a closed runner wakes nobody"
