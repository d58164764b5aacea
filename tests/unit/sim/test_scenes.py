"""Scenes compile, their button works, their stands suit H1, and routes keep clear of furniture."""

from __future__ import annotations

import functools
import itertools
import json
from pathlib import Path

import mujoco
import numpy as np
import pytest

import robots
from sim import routes, scenes
from sim.batch import BatchSim
from sim.judge import Judge, look
from sim.things.model import Model, Rectangle, Stand, Touch
from sim.things.shapes import Block
from sim.world import World, WorldConfig, build_world
from skillblend.contracts import Array, Robot, Step
from skillblend.errors import PlanError, UnknownNameError
from skillblend.kinematics import to_heading
from skillblend.navigation import Pose2D
from skillblend.options import ground_options, objection
from skillblend.safety import Mode
from skillblend.safety.rules import PlanRules
from skillblend.scales import Scales
from skillblend.skills.skill import make_controller

ROBOT = robots.load("h1")
WORKSHOP = scenes.load("workshop")
NAMES = [thing.name for thing in WORKSHOP.things]
PRESS = Step(text="press the button", behaviour="press", arguments=("button",))
TOUCHES = [(thing, touch) for thing in WORKSHOP.things for touch in thing.touches]


@pytest.fixture(scope="module")
def world() -> World:
    config = WorldConfig(body_contacts=WORKSHOP.contacts(ROBOT))
    return build_world(ROBOT, config, furnish=[WORKSHOP.furnish])


def standing(world: World, stand: Stand) -> Array:
    qpos = world.home.copy()
    qpos[:2] = stand.x, stand.y
    qpos[3:7] = np.cos(stand.heading / 2), 0, 0, np.sin(stand.heading / 2)
    return qpos


def reach(world: World, qpos: Array, touch: Touch, clearance: float, robot: Robot = ROBOT) -> tuple[Array, float]:
    """Arm angles that bring a wrist to a touch, by damped least squares, and the distance that is left."""
    model, data = world.model, mujoco.MjData(world.model)
    side = ("left", "right").index(touch.hand)
    parts = ("shoulder", "elbow", "wrist")
    arm = [robot.joint(n) for n in robot.joint_names if touch.hand in n and any(part in n for part in parts)]
    qpos, jacobian = qpos.copy(), np.zeros((3, model.nv))
    gap = np.inf
    for _ in range(200):
        data.qpos[:] = qpos
        mujoco.mj_kinematics(model, data)
        mujoco.mj_comPos(model, data)
        error = touch.wrist(clearance) - data.site_xpos[world.hand_sites[side]]
        gap = float(np.linalg.norm(error))
        mujoco.mj_jacSite(model, data, jacobian, None, world.hand_sites[side])
        j = jacobian[:, [6 + k for k in arm]]
        step = j.T @ np.linalg.solve(j @ j.T + 1e-3 * np.eye(3), error)
        angles = qpos[[7 + k for k in arm]] + np.clip(step, -0.1, 0.1)
        qpos[[7 + k for k in arm]] = np.clip(angles, robot.position_lower[arm], robot.position_upper[arm])
    return qpos, gap


@pytest.mark.parametrize("name", scenes.names())
@pytest.mark.parametrize("visual", [False, True])
def test_every_scene_compiles(name: str, visual: bool) -> None:
    scene = scenes.load(name)
    furnish = functools.partial(scene.furnish, visual=visual)
    built = build_world(ROBOT, WorldConfig(visual=visual), furnish=[furnish])
    plain = build_world(ROBOT, furnish=[scene.furnish])
    assert built.model.nq == plain.model.nq == 26 + sum(7 * t.free + len(t.parts) for t in scene.things)
    data = mujoco.MjData(built.model)
    data.qpos[:] = built.home
    mujoco.mj_forward(built.model, data)
    pairs = [{built.model.geom(g).name for g in contact.geom} for contact in data.contact]
    robot = {name for pair in pairs for name in pair if name != "floor" and not name.startswith("thing/")}
    assert all("foot" in name for name in robot)
    assert all("floor" in pair for pair in pairs if pair & robot), "the robot touches nothing but the floor"


def test_unknown_scene_suggests_the_near_miss() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'workshop'"):
        scenes.load("workshp")


def test_unknown_object_suggests_the_near_miss() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'red marker'"):
        WORKSHOP.thing("red markr")
    with pytest.raises(UnknownNameError, match="unknown object"):
        WORKSHOP.route((0.0, 0.0), "door")


def test_the_workshop_can_express_every_accepted_plan() -> None:
    path = Path(__file__).parents[2] / "integration" / "instructions.json"
    cases = json.loads(path.read_text())["instructions"]
    wanted = {step for case in cases for plan in case["plans"] for step in plan}
    assert wanted <= {option.text for option in ground_options(WORKSHOP.state)}


def test_a_material_must_exist() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'dark wood'"):
        Block(center=(0, 0, 0), half=(1, 1, 1), material="dark wod")


@pytest.mark.parametrize(
    ("block", "point", "distance"),
    [
        (Block(center=(1, 0, 0), half=(1, 1, 1), material="red", shape="ball"), (1, 3, 0), 2.0),
        (Block(center=(1, 0, 0), half=(1, 1, 1), material="red", shape="ball"), (1, 0.5, 0.5), 0.0),
        (Block(center=(0, 0, 0), half=(1, 1, 2), material="red", shape="cylinder"), (0.6, 0.8, 5), 3.0),
        (Block(center=(0, 0, 0), half=(1, 1, 2), material="red", shape="cylinder"), (3, 4, 0), 4.0),
        (Block(center=(0, 0, 0), half=(2, 1, 1), material="red", shape="cylinder", axis="x"), (5, 0, 5), 5.0),
    ],
)
def test_distance_to_round_blocks(block: Block, point: tuple[float, float, float], distance: float) -> None:
    assert block.distance(np.array(point, dtype=np.float64)) == pytest.approx(distance)


@pytest.mark.parametrize(
    ("point", "distance"),
    [((0, 0, 0), 0.0), ((1.5, 0, 0), 0.5), ((1.3, 2.4, 0), 0.5), ((-1, 2, 3.25), 0.25)],
)
def test_distance_to_a_block(point: tuple[float, float, float], distance: float) -> None:
    block = Block(center=(0, 0, 0), half=(1, 2, 3), material="wood")
    assert block.distance(np.array(point)) == pytest.approx(distance)


@pytest.mark.parametrize(("thing", "touch"), TOUCHES, ids=[f"{th.name}-{to.hand}" for th, to in TOUCHES])
def test_touch_points_lie_on_the_surface_and_in_reach(world: World, thing: Model, touch: Touch) -> None:
    assert thing.surface_distance(np.array(touch.point)) == pytest.approx(0.0, abs=1e-9)
    assert thing.surface_distance(touch.wrist(0.04)) == pytest.approx(0.04)
    assert reach(world, standing(world, thing.stand), touch, 0.04)[1] < 0.005


@pytest.mark.parametrize("name", ["g1", "h1_2"])
@pytest.mark.parametrize("place", ["workshop", "storeroom"])
def test_scenes_are_made_for_the_arms_of_each_robot(name: str, place: str) -> None:
    """What the H1 touches, others touch too, in scenes whose heights and stands are fitted to them."""
    robot = robots.load(name)
    scene = scenes.load(place).fitted(robot)
    assert scene is scenes.load(place).fitted(robot) and scene.fitted(robot) is scene
    assert [thing.name for thing in scene.things] == [thing.name for thing in scenes.load(place).things]
    built = build_world(robot, WorldConfig(body_contacts=scene.contacts(robot)), furnish=[scene.furnish])
    tops = {thing.name: thing.corners()[:, 2].max() for thing in scene.things if thing.kind == "table"}
    assert all(0.5 < top / robot.base_height < 1.0 for top in tops.values())
    for thing in scene.things:
        if thing.name in ("wooden crate", "tin", "blue parcel", "brown parcel"):
            continue
        for touch in thing.touches:
            gap = reach(built, standing(built, thing.stand), touch, 0.04, robot)[1]
            assert gap < 0.01, (thing.name, touch.hand, gap)


@pytest.mark.parametrize("place", ["workshop", "storeroom"])
@pytest.mark.parametrize("name", robots.names())
def test_surfaces_are_in_the_reach_box_of_every_robot(name: str, place: str) -> None:
    """From where one stands before them, by the goal space of the skill itself; what lies on the floor is too low."""
    robot = robots.load(name)
    space = make_controller("reaching", robot).goal_space
    seen = 0
    for thing in scenes.load(place).fitted(robot).things:
        for touch in thing.touches:
            point = np.array(touch.point) - [thing.stand.x, thing.stand.y, 0.0]
            side = slice(0, 3) if touch.hand == "left" else slice(3, 6)
            local = to_heading(point[None, None], np.array([thing.stand.heading]))[0, 0]
            if thing.object.motion == "free" and not thing.rests_on:
                assert local[2] < space.lower[2]
                continue
            seen += 1
            assert (local > space.lower[side]).all() and (local < space.upper[side]).all(), (thing.name, local)
    assert seen >= 9


@pytest.mark.parametrize("name", ["g1", "h1_2"])
def test_routes_keep_a_share_of_the_robots_own_size(name: str) -> None:
    """Shorter legs pass nearer to furniture; what is known of the scene says so to predicates, too."""
    robot = robots.load(name)
    scene = WORKSHOP.fitted(robot)
    assert scene.margin / scenes.MARGIN == pytest.approx(Scales.of(robot).length, abs=0.005)
    assert scene.state.length == scene.length
    for thing in scene.things:
        ways = legs(np.zeros(2), scene.route((0.0, 0.0), thing.name))
        clear = [scene.clearance(a + np.linspace(0, 1, 50)[:, None] * (b - a)).min() for a, b in ways[:-1]]
        assert min(clear, default=scene.margin) > scene.margin - 1e-9
    assert scene.margin > PlanRules.for_robot(robot).furniture_clearance


def test_the_reference_robot_gets_the_scenes_as_they_are_written() -> None:
    for name in scenes.names():
        assert scenes.load(name).fitted(ROBOT) is scenes.load(name)


@pytest.mark.parametrize("thing", WORKSHOP.things, ids=NAMES)
def test_a_robot_on_its_stand_touches_nothing(world: World, thing: Model) -> None:
    data = mujoco.MjData(world.model)
    data.qpos[:] = standing(world, thing.stand)
    mujoco.mj_forward(world.model, data)
    pairs = {world.model.geom(g).name for contact in data.contact for g in contact.geom}
    assert all("foot" in name or name == "floor" for name in pairs)


def test_button_springs_back(world: World) -> None:
    data = mujoco.MjData(world.model)
    data.qpos[:] = world.home
    joint = world.model.joint(WORKSHOP.thing("button").joint)
    travel = []
    for force in (20.0, 0.0):
        for _ in range(100):
            data.qfrc_applied[joint.dofadr[0]] = force
            data.qpos[:7] = world.home[:7]
            mujoco.mj_step(world.model, data)
        travel.append(WORKSHOP.travel(world.model, data.qpos[None])["button"][0])
    spring = WORKSHOP.thing("button").spring
    assert spring is not None
    assert travel[0] == pytest.approx(spring.travel, abs=0.002)
    assert travel[1] == pytest.approx(0.0, abs=5e-4)


def test_half_the_threshold_force_is_no_press(world: World) -> None:
    spring = WORKSHOP.thing("button").spring
    assert spring is not None
    data = mujoco.MjData(world.model)
    data.qpos[:] = world.home
    joint = world.model.joint(WORKSHOP.thing("button").joint)
    for _ in range(200):
        data.qfrc_applied[joint.dofadr[0]] = 0.5 * spring.threshold * spring.stiffness
        data.qpos[:7] = world.home[:7]
        mujoco.mj_step(world.model, data)
    assert data.qpos[joint.qposadr[0]] == pytest.approx(spring.threshold / 2, rel=0.02)


def test_a_hand_presses_the_button_and_the_judge_sees_it(world: World) -> None:
    thing = WORKSHOP.thing("button")
    assert thing.spring is not None
    start = standing(world, thing.stand)
    before, _ = reach(world, start, thing.touches[0], 0.08)  # hands come from the front, as when a robot presses
    goal, _ = reach(world, before, thing.touches[0], -0.03)
    sim = BatchSim(world, 2)
    ids = np.arange(2)
    qpos = np.stack([before, before])
    sim.reset(ids, qpos, np.zeros((2, world.model.nv)))
    targets = np.stack([goal[7:26], before[7:26]])  # the second robot keeps its hand to itself
    judge = Judge(WORKSHOP, ROBOT, 2)
    for i in range(2):
        judge.begin(i, PRESS, look(sim, WORKSHOP, np.zeros(2)))
    for tick in range(60):
        sim.step(targets)
        sim.qpos[:, :7], sim.qvel[:, :6] = qpos[:, :7], 0.0
        judge.update(look(sim, WORKSHOP, np.full(2, 0.02 * (tick + 1))))
    assert [judge.verdict(i).success for i in range(2)] == [True, False]
    travel = WORKSHOP.travel(world.model, sim.qpos)["button"]
    assert travel[0] > thing.spring.threshold
    assert travel[1] == pytest.approx(0.0, abs=1e-4)
    assert thing.surface_distance(sim.hand_position())[0, 0] < 0.06


def test_states_lead_with_the_batch_axis(world: World) -> None:
    state = WORKSHOP.live(BatchSim(world, 3)).read()
    assert set(state.names) == set(NAMES)
    for thing in state.things:
        assert thing.pose is not None and thing.pose.shape == (3, 7)
        assert thing.pose[:, :3] == pytest.approx(np.tile(WORKSHOP.thing(thing.name).position, (3, 1)))


def legs(start: Array, route: tuple[scenes.Waypoint, ...]) -> list[tuple[Array, Array]]:
    points = [start, *(np.array([p.x, p.y]) for p in route)]
    return list(itertools.pairwise(points))


@pytest.mark.parametrize("goal", NAMES)
def test_routes_from_everywhere_avoid_furniture(goal: str, rng: np.random.Generator) -> None:
    stand = WORKSHOP.thing(goal).stand
    starts = [t.stand.xy for t in WORKSHOP.things] + list(rng.uniform(-3.5, 3.5, (60, 2)))
    for start in starts:
        if WORKSHOP.clearance(start) < 0.3:
            continue
        route = WORKSHOP.route(start, goal)
        assert route[-1][:2] == (stand.x, stand.y)
        for (a, b), waypoint in zip(legs(start, route), route, strict=True):
            along = a + np.linspace(0, 1, 50)[:, None] * (b - a)
            clear = WORKSHOP.clearance(along)
            assert clear.min() > 0.3 - 1e-9
            last = waypoint is route[-1]
            if not last and not waypoint.keep_heading:
                assert clear.min() > scenes.MARGIN - 1e-9


def test_the_last_leg_is_straight_ahead() -> None:
    for thing in WORKSHOP.things:
        if thing.touches:
            a, b = legs(np.zeros(2), WORKSHOP.route((0.0, 0.0), thing.name))[-1]
            assert np.arctan2(*(b - a)[::-1]) == pytest.approx(thing.stand.heading)


def test_the_floor_around_the_start_is_free() -> None:
    for heading, distance in ((0.0, 2.0), (np.pi / 2, 1.0), (np.pi, 2.0), (-np.pi / 2, 1.0)):
        end = np.array(WORKSHOP.start.ahead(distance, 0, 0))[:2]
        c, s = np.cos(heading), np.sin(heading)
        along = np.linspace(0, 1, 20)[:, None] * (np.array([[c, -s], [s, c]]) @ end)
        assert WORKSHOP.clearance(along).min() > 0.5


def test_empty_scene_has_no_obstacle() -> None:
    assert np.isinf(scenes.load("empty").clearance(np.zeros((4, 2)))).all()


WALL = Rectangle(x_min=1.0, y_min=-1.0, x_max=1.2, y_max=1.0)


def test_path_around_a_wall_is_the_shortest() -> None:
    path = [(0.0, 0.0), *routes.shortest_path((0.0, 0.0), (2.2, 0.0), [WALL], 0.5)]
    length = sum(np.hypot(b[0] - a[0], b[1] - a[1]) for a, b in itertools.pairwise(path))
    assert length == pytest.approx(2 * np.hypot(0.5, 1.5) + 1.2, abs=0.1)


def test_free_way_is_one_leg() -> None:
    assert routes.shortest_path((0.0, 0.0), (0.0, 3.0), [WALL], 0.5) == [(0.0, 3.0)]


def test_path_needs_free_ends() -> None:
    with pytest.raises(PlanError, match="the start .* closer than 0.5"):
        routes.shortest_path((0.8, 0.0), (3.0, 0.0), [WALL], 0.5)


def test_shut_in_goal_has_no_path() -> None:
    ring = [Rectangle(x_min=-2, y_min=y, x_max=2, y_max=y + 0.1) for y in (-2.0, 1.9)] + [
        Rectangle(x_min=x, y_min=-2, x_max=x + 0.1, y_max=2) for x in (-2.0, 1.9)
    ]
    with pytest.raises(PlanError, match="shuts in"):
        routes.shortest_path((0.0, 0.0), (5.0, 0.0), ring, 0.3)
    with pytest.raises(PlanError, match="no way out"):
        routes.escape((0.0, 0.0), ring, 5.0)


def test_escape_goes_to_the_near_side() -> None:
    x, y = routes.escape((0.8, 0.1), [WALL], 0.5)
    assert (x, y) == pytest.approx((0.48, 0.1))
    assert routes.escape((3.0, 0.0), [WALL], 0.5) == (3.0, 0.0)


def _at(stand: Stand) -> Pose2D:
    return Pose2D(x=stand.x, y=stand.y, heading=stand.heading)


@pytest.mark.parametrize("start", ["", *NAMES])
def test_the_rules_allow_every_walk_between_stands(start: str) -> None:
    here = WORKSHOP.thing(start).stand if start else WORKSHOP.start
    situation = WORKSHOP.situation(_at(here), Mode.RUNNING)
    steps = [step for step in ground_options(WORKSHOP.state) if step.behaviour == "walk_to"]
    assert len(steps) == len(NAMES)
    assert [objection(step, situation) for step in steps] == [""] * len(steps)


@pytest.mark.parametrize("name", [thing.name for thing in WORKSHOP.things if thing.touches])
def test_furniture_is_a_keep_out_zone_beside_which_one_works(name: str, rng: np.random.Generator) -> None:
    """Arrived within the tolerance, one may use the thing, step aside and go back; not walk into it."""
    thing = WORKSHOP.thing(name)
    use = "press" if thing.spring is not None else "touch"
    fine = [
        (use, (name,)),
        ("walk", ("left", "0.5")),
        ("walk", ("right", "0.5")),
        ("walk", ("backward", "1")),
        ("turn", ("180",)),
    ]
    for _ in range(20):
        x, y = thing.stand.xy + 0.1 * rng.uniform(-1, 1, 2)
        pose = Pose2D(x=float(x), y=float(y), heading=thing.stand.heading + float(rng.uniform(-0.12, 0.12)))
        situation = WORKSHOP.situation(pose, Mode.RUNNING)
        for behaviour, arguments in fine:
            assert objection(Step(text="", behaviour=behaviour, arguments=arguments), situation) == ""
        why = objection(Step(text="", behaviour="walk", arguments=("forward", "1")), situation)
        assert why.startswith("keep-out zone: ") and (thing.rests_on or name) in why
