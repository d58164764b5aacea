"""Walking's hard mode: its waypoints, its punches, and who is counted."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import robots
from sim.endurance import Course, endure, routes, survival
from sim.streams import Streams
from skillblend.cli import main
from skillblend.errors import InputError
from skillblend.scales import Scales
from skillblend.shipped import MODELS
from skillblend.skills.skill import PolicySkill, load_skill

SHORT = Course(seconds=2.0, waypoints=2, punch_seconds=0.5)


@pytest.fixture(scope="module")
def walking() -> PolicySkill:
    return load_skill("walking", robots.load("h1"), MODELS / "h1" / "walking")


def test_waypoints_lie_apart_as_the_course_says_and_turn_no_further() -> None:
    streams, ids, course = Streams(3, 40), np.arange(40), Course()
    streams.next_episode(ids)
    corners = routes(streams, ids, course, 0.5)
    assert corners.shape == (40, 18, 2)
    ways = np.diff(np.concatenate([np.zeros((40, 1, 2)), corners], axis=1), axis=1)
    far = np.linalg.norm(ways, axis=2)
    assert far.min() >= 1.0 and far.max() <= 2.0
    heading = np.unwrap(np.arctan2(ways[:, :, 1], ways[:, :, 0]), axis=1)
    assert np.abs(np.diff(heading, axis=1)).max() <= course.turn + 1e-9
    np.testing.assert_array_equal(corners, routes(streams, ids, course, 0.5))


@pytest.mark.parametrize("impulse", [0.0, 7.0])
def test_each_punch_has_the_impulse_that_was_asked_for(
    walking: PolicySkill, impulse: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four spans, one punch in each: force times time over the whole, for every robot."""
    pushed: list[np.ndarray] = []
    step = "sim.walks.Walks.step"
    from sim.walks import Walks

    plain = Walks.step

    def watched(self: Walks, command: np.ndarray, arms: np.ndarray | None = None) -> object:
        torso = self.world.model.body("torso_link").id
        pushed.append(self.sim.batch.bind("xfrc_applied")[:, torso, :3].copy())
        return plain(self, command, arms)

    monkeypatch.setattr(step, watched)
    row = endure(walking, impulse, 3, 5, course=SHORT)
    forces = np.array(pushed)
    size = np.linalg.norm(forces, axis=2)
    np.testing.assert_allclose(size.sum(axis=0) * 0.02, 4 * impulse)
    assert forces[:, :, 2].max() == 0.0
    assert ((size > 0).sum(axis=0) == (16 if impulse else 0)).all()
    assert row["survived"] == 1.0 and row["seconds_until_fall"] == 2.0


def test_robots_that_fall_are_counted_from_then_on(walking: PolicySkill) -> None:
    found = survival(walking, (0.0, 900.0), 4, 5, course=SHORT)
    calm, harsh = found["curve"]
    assert calm["survived"] == 1.0 and harsh["survived"] == 0.0
    assert 0.0 < harsh["seconds_until_fall"] < 2.0
    assert harsh["survived_interval"][0] == pytest.approx(0.0, abs=1e-9)


def test_a_lighter_robot_is_punched_as_hard_for_its_weight() -> None:
    g1 = Scales.of(robots.load("g1"))
    assert g1.weight * g1.speed < 0.7


def test_impulses_are_numbers(walking: PolicySkill) -> None:
    with pytest.raises(InputError, match="impulse = -1"):
        survival(walking, (-1.0,), 1, 5)


def test_results_and_their_plot_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.endurance.Course", lambda: SHORT)
    out = tmp_path / "curve.json"
    with pytest.raises(SystemExit, match="0"):
        main(["eval", "endurance", "--impulses", "0", "20", "--episodes", "2", "--out", str(out), "--json"])
    found = json.loads(out.read_text())["bundles"]["shipped"]["curve"]
    assert [row["impulse"] for row in found] == [0.0, 20.0]
    assert out.with_suffix(".png").read_bytes().startswith(b"\x89PNG")
