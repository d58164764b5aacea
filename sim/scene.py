"""A scene: what stands where, how to get there, and how it is built into a MuJoCo model.

>>> scene = scenes.load("workshop")
>>> world = build_world(robot, WorldConfig(body_contacts=scene.contacts(robot)), furnish=[scene.furnish])
>>> scene.route((0.0, 0.0), "button")  # waypoints that avoid furniture and end at the button's stand
>>> scene.thing("button").touches[0].wrist(0.03)  # where the left wrist is when the hand meets the button
>>> live = scene.live(sim)
>>> scene.now(live.read()).route((0.0, 0.0), "parcel")  # where the parcel is by now
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import NamedTuple

import mujoco
import numpy as np

from sim import routes
from sim.batch import BatchSim
from sim.live import Live
from sim.meshes import RIM
from sim.placing import moved
from sim.things.kinds import H1, Fit
from sim.things.model import LOW, Model, Rectangle, Stand
from sim.things.shapes import add_materials
from sim.touch import FEET, add_feeling
from skillblend.contracts import Array, Robot, SceneState, Thing
from skillblend.errors import InputError, UnknownNameError
from skillblend.navigation import Leg, Pose2D
from skillblend.safety.machine import Mode
from skillblend.safety.plan import KeepOut, Situation
from skillblend.scales import Scales

MARGIN = 0.5
"""Routes keep the base of the reference body this far from furniture, m, except on their first and last leg."""

APPROACH = 0.35
"""The last leg of a route to furniture, straight along the stand's heading, m, of the reference body."""


_MANY = 3
"""From so many free things on, sparse Jacobians are faster: 21 ms instead of 32 with five, 64 simulations."""


class Waypoint(NamedTuple):
    """One corner of a route.

    Attributes:
        x, y: Where the base goes, world, m.
        keep_heading: Go there without turning (backwards or sideways): furniture is close.
    """

    x: float
    y: float
    keep_heading: bool = False


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A furnished place.

    Attributes:
        name: Registered name, or that of the file it comes from.
        things: Everything that instructions can refer to, with its geometry.
        start: Where the robot's base is when a run begins.
        about: One line, for lists.
        path: The file that it was read from; empty for a scene that ships.
        length: Legs of the robot that walks here, of the reference body's, see `skillblend.scales`: routes keep
            that share of `MARGIN`.
        build: Makes the same scene for another robot; None where nothing of it depends on who it is.
        sketch: Set where a scene is abstract: its things have no poses, and nothing of it can be simulated.
    """

    name: str
    things: tuple[Model, ...]
    start: Stand
    about: str = ""
    path: str = ""
    length: float = 1.0
    build: Callable[[Fit], Scene] | None = field(default=None, compare=False, repr=False)
    sketch: SceneState | None = None

    def fitted(self, robot: Robot) -> Scene:
        """The same scene with heights, stands and margins that suit `robot`."""
        fit, length = Fit.of(robot), round(Scales.of(robot).length, 2)
        built = self if self.build is None or fit == H1 else self.build(fit)
        return built if built.length == length else built._sized(length)

    @cached_property
    def _sized(self) -> Callable[[float], Scene]:
        """The same things around legs of another length, remembered."""
        return lru_cache(maxsize=None)(lambda length: replace(self, length=length))

    @property
    def source(self) -> str:
        """What `sim.scenes.load` makes the same scene from: its file, or its name."""
        return self.path or self.name

    @property
    def objects(self) -> tuple[Thing, ...]:
        """Names and kinds, for planners."""
        return self.state.things

    @cached_property
    def state(self) -> SceneState:
        """The things as they are in the beginning, N = 1."""
        if self.sketch is not None:
            return self.sketch
        base = np.array([[self.start.x, self.start.y, self.start.heading]])
        return SceneState(
            things=tuple(_in_the_beginning(model) for model in self.things), base=base, length=self.length
        )

    def now(self, state: SceneState, row: int = 0) -> Scene:
        """The scene around simulation `row`: zones, routes and stands follow what has moved."""
        return self._moved(*self._places(state, row)) if self._movable else self

    def zones_now(self, state: SceneState, row: int = 0) -> tuple[KeepOut, ...]:
        """`now(state, row).zones`, the same object as long as no zone has changed.

        What is in hands or on furniture is in nobody's way, and moves at every control step: it is left out at once.
        """
        return self._moved(*self._places(state, row, low=True)).zones if self._movable else self.zones

    def _places(self, state: SceneState, row: int, *, low: bool = False) -> tuple[Places, Shares]:
        """Where what can move is in simulation `row`; with `low`, without what is too high to be walked into."""
        poses, shares = [], []
        for model, high in self._movable:
            thing = state.thing(model.name)
            pose = None if thing.pose is None else thing.pose[row]
            if low and pose is not None and pose[2] > high:
                continue
            poses.append((model.name, None if pose is None or not model.free else _key(pose)))
            shares.append(None if thing.openness is None else round(float(thing.openness[row]), 2))
        return tuple(poses), tuple(shares)

    @cached_property
    def _movable(self) -> tuple[tuple[Model, float], ...]:
        """What need not stay as it was built, and above which height of its middle nobody walks into it, m."""
        return tuple(
            (model, LOW + model.radius if model.free else np.inf)
            for model in self.things
            if model.free or model.doors
        )

    @cached_property
    def _moved(self) -> Callable[[Places, Shares], Scene]:
        """The scene with things at other poses, remembered: rules and walking ask at every control step."""

        def move(poses: Places, shares: Shares) -> Scene:
            wanted = {name: (pose, share) for (name, pose), share in zip(poses, shares, strict=True)}
            away = {model.name for model, _ in self._movable} - wanted.keys()
            things = moved(tuple(thing for thing in self.things if thing.name not in away), wanted)
            return self if things == self.things else replace(self, things=things)

        return lru_cache(maxsize=512)(move)

    def live(self, sim: BatchSim) -> Live:
        """A reader of the things in simulations of a world that was furnished with this scene."""
        return Live(self.things, sim)

    def contacts(self, robot: Robot) -> tuple[str, ...]:
        """`WorldConfig.body_contacts` under which the robot meets all that is here.

        Fixed things are met by hands and the links that carry them; free ones also by shins, thighs and trunk, and
        hands are flat palms then: see `sim.contacts`.
        """
        if not any(model.free for model in self.things):
            return hand_contacts(robot)
        return ("left_palm", "right_palm", *(frame.body for frame in robot.hands), "knee", "hip", "torso")

    @cached_property
    def obstacles(self) -> tuple[Rectangle, ...]:
        """Floor areas that nobody can walk through."""
        return tuple(t.footprint for t in self.things if t.footprint is not None)

    @cached_property
    def zones(self) -> tuple[KeepOut, ...]:
        """The same areas as the rules for plans see them."""
        found: list[KeepOut] = []
        for thing in self.things:
            r = thing.footprint
            if r is not None:
                center = ((r.x_min + r.x_max) / 2, (r.y_min + r.y_max) / 2)
                half = ((r.x_max - r.x_min) / 2, (r.y_max - r.y_min) / 2)
                found.append(KeepOut(name=thing.name, center=center, half=half, furniture=True))
        return tuple(found)

    def situation(self, pose: Pose2D, mode: Mode) -> Situation:
        """What the rules for plans look at, with the base at `pose`."""
        return Situation(
            position=(pose.x, pose.y),
            heading=pose.heading,
            objects={t.name: (float(t.position[0]), float(t.position[1])) for t in self.things},
            zones=self.zones,
            route=lambda start, name: [(w.x, w.y) for w in self.route(start, name)],
            mode=mode,
            things={t.name: _in_the_beginning(t) for t in self.things},
        )

    def legs(self, pose: Pose2D, name: str) -> tuple[list[Leg], float | None]:
        """How to walk from `pose` to the stand of `name`, and the heading there (None for markers)."""
        thing = self.thing(name)
        legs = [
            Leg(position=np.array([w.x, w.y]), keep_heading=w.keep_heading)
            for w in self.route((pose.x, pose.y), name)
        ]
        return legs, None if thing.kind == "marker" else thing.stand.heading

    def thing(self, name: str) -> Model:
        """The thing called `name`.

        Raises:
            UnknownNameError: No such thing here.
        """
        for thing in self.things:
            if thing.name == name:
                return thing
        raise UnknownNameError("object", name, [thing.name for thing in self.things])

    def furnish(self, spec: mujoco.MjSpec, *, visual: bool = False) -> None:
        """Add everything to the world body of `spec`; a `sim.world.Furnish`.

        Args:
            spec: The robot and its floor.
            visual: Also add materials, lights and decoration. The joints are the same either way, so
                that a qpos of the plain model fits the visual one.

        Raises:
            InputError: The scene is abstract.
        """
        if self.sketch is not None:
            raise InputError(
                f"the scene {self.name!r} is abstract, so nothing can be simulated in it; give every thing a "
                "`position`, or let `skillblend plan` say what would be done"
            )
        if visual:
            add_materials(spec)
            _set_light(spec)
        if sum(model.free for model in self.things) >= _MANY:
            spec.option.jacobian = mujoco.mjtJacobian.mjJAC_SPARSE
        for thing in self.things:
            thing.furnish(spec, visual=visual)

    def feel(self, spec: mujoco.MjSpec) -> None:
        """Let the robot's hands feel the things, once `furnish` has added them; a `sim.world.Furnish`."""
        add_feeling(spec, *self._felt())

    @property
    def felt(self) -> tuple[str, ...]:
        """Under which names hands and feet feel things, in the order of the sensors; see `sim.touch`."""
        touched, kicked = self._felt()
        return (*touched, *(f"{FEET}{name}" for name in kicked))

    def _felt(self) -> tuple[dict[str, str], dict[str, str]]:
        """Bodies of the things that hands feel, and of those that feet feel, by name."""
        touched = {thing.name: thing.body for thing in self.things if thing.touches}
        return touched, {thing.name: thing.body for thing in self.things if thing.kind == "ball"}

    @property
    def margin(self) -> float:
        """How far routes keep the base from furniture, m."""
        return MARGIN * self.length

    def clearance(self, xy: Array) -> Array:
        """Distance of points (..., 2) on the floor to the nearest furniture, m; infinite without any."""
        return routes.clearance(xy, self.obstacles)

    def route(self, start_xy: tuple[float, float] | Array, goal: str) -> tuple[Waypoint, ...]:
        """Where to walk, in order, from `start_xy` to the stand of `goal`; `start_xy` is left out.

        In between, the base keeps `margin` from all furniture. A start nearer to furniture than that
        begins with a waypoint of ``keep_heading``: step away before turning. Furniture is approached
        straight on from `APPROACH` m, times `length`, before its stand. At the end, turn to `Stand.heading`.

        Raises:
            UnknownNameError: No such thing here.
            PlanError: There is no way.
        """
        return self._routes((float(start_xy[0]), float(start_xy[1])), goal)

    @cached_property
    def _routes(self) -> Callable[[routes.Point, str], tuple[Waypoint, ...]]:
        """`_route`, remembered: rules, affordances and walking ask from the same place within a control step."""
        return lru_cache(maxsize=32)(self._route)

    def _route(self, start: routes.Point, goal: str) -> tuple[Waypoint, ...]:
        stand = self.thing(goal).stand
        end = Waypoint(stand.x, stand.y)
        distance = float(np.hypot(start[0] - stand.x, start[1] - stand.y))
        margin, approach = self.margin, APPROACH * self.length
        near = bool(self.clearance(stand.xy) <= margin)
        if distance <= approach and near:
            return (end._replace(keep_heading=True),)
        away = routes.escape(start, self.obstacles, margin)
        before = stand.ahead(-approach, 0.0, 0.0)[:2] if near else (stand.x, stand.y)
        path = routes.shortest_path(away, before, self.obstacles, margin)
        first = [Waypoint(*away, keep_heading=True)] if away != start else []
        return (*first, *(Waypoint(x, y) for x, y in path), *([end] if near else []))

    def travel(self, model: mujoco.MjModel, qpos: Array) -> dict[str, Array]:
        """How far each button is pushed in, m, by name; qpos (N, nq) of `model` -> each (N,)."""
        return {
            thing.name: qpos[:, model.joint(thing.joint).qposadr[0]].copy()
            for thing in self.things
            if thing.spring is not None
        }


def hand_contacts(robot: Robot) -> tuple[str, ...]:
    """`WorldConfig.body_contacts` under which hands and the links that carry them meet furniture."""
    return ("left_hand", "right_hand", *(frame.body for frame in robot.hands))


def _set_light(spec: mujoco.MjSpec) -> None:
    """One sun from behind the camera's shoulder, and soft light from everywhere: nothing burns out."""
    spec.visual.headlight.ambient = [0.52, 0.52, 0.53]
    spec.visual.headlight.diffuse = [0.26, 0.26, 0.26]
    spec.visual.headlight.specular = [0.05, 0.05, 0.05]
    for light in spec.lights:
        if light.name == RIM:
            continue
        light.pos, light.dir = [-2.5, -2.5, 4.0], [0.5, 0.5, -0.8]
        light.diffuse = [0.46, 0.46, 0.44]
        light.specular = [0.15, 0.15, 0.15]


Key = tuple[float, ...]
"""A pose of 7 numbers, rounded to 2 mm and a tenth of a degree, so that trembling things stand still."""

Places = tuple[tuple[str, Key | None], ...]
"""By name, the poses of what can move; None where only its doors do."""

Shares = tuple[float | None, ...]
"""How far each of them is open; None without doors."""


def _key(pose: Array) -> Key:
    steps = np.array([0.002] * 3 + [0.001] * 4)
    return tuple((np.round(pose / steps) * steps).tolist())


def _in_the_beginning(model: Model) -> Thing:
    pose = np.array([[*model.pose.position, *model.pose.quaternion]])
    shares = [part.position / part.travel for part in model.doors]
    return replace(
        model.object,
        pose=pose,
        openness=np.array([max(shares)]) if shares else None,
        travel=None if model.spring is None else np.array([model.spring.position]),
        held=np.zeros(1, dtype=np.bool_),
    )
