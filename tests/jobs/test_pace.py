"""The time left is right for steady work, calm for unsteady work, and silent while nothing is known."""

import random

import pytest

from stemstudio.core.errors import Cancelled
from stemstudio.jobs.pace import STEP_RATIO, STEP_S, MeasuredProgress, Pace


def run(pace, speeds, tick_s=0.1):
    """Feed a task whose speed (fraction per second) at each tick is given; yields (now, fraction, left)."""
    now, fraction = 100.0, 0.0
    for speed in speeds:
        now += tick_s
        fraction = min(1.0, fraction + speed * tick_s)
        pace.note(fraction, now)
        yield now, fraction, pace.seconds_left(now)
        if fraction == 1.0:
            return


def test_nothing_is_said_before_anything_is_known():
    pace = Pace()
    assert pace.seconds_left(5.0) is None
    pace.note(0.0, 5.0)
    pace.note(0.2, 5.1)
    assert pace.seconds_left(5.2) is None


def test_steady_work_is_predicted_to_a_few_percent():
    shown = [(fraction, left) for _, fraction, left in run(Pace(), [0.01] * 2000) if left is not None]
    assert shown[0][0] < 0.05
    for fraction, left in shown:
        assert left == pytest.approx((1 - fraction) * 100, rel=0.03, abs=0.3)


def test_time_before_the_first_progress_does_not_count():
    pace = Pace()
    for second in range(60):
        pace.note(0.0, float(second))
    for step in range(1, 11):
        pace.note(step / 100, 60.0 + step)
    assert pace.seconds_left(70.0) == pytest.approx(90, rel=0.01)


def test_a_new_speed_is_learnt():
    speeds = [0.01] * 300 + [0.0025] * 600
    *_, (_, fraction, left) = run(Pace(), speeds)
    assert left == pytest.approx((1 - fraction) / 0.0025, rel=0.1)


@pytest.mark.parametrize("seed", range(5))
def test_the_estimate_never_jumps_wildly(seed):
    random.seed(seed)
    speeds = [random.choice((0.0, 0.0, 0.001, 0.01, 0.03)) for _ in range(5000)]
    before = None
    for _, _, left in run(Pace(), speeds):
        if before is not None:
            assert left <= max(before * STEP_RATIO, before + STEP_S) + 1e-9
            assert left >= min(before / STEP_RATIO, before - STEP_S) - 0.1 - 1e-9
        before = left
    assert before is not None


def test_it_counts_down_between_reports_but_not_to_nothing():
    pace = Pace()
    *_, (now, _, left) = run(pace, [0.01] * 300)
    assert pace.seconds_left(now + 5) == pytest.approx(left - 5)
    assert pace.seconds_left(now + 1000) == pytest.approx(left / 2, abs=0.3)


def test_many_small_reports_are_one_measurement():
    rough, fine = Pace(), Pace()
    *_, (_, _, rough_left) = run(rough, [0.01] * 300, tick_s=0.25)
    *_, (_, _, fine_left) = run(fine, [0.01] * 75_000, tick_s=0.001)
    assert fine_left == pytest.approx(rough_left, rel=0.02)


def test_a_report_that_goes_back_is_no_progress():
    pace = Pace()
    *_, (now, _, left) = run(pace, [0.01] * 300)
    pace.note(0.1, now + 1)
    assert pace.seconds_left(now + 1) == pytest.approx(left - 1)


def test_measured_progress_is_a_progress():
    progress = MeasuredProgress()
    progress.part(0.5, 1.0).update(0.5, "Here")
    assert (progress.fraction, progress.message, progress.seconds_left()) == (0.75, "Here", None)
    progress.cancel()
    with pytest.raises(Cancelled):
        progress.update(0.8)
