"""Futures of a state: they are worth something because they are the same robot among the same things."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from planners.oracle import OraclePlanner
from sim.bridge import MujocoBridge, ScenePerception
from sim.futures import Futures, rehearse, simulate
from sim.randomisation import Randomisation
from sim.witness import SimWitness
from skillblend.cli.paths import MODELS
from skillblend.cli.player import SimulatedPlayer
from skillblend.contracts import Array, Decision, SceneState, Step
from skillblend.errors import InputError, ShapeError, UnknownNameError
from skillblend.forecast import FELL, REFUSED
from skillblend.options import DONE, REFUSE, ground_options
from skillblend.session import Hooks, Session
from skillblend.shell import Shell
from skillblend.simulated import open_session

SEED, EPISODE = 4, 2
BEFORE = {
    "at rest": ("stand still", 20),
    "walking": ("walk to the red marker", 70),
    "turning": ("turn around", 40),
    "with raised hands": ("raise both hands", 160),
}
"""What robots are in the middle of: a step, and after how many control steps it is left."""


class Scripted:
    """Does what the instruction says."""

    name = "scripted"

    def decide(
        self,
        instruction: str,
        scene: SceneState,
        history: Sequence[tuple[Step, bool]],
        affordances: Mapping[str, float],
    ) -> Decision:
        return OraclePlanner([instruction, "done"]).decide(instruction, scene, history, affordances)


def session(scene: str = "workshop") -> Session:
    return open_session("h1", scene, SEED, MODELS, Scripted, episodes=[EPISODE])


@pytest.fixture(scope="module")
def idle() -> Session:
    """Nothing moves it."""
    return session()


def steps(of: Session, *texts: str) -> list[Step]:
    known = {step.text: step for step in ground_options(of.scene)}
    return [known[text] for text in texts]


def trace(of: Session, ticks: int = 10**6) -> list[Array]:
    """Filled with everything that moves, control step by control step; after so many nothing more is begun."""
    seen: list[Array] = []
    bridge = simulator(of)

    def watch() -> None:
        seen.append(np.concatenate([bridge.sim.qpos, bridge.sim.qvel], axis=1))
        of.stop_requested = len(seen) >= ticks

    of.hooks = Hooks(watch=watch)
    return seen


def heights(of: MujocoBridge) -> Array:
    """Of free things. Shape (T, N), m."""
    poses = [thing.pose for thing in of.live.read().things if thing.motion == "free"]
    return np.array([pose[:, 2] for pose in poses if pose is not None])


def simulator(of: Session) -> MujocoBridge:
    bridge = of.cast.bridge
    assert isinstance(bridge, MujocoBridge)
    return bridge


def leave(of: Session, instruction: str, ticks: int) -> None:
    """Carry out `instruction`, and drop it after so many control steps."""
    count = [0]

    def watch() -> None:
        count[0] += 1
        of.stop_requested = count[0] >= ticks

    of.hooks = Hooks(watch=watch)
    of.run(instruction)
    of.stop_requested, of.hooks = False, Hooks()


def copied(of: Session, *, seed: int, episodes: Sequence[int]) -> Session:
    bridge = simulator(of).copies(0, seed=seed, episodes=episodes)
    return of.imagine(0, bridge, ScenePerception(bridge), SimWitness(bridge))


@pytest.mark.parametrize("moment", BEFORE)
def test_a_copy_with_the_same_dynamics_goes_on_as_the_original_to_the_last_bit(moment: str) -> None:
    """So nothing of what a future depends on is left behind."""
    one = session()
    leave(one, *BEFORE[moment])
    copy = copied(one, seed=SEED, episodes=[EPISODE])
    plan = steps(one, "raise both hands" if moment == "walking" else "turn right")
    copys, ones = trace(copy, 90), trace(one, 90)
    imagined, happened = copy.follow([plan])[0], one.follow([plan])[0]
    np.testing.assert_array_equal(np.array(copys), np.array(ones))
    assert len(ones) == 90 and imagined.steps == happened.steps


def test_a_copy_of_a_robot_that_a_blender_moves_goes_on_as_the_original() -> None:
    one = open_session("h1", "workshop", SEED, MODELS, Scripted, episodes=[EPISODE], begin_at=["button"])
    leave(one, "press the button", 60)
    copy = copied(one, seed=SEED, episodes=[EPISODE])
    copys, ones = trace(copy, 90), trace(one, 90)
    plan = steps(one, "press the button")
    assert copy.follow([plan])[0].steps == one.follow([plan])[0].steps
    np.testing.assert_array_equal(np.array(copys), np.array(ones))


def test_the_sizes_of_things_can_be_seen_and_their_masses_cannot() -> None:
    sized = Randomisation(thing_size=(0.9, 1.1), push_every=0.0)
    stored = simulator(session("storeroom"))
    big = MujocoBridge(stored.robot, stored.scene, seed=1, episodes=[0], randomisation=sized)
    others = big.copies(0, seed=2, episodes=[5, 6], randomisation=stored.randomisation)
    np.testing.assert_array_equal(others.randomiser.varying.size, np.tile(big.randomiser.varying.size, (2, 1)))
    np.testing.assert_array_equal(others.sim.qpos, np.tile(big.sim.qpos, (2, 1)))
    assert not np.array_equal(others.randomiser.varying.mass[0], big.randomiser.varying.mass[0])
    before = heights(others)
    for _ in range(25):
        others.send(np.tile(others.robot.default_pose, (2, 1)))
    np.testing.assert_allclose(heights(others), before, atol=0.003)


def test_a_session_does_not_notice_that_its_futures_are_simulated() -> None:
    def run(look: Callable[[Session], object]) -> tuple[list[Array], Any]:
        one = session()
        seen = trace(one)
        watch = one.hooks.watch
        assert watch is not None

        def watched() -> None:
            watch()
            if len(seen) == 70:
                look(one)

        one.hooks.watch = watched
        outcome = one.run("turn left")
        look(one)
        one.stand(0.2)
        return seen, outcome.steps

    def futures(one: Session) -> None:
        found = simulate(one, [steps(one, "raise both hands")], count=2, frames=True)
        assert found[0].success.total == 2

    plain, previewed = run(lambda _: None), run(futures)
    np.testing.assert_array_equal(np.array(previewed[0]), np.array(plain[0]))
    assert previewed[1] == plain[1]


def test_a_future_is_the_same_whatever_is_simulated_beside_it() -> None:
    one = session()
    leave(one, "turn around", 50)
    plans = [steps(one, "turn left"), steps(one, "raise both hands")]
    together = simulate(one, plans, count=3)
    for plan, forecast, k in zip(plans, together, (0, 2), strict=True):
        (alone,) = simulate(one, [plan], count=1, first=k)
        assert alone.futures[0].episode == forecast.futures[k].episode == k
        assert alone.futures[0].outcome.steps == forecast.futures[k].outcome.steps
    seconds = [future.outcome.seconds for future in together[0].futures]
    assert len(set(seconds)) > 1, "each has dynamics of its own"


def test_time_stands_still_for_a_future_whose_plan_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    one = session()
    live = one.cast.bridge
    assert isinstance(live, MujocoBridge)
    whole, left = (live.copies(0, seed=SEED, episodes=[0, 1, 2]) for _ in range(2))
    targets = np.tile(one.cast.skills.robot.default_pose + 0.05, (3, 1))
    for tick in range(20):
        if tick == 10:
            left.leave(1)
            before = left.sim.qpos[1].copy()
        for bridge in (whole, left):
            bridge.send(targets)
    np.testing.assert_array_equal(left.sim.qpos[1], before)
    np.testing.assert_array_equal(left.sim.qpos[[0, 2]], whole.sim.qpos[[0, 2]])
    assert np.abs(whole.sim.qpos[1] - before).max() > 1e-4

    ended: list[int] = []
    monkeypatch.setattr(MujocoBridge, "leave", lambda self, i: ended.append(i))
    (told,) = simulate(one, [steps(one, "raise both hands")], count=3)
    assert sorted(ended) == [0, 1, 2] and told.success.total == 3


def test_futures_go_on_in_a_thread_beside_the_session_and_can_be_stopped() -> None:
    one = session()
    leave(one, "turn around", 30)
    plan = steps(one, "raise both hands")
    now, beside, stopped = (Futures(one, [plan], count=2) for _ in range(3))
    with ThreadPoolExecutor() as threads:
        waiting = threads.submit(beside.run)
        one.stand(0.6)
        later = waiting.result()
    assert later[0].record() == now.run()[0].record(), "of the moment in which they were made"
    stopped.stop()
    (ended,) = stopped.run()
    assert ended.success.count == 0 and {f.outcome.reason for f in ended.futures} == {"stopped"}


def test_what_a_console_simulates_ends_where_its_robot_is_told_to_stop() -> None:
    one = session()
    player = Shell(lambda shell: SimulatedPlayer(lambda _: one, shell), lambda *_: None).player
    with ThreadPoolExecutor() as threads:
        told = threads.submit(player.preview, steps(one, "walk to the red marker"))
        while not player.stop_requested:
            player.stop_requested = told.running()
        assert told.result(20.0).startswith("succeeds in 0 of 16")
    ended = rehearse(one, "walk to the red marker")
    assert ended.reason == "stopped" and ended.seconds < 0.1


def test_what_goes_wrong_is_counted_where_it_goes_wrong() -> None:
    one = session()
    hard = Randomisation(push_every=0.4, push_speed=2.0)
    plan = steps(one, "turn left", "press the button")
    (pushed,) = simulate(one, [plan], count=4, randomisation=hard)
    (calm,) = simulate(one, [plan], count=2, frames=True)
    assert pushed.falls == pushed.steps[0].trouble[FELL] > 0
    assert pushed.success.count == 0 and pushed.seconds is None
    assert calm.steps[0].done.count == 2 and calm.steps[0].done.interval[1] == 1.0
    assert calm.steps[1].trouble == {REFUSED: 2} and "reach" in calm.steps[1].why
    assert calm.steps[1].done.total == 2 and calm.steps[1].done.value == 0.0
    frames = calm.typical.frames
    assert [frame.step for frame in frames][:2] == [0, 0] and frames[0].seconds == 0.0
    np.testing.assert_array_equal(frames[0].qpos, simulator(one).sim.qpos[0])
    assert calm.record()["steps"][1]["done"]["count"] == 0


def test_things_that_the_plan_is_not_about_are_watched() -> None:
    one = session("storeroom")
    bridge = simulator(one)
    (name,) = (model.name for model in bridge.scene.things if model.kind == "ball")
    body = bridge.world.model.body(bridge.scene.thing(name).body).id
    bridge.sim.qvel[0, bridge.world.model.body_dofadr[body]] = 1.0
    (rolls,) = simulate(one, [steps(one, "stand still")], count=2)
    assert rolls.moved == {name: 2} and rolls.success.count == 2


@pytest.mark.parametrize(
    ("plans", "options", "message"),
    [
        ([[]], {}, "0 steps"),
        ([[REFUSE]], {}, "moves nothing"),
        ([[DONE]], {}, "0 steps"),
        ([], {}, "0 plans"),
        ([["turn left"]], {"count": 0}, "count = 0"),
        ([["turn left"]], {"count": 2000}, "count = 2000"),
        ([["turn left"]], {"robot": 1}, "robot = 1"),
        ([["turn left"]], {"seed": -1}, "seed"),
    ],
)
def test_what_cannot_be_simulated_is_refused(
    idle: Session, plans: list[list[Any]], options: dict[str, Any], message: str
) -> None:
    given = [[steps(idle, s)[0] if isinstance(s, str) else s for s in plan] for plan in plans]
    with pytest.raises(InputError, match=message):
        simulate(idle, given, **options)


def test_plans_are_followed_as_they_were_given() -> None:
    one = session()
    with pytest.raises(ShapeError, match="2 plans for 1 robots"):
        one.follow([[], []])
    with pytest.raises(UnknownNameError, match="ladder"):
        one.follow([[Step(text="walk to the ladder", behaviour="walk_to", arguments=("ladder",))]])
    outcome = one.follow([steps(one, "turn left", "press the button", "turn right")])[0]
    assert (outcome.success, outcome.planner) == (False, "given")
    assert [entry["text"] for entry in outcome.steps] == ["turn left"]
    assert outcome.reason.startswith("'press the button' is not allowed: reach")
