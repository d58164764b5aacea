"""Deadlines by hand-made times; scheduling where it is granted, refused and not there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from skillblend.errors import InputError
from skillblend_ros import scheduling
from skillblend_ros.timing import CAPACITY, Ledger, TimeLog, judge_deadlines

PERIOD = 0.02


def steady(count: int) -> np.ndarray:
    """A measurement every period from 0, answered after 5 ms."""
    measured = PERIOD * np.arange(count)
    return np.stack([measured, measured + 0.005], axis=1)


def missed(rows: np.ndarray, end: float) -> tuple[int, int, int]:
    found = judge_deadlines(rows, PERIOD, 0.0, end)
    return found.missed, found.late, found.gaps


def test_a_steady_policy_misses_nothing() -> None:
    found = judge_deadlines(steady(500), PERIOD, 0.0, 10.0)
    assert (found.periods, found.missed, found.late, found.gaps, found.share) == (500, 0, 0, 0, 0.0)
    assert found.answer_p50 == pytest.approx(0.005)
    assert found.answer_max == pytest.approx(0.005)
    assert found.period_max == pytest.approx(PERIOD)


def test_an_answer_after_more_than_a_period_is_late() -> None:
    rows = steady(500)
    rows[100:110, 1] = rows[100:110, 0] + 0.021
    # The first of them also ends a gap of 36 ms: one period was left out, and it is the same one.
    assert missed(rows, 10.0) == (10, 10, 1)


def test_periods_left_out_count_one_by_one_wherever_they_are() -> None:
    rows = steady(500)
    assert missed(np.delete(rows, slice(100, 105), axis=0), 10.0) == (5, 0, 1)
    assert missed(rows[5:], 10.0)[0] == 5
    assert missed(rows[:-5], 10.0)[0] == 5
    assert judge_deadlines(np.delete(rows, 7, axis=0), PERIOD, 0.0, 10.0).share == pytest.approx(1 / 500)


def test_a_command_about_no_measurement_answers_none() -> None:
    rows = steady(500)
    rows[3, 0] = np.nan
    found = judge_deadlines(rows, PERIOD, 0.0, 10.0)
    assert (found.missed, found.late) == (1, 1)
    rows[:, 0] = np.nan
    assert judge_deadlines(rows, PERIOD, 0.0, 10.0).answer_max == np.inf


def test_only_what_lies_between_counts() -> None:
    rows = np.delete(steady(500), slice(400, 420), axis=0)
    assert judge_deadlines(rows, PERIOD, 0.0, 7.9).missed == 0


@pytest.mark.parametrize(("begin", "end"), [(0.0, 0.01), (20.0, 30.0), (5.0, 1.0), (0.0, float("nan"))])
def test_deadlines_need_commands(begin: float, end: float) -> None:
    with pytest.raises(InputError, match="at least two"):
        judge_deadlines(steady(500), PERIOD, begin, end)


def test_the_ledger_pairs_answers_with_measurements(tmp_path: Path) -> None:
    ledger = Ledger(PERIOD, TimeLog(str(tmp_path / "times.npy"), 2))
    ledger.measured("a", 1.0)
    ledger.measured("b", 1.02)
    ledger.answered("a", 1.021)
    ledger.answered("b", 1.03)
    ledger.answered("nobody's", 1.04)
    assert (ledger.steps, ledger.late) == (3, 2)
    assert ledger.take_longest() == pytest.approx(0.021)
    assert ledger.take_longest() == 0.0
    ledger.close()
    rows = np.load(tmp_path / "times.npy")
    assert rows[:2] == pytest.approx(np.array([[1.0, 1.021], [1.02, 1.03]]))
    assert np.isnan(rows[2, 0])


def test_a_full_log_keeps_the_latest_in_order(tmp_path: Path) -> None:
    log = TimeLog(str(tmp_path / "times.npy"), 1)
    for index in range(CAPACITY + 3):
        log.note(float(index))
    log.close()
    rows = np.load(tmp_path / "times.npy")[:, 0]
    assert rows.tolist() == list(range(3, CAPACITY + 3))


def test_no_file_means_no_log_and_a_bad_one_is_named(tmp_path: Path) -> None:
    nothing = TimeLog("", 2)
    nothing.note(1.0, 2.0)
    nothing.close()
    with pytest.raises(InputError, match="cannot write times"):
        TimeLog(str(tmp_path / "nowhere" / "times.npy"), 2).close()


def test_refused_real_time_is_said_and_nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object) -> None:
        raise PermissionError(1, "not permitted")

    before = os.sched_getscheduler(0)
    monkeypatch.setattr(os, "sched_setscheduler", refuse)
    assert "real time was refused" in scheduling.take_priority(20)
    assert "real time was refused" in scheduling.prefer(1)
    assert "a lower priority was refused" in scheduling.give_way(5)
    assert os.sched_getscheduler(0) == before


def test_level_zero_asks_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_setscheduler")
    ordinary = {scheduling.take_priority(0), scheduling.give_way(0), scheduling.prefer(0)}
    assert ordinary == {"ordinary scheduling"}
    assert "refused" in scheduling.take_priority(1)


@pytest.mark.parametrize(
    ("call", "policy", "said"),
    [("take_priority(1)", os.SCHED_FIFO, "SCHED_FIFO 1"), ("give_way(7)", os.SCHED_BATCH, "SCHED_BATCH, nice ")],
)
def test_all_threads_change_together(call: str, policy: int, said: str) -> None:
    """In a process of its own: what is taken cannot be given back without rights."""
    second = threads_after(call, said)
    assert second.endswith(f"{{{policy}}}")
    assert int(second.split()[0]) >= 4


def test_who_is_to_be_heard_at_once_passes_that_on_to_no_thread() -> None:
    kept = os.SCHED_FIFO | os.SCHED_RESET_ON_FORK
    found = threads_after("prefer(1)", "SCHED_FIFO 1").partition(" ")[2]
    assert found == str({kept, os.SCHED_OTHER})


def threads_after(call: str, said: str) -> str:
    """How many threads a process has after `call` and one thread more, and their kinds of scheduling."""
    code = f"""
import os, threading
from skillblend_ros import scheduling
over = threading.Event()
for _ in range(2): threading.Thread(target=over.wait).start()
print(scheduling.{call})
threading.Thread(target=over.wait).start()
print(len(scheduling.threads()), {{os.sched_getscheduler(thread) for thread in scheduling.threads()}})
over.set()
"""
    path = os.pathsep.join(entry for entry in sys.path if entry)
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    first, second = done.stdout.splitlines()
    if "refused" in first:
        pytest.skip(first)
    assert first.startswith(said)
    return second
