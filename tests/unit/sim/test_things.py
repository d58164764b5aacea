"""Things that move: they rest, fall, roll, open and are found where they are."""

from __future__ import annotations

from dataclasses import replace

import mujoco
import numpy as np
import pytest

import robots
from sim.batch import BatchSim
from sim.scene import Scene
from sim.things import KINDS, Place
from sim.things.ball import ball
from sim.things.bin import bin_
from sim.things.box import box
from sim.things.cabinet import cabinet
from sim.things.model import Model, Pose, Stand
from sim.things.table import HEIGHT, table
from sim.world import World, WorldConfig, build_world
from skillblend.contracts import Array, SceneState

ROBOT = robots.load("h1")
AWAY = Stand(x=0.0, y=0.0, heading=0.0)
TABLE = table("table", Place(x=4.0, y=0.0), size=(1.0, 2.0, HEIGHT))


def furnished(*things: Model) -> tuple[Scene, World]:
    scene = Scene(name="test", things=things, start=AWAY)
    return scene, build_world(ROBOT, WorldConfig(body_contacts=scene.contacts(ROBOT)), furnish=[scene.furnish])


def started(world: World, n: int = 1) -> BatchSim:
    sim = BatchSim(world, n)
    sim.reset(np.arange(n), np.tile(world.home, (n, 1)), np.zeros((n, world.model.nv)))
    return sim


def let_pass(sim: BatchSim, seconds: float, *, hold: bool = True) -> None:
    """Time passes; the robot is kept where it stands."""
    home = sim.world.home
    for _ in range(round(seconds / ROBOT.control_dt)):
        sim.step(np.tile(ROBOT.default_pose, (sim.n, 1)))
        if hold:
            sim.qpos[:, :7], sim.qvel[:, :6] = home[:7], 0.0


def pose_of(state: SceneState, name: str) -> Array:
    pose = state.thing(name).pose
    assert pose is not None
    return pose


@pytest.mark.parametrize("trial", range(10))
def test_random_boxes_rest_where_they_are_dropped(trial: int) -> None:
    """Five boxes each, dropped by up to 3 cm, on the floor and on a table: 50 in all."""
    rng = np.random.default_rng(trial)
    boxes: list[Model] = []
    for k in range(5):
        on_table = k < 2
        size = tuple(rng.uniform(0.06, 0.5, 3).tolist())
        x, y = (4.0, -0.5 + k) if on_table else (6.0 + k, 2.0)
        floor = HEIGHT if on_table else 0.0
        place = Place(x=x, y=y, z=floor + rng.uniform(0.002, 0.03), heading=rng.uniform(-3, 3))
        boxes.append(box(f"box {k}", place, size=size, mass=float(rng.uniform(0.1, 10.0))))
    scene, world = furnished(TABLE, *boxes)
    sim = started(world)
    live = scene.live(sim)
    let_pass(sim, 1.0)
    before = live.read()
    let_pass(sim, 10.0)
    after = live.read()
    for k, thing in enumerate(boxes):
        floor = HEIGHT if k < 2 else 0.0
        was, now = pose_of(before, thing.name)[0], pose_of(after, thing.name)[0]
        assert was[2] == pytest.approx(floor + thing.object.size[2] / 2, abs=0.002), "rests on it"
        assert np.linalg.norm(now[:3] - was[:3]) < 0.002, "neither sinks nor drifts"
        assert np.linalg.norm(was[:2] - thing.position[:2]) < 0.002, "fell straight down"
        assert abs(now[3:] @ was[3:]) > np.cos(0.005)


def test_free_things_meet_each_other_and_moving_parts() -> None:
    crate = box("crate", Place(x=4.0, y=0.0), size=(0.4, 0.4, 0.3), mass=5.0)
    parcel = box("parcel", Place(x=4.05, y=0.0, z=0.31), size=(0.2, 0.2, 0.2))
    cupboard = cabinet("cupboard", Place(x=7.0, y=0.0), openness=0.8)
    scene, world = furnished(crate, parcel, cupboard)
    sim = started(world)
    live = scene.live(sim)
    let_pass(sim, 1.0)
    assert pose_of(live.read(), "parcel")[0, 2] == pytest.approx(0.4, abs=0.002)
    openness = live.read().thing("cupboard").openness
    assert openness is not None and openness[0] == pytest.approx(0.8, abs=0.01), "a door stays where it is left"


def test_a_thrown_box_closes_a_door() -> None:
    cupboard = cabinet("cupboard", Place(x=5.0, y=0.0), hinges=("left",), openness=0.5)
    parcel = box("parcel", Place(x=3.9, y=0.15, z=0.4), size=(0.2, 0.2, 0.2), mass=3.0)
    scene, world = furnished(cupboard, parcel)
    sim = started(world)
    at = world.model.joint(parcel.body).dofadr[0]
    sim.qvel[0, at] = 3.0
    let_pass(sim, 0.5)
    openness = scene.live(sim).read().thing("cupboard").openness
    assert openness is not None and openness[0] < 0.4


def test_a_box_stops_at_a_shin_and_a_thigh() -> None:
    """Things do not pass through the robot's legs."""
    parcel = box("parcel", Place(x=0.6, y=0.1, z=0.3), size=(0.2, 0.3, 0.2), mass=0.5)
    _, world = furnished(parcel)
    sim = started(world)
    joint = world.model.joint(parcel.body)
    sim.qvel[0, joint.dofadr[0]] = -2.5
    let_pass(sim, 0.4)
    assert sim.qpos[0, joint.qposadr[0]] > 0.1


def test_hands_are_palms_where_things_are_free_and_balls_elsewhere() -> None:
    names = {}
    for key, things in {"free": (box("box", Place(x=2.0, y=0.0)),), "fixed": (TABLE,)}.items():
        model = furnished(*things)[1].model
        names[key] = {model.geom(g).name for g in range(model.ngeom)}
    assert {"left_palm_collision", "right_palm_collision"} <= names["free"]
    assert "left_hand_collision" not in names["free"]
    assert {"left_hand_collision", "right_hand_collision"} <= names["fixed"]
    assert "left_palm_collision" not in names["fixed"]


def test_poses_travel_and_openness_are_read_for_each_simulation() -> None:
    parcel, cupboard = box("parcel", Place(x=3.0, y=0.0)), cabinet("cupboard", Place(x=5.0, y=0.0), openness=0.25)
    scene, world = furnished(parcel, cupboard)
    sim = started(world, 3)
    live = scene.live(sim)
    at = int(world.model.joint(parcel.body).qposadr[0])
    sim.qpos[:, at] = [1.0, 2.0, 3.0]
    state = live.read()
    assert pose_of(state, "parcel")[:, 0].tolist() == [1.0, 2.0, 3.0]
    assert pose_of(state, "cupboard")[:, 0].tolist() == [5.0] * 3
    openness = state.thing("cupboard").openness
    assert openness is not None and openness == pytest.approx(np.full(3, 0.25))
    assert state.base is not None and state.base.shape == (3, 3)
    sim.qpos[:, at] = 9.0
    assert pose_of(state, "parcel")[0, 0] == 1.0, "what was read does not change"


def test_the_beginning_reads_as_it_was_placed() -> None:
    for name in KINDS:
        kind = KINDS[name]
        thing = kind(f"the {name}", Place(x=3.0, y=1.0, z=kind.height, heading=0.7))
        scene, world = furnished(thing)
        told, seen = scene.state.thing(thing.name), scene.live(started(world)).read().thing(thing.name)
        assert told.pose is not None and seen.pose is not None
        assert seen.pose == pytest.approx(told.pose, abs=1e-9), name
        assert (seen.openness is None) == (told.openness is None)
        assert (seen.travel is None) == (told.travel is None)
        assert told.kind == name


@pytest.mark.parametrize("name", KINDS.names())
def test_every_kind_is_where_and_as_large_as_it_says(name: str) -> None:
    kind = KINDS[name]
    thing = kind("it", Place(x=3.0, y=1.0, z=kind.height, heading=0.0))
    if name not in ("button", "marker"):
        corners = thing.corners()
        extent = corners.max(axis=0) - corners.min(axis=0)
        assert extent == pytest.approx(thing.object.size, abs=0.07), "handles may stick out"
        assert corners[:, 2].min() == pytest.approx(0.0, abs=1e-6)
    for touch in thing.touches:
        assert thing.surface_distance(np.array(touch.point)) == pytest.approx(0.0, abs=1e-6)
        assert thing.surface_distance(touch.wrist(0.05)) == pytest.approx(0.05, abs=0.011)


def test_a_ball_rolls_and_comes_to_rest() -> None:
    football = ball("football", Place(x=3.0, y=0.0))
    scene, world = furnished(football)
    sim = started(world)
    joint = world.model.joint(football.body)
    sim.qvel[0, joint.dofadr[0]] = 1.0
    let_pass(sim, 1.0)
    far = sim.qpos[0, joint.qposadr[0]]
    assert far > 3.4
    let_pass(sim, 15.0)
    speed = np.linalg.norm(sim.qvel[0, joint.dofadr[0] : joint.dofadr[0] + 3])
    assert speed < 0.01
    assert pose_of(scene.live(sim).read(), "football")[0, 2] == pytest.approx(0.11, abs=0.002)


def test_what_is_dropped_into_a_bin_stays_in_it() -> None:
    parcel = box("parcel", Place(x=3.0, y=0.0, z=0.6), size=(0.2, 0.2, 0.2))
    scene, world = furnished(bin_("bin", Place(x=3.0, y=0.0)), parcel)
    sim = started(world)
    let_pass(sim, 2.0)
    assert pose_of(scene.live(sim).read(), "parcel")[0, 2] == pytest.approx(0.12, abs=0.003)


def test_held_is_between_both_palms_and_in_the_air() -> None:
    size = (0.2, 0.4, 0.2)
    parcel = box("parcel", Place(x=0.5, y=0.0), size=size)
    scene, world = furnished(parcel)
    sim = started(world, 3)
    live = scene.live(sim)
    hands = sim.hand_position()
    wide = float(hands[0, 0, 1] - hands[0, 1, 1])
    at = int(world.model.joint(parcel.body).qposadr[0])
    middle = hands[0].mean(axis=0)
    # 0: between the hands, as wide as the gap; 1: on the floor; 2: in the air beside the hands.
    sim.qpos[0, at : at + 3], sim.qpos[1, at : at + 3] = middle, [middle[0], middle[1], 0.1]
    sim.qpos[2, at : at + 3] = middle + [0.0, 0.5, 0.0]
    held = live.read().thing("parcel").held
    assert abs(wide - size[1]) / 2 < 0.06, "the hands of the default pose suit this box"
    assert held is not None and held.tolist() == [True, False, False]


def test_the_scene_follows_what_has_moved() -> None:
    desk = replace(TABLE, object=replace(TABLE.object, name="desk"))
    parcel = box("parcel", Place(x=2.0, y=-1.0), size=(0.3, 0.3, 0.3))
    scene = Scene(name="test", things=(desk, parcel), start=AWAY)
    assert scene.now(scene.state) is scene

    def at(x: float, y: float, z: float, heading: float = 0.0) -> Scene:
        pose = Pose.upright(x, y, z, heading)
        row = np.array([[*pose.position, *pose.quaternion]])
        moved = replace(scene.state.thing("parcel"), pose=row)
        return scene.now(replace(scene.state, things=(scene.state.thing("desk"), moved)))

    pushed = at(2.5, 1.0, 0.15, heading=0.5)
    assert {zone.name for zone in pushed.zones} == {"desk", "parcel"}
    assert pushed.zones[1].center == pytest.approx((2.5, 1.0), abs=0.002)
    assert pushed.thing("parcel").stand.xy == pytest.approx([2.5 - 0.4 - 0.2104, 1.0], abs=0.01)
    assert len(pushed.route((0.0, 0.0), "desk")) >= 1
    for touch in pushed.thing("parcel").touches:
        assert pushed.thing("parcel").surface_distance(np.array(touch.point)) == pytest.approx(0.0, abs=1e-6)

    lifted = at(3.7, 0.4, HEIGHT + 0.15)
    assert {zone.name for zone in lifted.zones} == {"desk"}, "what lies on a table takes up no floor"
    carried = lifted.thing("parcel")
    assert carried.rests_on == "desk"
    assert carried.stand.heading == pytest.approx(desk.stand.heading)
    assert carried.stand.y == pytest.approx(0.4, abs=0.002)
    assert carried.stand.x == pytest.approx(desk.stand.x)
    assert at(2.0, -1.0, 1.2).zones == lifted.zones, "nor does what is carried"


def test_zones_are_those_of_the_scene_and_stay_the_same_object_while_things_are_in_the_air(
    rng: np.random.Generator,
) -> None:
    """Walking asks for them at every control step, and puts robots with the same ones together."""
    parcel, closet = (
        box("parcel", Place(x=2.0, y=-1.0), size=(0.3, 0.3, 0.3)),
        cabinet("closet", Place(x=-3.0, y=0.0)),
    )
    scene = Scene(name="test", things=(TABLE, closet, parcel), start=AWAY)

    def at(place: Array, openness: float = 0.0) -> SceneState:
        row = np.array([[*place, *rng.normal(size=4)]])
        closed = replace(scene.state.thing("closet"), openness=np.array([openness]))
        things = (scene.state.thing("table"), closed, replace(scene.state.thing("parcel"), pose=row))
        return replace(scene.state, things=things)

    high = [at(np.array([2.0, -1.0, z])) for z in (0.5, 0.9, 1.3)]
    first = scene.zones_now(high[0])
    assert [zone.name for zone in first] == ["table", "closet"], "not where it was in the beginning"
    assert all(scene.zones_now(state) is first for state in high)
    for height in np.linspace(0.05, 1.2, 40):
        state = at(np.array([*rng.uniform(-1.0, 1.0, 2), height]), openness=float(rng.choice([0.0, 0.7])))
        assert scene.zones_now(state) == scene.now(state).zones
    assert scene.zones_now(scene.state) is scene.zones


def test_an_open_door_takes_up_floor() -> None:
    closed = Scene(name="test", things=(cabinet("cupboard", Place(x=3.0, y=0.0)),), start=AWAY)
    wide = replace(closed.state.thing("cupboard"), openness=np.array([0.8]))
    opened = closed.now(replace(closed.state, things=(wide,)))
    assert float(opened.clearance(np.zeros(2))) < float(closed.clearance(np.zeros(2))) - 0.25


def test_pictures_have_the_same_joints_and_masses() -> None:
    things = tuple(KINDS[name](name, Place(x=3.0 * k, y=3.0, z=KINDS[name].height)) for k, name in enumerate(KINDS))
    scene = Scene(name="test", things=things, start=AWAY)
    plain = build_world(ROBOT, WorldConfig(), furnish=[scene.furnish]).model
    pretty = build_world(
        ROBOT, WorldConfig(visual=True), furnish=[lambda spec: scene.furnish(spec, visual=True)]
    ).model  # fmt: skip
    assert plain.nq == pretty.nq
    for thing in things:
        if thing.free:
            assert plain.body(thing.body).mass[0] == pytest.approx(thing.object.mass)
            assert pretty.body(thing.body).mass[0] == pytest.approx(thing.object.mass)
            assert pretty.body(thing.body).inertia == pytest.approx(plain.body(thing.body).inertia)


def test_a_hinge_moves_its_blocks_as_the_simulation_does() -> None:
    cupboard = cabinet("cupboard", Place(x=3.0, y=1.0, heading=0.6), openness=0.7)
    _, world = furnished(cupboard)
    data = mujoco.MjData(world.model)
    data.qpos[:] = world.home
    mujoco.mj_kinematics(world.model, data)
    for part in cupboard.parts:
        for number, block in enumerate(part.blocks):
            told = cupboard.pose.to_world(part.moved(np.array(block.center)))
            seen = data.geom(f"{cupboard.joint_of(part)}/{number}").xpos
            assert told == pytest.approx(seen, abs=1e-9)
            assert cupboard.surface_distance(seen) == pytest.approx(0.0)
