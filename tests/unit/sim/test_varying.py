"""Friction, mass and size of hands and things differ between episodes, and only where there are any."""

from __future__ import annotations

import numpy as np
import pytest

import robots
from sim.batch import BatchSim
from sim.randomisation import NOMINAL, Randomisation, Randomiser
from sim.scene import Scene
from sim.streams import Streams
from sim.things import Place
from sim.things.box import box
from sim.things.model import Stand
from sim.things.table import HEIGHT, table
from sim.world import World, WorldConfig, build_world
from skillblend.snapshots import capture, restore

ROBOT = robots.load("h1")
TABLE = table("table", Place(x=3.0, y=0.0), size=(1.0, 2.0, HEIGHT))
PARCEL = box("parcel", Place(x=3.0, y=-0.5, z=HEIGHT, rests_on="table"), size=(0.2, 0.3, 0.25), mass=2.0)
CRATE = box("crate", Place(x=2.0, y=2.0), size=(0.4, 0.4, 0.3), mass=5.0)
SCENE = Scene(name="test", things=(TABLE, PARCEL, CRATE), start=Stand(x=0.0, y=0.0, heading=0.0))
WIDE = Randomisation(thing_size=(0.8, 1.2))


@pytest.fixture(scope="module")
def world() -> World:
    return build_world(ROBOT, WorldConfig(body_contacts=SCENE.contacts(ROBOT)), furnish=[SCENE.furnish])


def drawn(world: World, n: int, config: Randomisation, *, seed: int = 3) -> Randomiser:
    streams = Streams(seed, n)
    randomiser = Randomiser(BatchSim(world, n), config, streams)
    ids = np.arange(n)
    streams.next_episode(ids)
    randomiser.reset(ids)
    return randomiser


def test_factors_are_in_their_ranges_and_reach_the_models(world: World) -> None:
    rand = drawn(world, 60, WIDE)
    vary, model = rand.varying, world.model
    assert vary.names == ("thing/parcel", "thing/crate")
    for values, (low, high) in ((vary.friction, (0.7, 1.2)), (vary.mass, (0.8, 1.25)), (vary.size, (0.8, 1.2))):
        assert values.shape == (60, 2)
        assert low <= values.min() and values.max() <= high and np.ptp(values) > 0.9 * (high - low)
        assert abs(np.asarray(np.corrcoef(values.T))[0, 1]) < 0.5, "each thing has its own"
    for i in (0, 31):
        own = rand.sim.batch.get_model(i)
        palm, geom = model.geom("left_palm_collision").id, model.geom("thing/parcel/0").id
        assert own.geom_friction[palm] == pytest.approx(vary.hand[i] * model.geom_friction[palm])
        assert own.geom_friction[geom] == pytest.approx(vary.friction[i, 0] * model.geom_friction[geom])
        assert own.geom_size[geom] == pytest.approx(vary.size[i, 0] * np.array([0.1, 0.15, 0.125]))
        body = own.body("thing/parcel")
        assert body.mass[0] == pytest.approx(2.0 * vary.mass[i, 0])
        x, y, z = 2 * own.geom_size[geom]
        solid = body.mass[0] / 12 * np.array([y * y + z * z, x * x + z * z, x * x + y * y])
        assert sorted(body.inertia) == pytest.approx(sorted(solid)), "of a solid box"
        assert own.body_subtreemass[body.id] == pytest.approx(body.mass[0]), "derived constants follow"


def test_things_of_any_size_rest_where_they_were_put(world: World) -> None:
    rand = drawn(world, 24, WIDE)
    sim, ids = rand.sim, np.arange(24)
    qpos = np.tile(world.home, (24, 1))
    rand.varying.settle(ids, qpos)
    sim.reset(ids, qpos, np.zeros((24, world.model.nv)))
    for _ in range(50):
        sim.step(np.tile(ROBOT.default_pose, (24, 1)))
    state = SCENE.live(sim).read()
    for k, (name, floor, height) in enumerate((("parcel", HEIGHT, 0.25), ("crate", 0.0, 0.3))):
        pose = state.thing(name).pose
        assert pose is not None
        assert pose[:, 2] == pytest.approx(floor + rand.varying.size[:, k] * height / 2, abs=0.002)


def test_heavier_things_are_harder_to_push(world: World) -> None:
    """The same impulse moves a thing of factor m by a speed that goes with 1 / m."""
    rand = drawn(world, 8, Randomisation(thing_friction=(1.0, 1.0), thing_mass=(0.5, 2.0)))
    sim, ids = rand.sim, np.arange(8)
    sim.reset(ids, np.tile(world.home, (8, 1)), np.zeros((8, world.model.nv)))
    at = int(world.model.joint("thing/crate").dofadr[0])
    sim.qpos[:, world.model.joint("thing/crate").qposadr[0] + 2] += 1.0
    sim.batch.bind("xfrc_applied")[:, world.model.body("thing/crate").id, 0] = 50.0
    sim.step(np.tile(ROBOT.default_pose, (8, 1)))
    assert sim.qvel[:, at] == pytest.approx(50.0 * 0.02 / (5.0 * rand.varying.mass[:, 1]), rel=0.02)


def test_draws_do_not_depend_on_the_number_of_simulations(world: World) -> None:
    many, few = drawn(world, 16, WIDE).varying, drawn(world, 4, WIDE).varying
    assert np.array_equal(many.size[:4], few.size)
    assert np.array_equal(many.hand[:4], few.hand)


def test_a_restored_batch_of_things_goes_on_bit_for_bit(world: World) -> None:
    ids, home = np.arange(4), np.tile(world.home, (4, 1))

    def fall(rand: Randomiser) -> np.ndarray:
        for _ in range(40):
            rand.sim.step(np.tile(ROBOT.default_pose, (4, 1)))
        return rand.sim.qpos.copy()

    first, other = drawn(world, 4, WIDE), drawn(world, 4, WIDE, seed=9)
    for rand in (first, other):
        rand.sim.reset(ids, home, np.zeros((4, world.model.nv)))
    kept = capture(first.sim), capture(first)
    expected = fall(first)
    restore(other.sim, kept[0])
    restore(other, kept[1])
    assert np.array_equal(other.varying.size, first.varying.size)
    assert np.array_equal(fall(other), expected)


def test_nominal_changes_nothing(world: World) -> None:
    rand = drawn(world, 3, NOMINAL)
    own = rand.sim.batch.get_model(1)
    for field in ("geom_friction", "geom_size", "body_mass", "body_inertia"):
        assert np.array_equal(getattr(own, field), getattr(world.model, field)), field


def test_a_world_without_things_is_left_alone() -> None:
    bare = build_world(ROBOT)
    rand = drawn(bare, 3, WIDE)
    assert rand.varying.names == ()
    assert rand.sim.batch.expanded("geom_size") is None
    assert rand.sim.batch.expanded("body_inertia") is None
