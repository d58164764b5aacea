"""Batched forward kinematics of limbs, from proprioception alone: foot and hand positions, leg odometry."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from skillblend.contracts import Array, Frame, IntArray, Observation, Robot


@dataclass(frozen=True, kw_only=True)
class LimbPose:
    """Where L limb tips are and how they move, relative to the base and in base axes.

    Attributes:
        position: Shape (N, L, 3), m.
        velocity: Due to joint motion only. Shape (N, L, 3), m/s.
    """

    position: Array
    velocity: Array


class Limbs:
    """L serial chains with the same number of joints K, evaluated together for N robots.

    Internally arrays are component-first, (3, L, N), so that each operation runs over contiguous
    memory: a leg pair costs tens of microseconds for 128 robots.
    """

    def __init__(self, robot: Robot, frames: Sequence[Frame]) -> None:
        """Build the chains from the base to each of `frames`.

        Raises:
            UnknownNameError: A frame names a body that the robot does not have.
            ValueError: The chains differ in their number of joints.
        """
        chains = [_chain(robot, frame) for frame in frames]
        lengths = {len(c.joints) for c in chains}
        if len(lengths) != 1:
            raise ValueError(f"limbs must have equally many joints, found {sorted(lengths)}")
        self.joints: IntArray = np.stack([c.joints for c in chains])  # (L, K)
        positions = np.stack([c.positions for c in chains])  # (L, K, 3)
        rotations = np.stack([c.rotations for c in chains])  # (L, K, 3, 3)
        axes = np.stack([c.axes for c in chains])  # (L, K, 3)
        self._tip = _Offset(np.stack([c.tip for c in chains]))
        self._links = [_Link(positions[:, k], rotations[:, k], axes[:, k]) for k in range(self.joints.shape[1])]

    def __call__(self, joint_position: Array, joint_velocity: Array) -> LimbPose:
        """Tip positions and velocities in base axes; inputs (N, J) in rad and rad/s."""
        tip, axes, arms = self._forward(joint_position)
        rate = np.ascontiguousarray(joint_velocity.T)[self.joints.T]
        velocity = np.empty_like(tip)
        for i, lever in enumerate(_levers(axes, arms)):
            lever *= rate
            lever.sum(axis=0, out=velocity[i])
        return LimbPose(position=tip.transpose(2, 1, 0), velocity=velocity.transpose(2, 1, 0))

    def position(self, joint_position: Array) -> Array:
        """Tips (N, L, 3) in base axes, m; input (N, J), rad."""
        return self._forward(joint_position)[0].transpose(2, 1, 0)

    def jacobian(self, joint_position: Array) -> Array:
        """Of the tips by the joints of their own limbs, base axes. Shape (N, L, 3, K), m/rad; input (N, J), rad."""
        _, axes, arms = self._forward(joint_position)
        return np.stack(list(_levers(axes, arms))).transpose(3, 2, 0, 1)

    def _forward(self, joint_position: Array) -> tuple[Array, Array, Array]:
        """Tips (3, L, N), axes of the joints and arms from them to the tips (3, K, L, N), base axes."""
        limbs, joints = len(self.joints), self.joints.T
        angle = np.ascontiguousarray(joint_position.T)[joints]  # (K, L, N)
        sine, cosine = np.sin(angle), np.cos(angle)
        columns = [np.zeros((3, limbs, 1)) for _ in range(3)]  # broadcast over N until the first joint
        for i in range(3):
            columns[i][i] = 1.0
        p = np.zeros((3, limbs, 1))
        origins = np.empty((3, *angle.shape))  # (3, K, L, N), as are the axes
        axes = np.empty_like(origins)
        for k, link in enumerate(self._links):
            p = p + link.offset.turned(columns)
            if link.rotation is not None:
                columns = [vector.turned(columns) for vector in link.rotation]
            origins[:, k] = p
            axes[:, k] = link.axis.turned(columns)
            columns = link.rotate(columns, sine[k], cosine[k])
        tip = p + self._tip.turned(columns)
        return tip, axes, tip[:, None] - origins


_CYCLES = ((0, 1, 2), (1, 2, 0), (2, 0, 1))


def _levers(axes: Array, arms: Array) -> Iterator[Array]:
    """The velocities that joints give their tips at 1 rad/s, one component (K, L, N) after the other."""
    for _, j, m in _CYCLES:
        lever = axes[j] * arms[m]
        lever -= axes[m] * arms[j]
        yield lever


class _Offset:
    """One constant vector per limb (L, 3), its zero components left out of the arithmetic."""

    def __init__(self, vectors: Array) -> None:
        self._parts = [(i, vectors[:, i, None].copy()) for i in range(3) if vectors[:, i].any()]

    def turned(self, columns: Sequence[Array]) -> Array:
        """The vectors turned by per-robot rotations given as columns (3, L, N)."""
        if not self._parts:
            return np.zeros_like(columns[0])
        (i, first), *others = self._parts
        out = columns[i] * first
        for i, part in others:
            out = out + columns[i] * part
        return out


class _Link:
    """What lies between two joints of L limbs, and how the second one turns."""

    def __init__(self, position: Array, rotation: Array, axis: Array) -> None:
        self.offset = _Offset(position)
        plain = bool(np.allclose(rotation, np.eye(3)))
        self.rotation = None if plain else [_Offset(rotation[:, :, c]) for c in range(3)]
        self.axis = _Offset(axis)
        self._components = [axis[:, i, None] for i in range(3)]
        self._main = int(np.argmax(np.abs(axis[0])))
        self._sign = axis[:, self._main, None]
        self._aligned = bool(np.allclose(np.abs(self._sign), 1.0))

    def rotate(self, columns: Sequence[Array], s: Array, c: Array) -> list[Array]:
        """Append rotations about the axis, of sine and cosine (L, N), to rotations given as columns."""
        if self._aligned:
            s = s * self._sign
            out = list(columns)
            i, j = (self._main + 1) % 3, (self._main + 2) % 3
            out[i] = columns[i] * c + columns[j] * s
            out[j] = columns[j] * c - columns[i] * s
            return out
        x, y, z = self._components
        t = 1.0 - c
        matrix = (
            (t * x * x + c, t * x * y + s * z, t * x * z - s * y),
            (t * x * y - s * z, t * y * y + c, t * y * z + s * x),
            (t * x * z + s * y, t * y * z - s * x, t * z * z + c),
        )
        return [columns[0] * u + columns[1] * v + columns[2] * w for u, v, w in matrix]


@dataclass(frozen=True, kw_only=True)
class _Chain:
    joints: IntArray
    positions: Array
    rotations: Array
    axes: Array
    tip: Array


def _chain(robot: Robot, frame: Frame) -> _Chain:
    path: list[int] = []
    index = robot.body(frame.body)
    while index > 0:
        path.append(index)
        index = robot.bodies[index].parent
    joints: list[int] = []
    positions: list[Array] = []
    rotations: list[Array] = []
    axes: list[Array] = []
    position, rotation = np.zeros(3), np.eye(3)
    for index in reversed(path):
        body = robot.bodies[index]
        position = position + rotation @ body.position
        rotation = rotation @ body.rotation
        if body.joint < 0:
            continue
        joints.append(body.joint)
        positions.append(position)
        rotations.append(rotation)
        axes.append(body.axis)
        position, rotation = np.zeros(3), np.eye(3)
    tip = position + rotation @ np.asarray(frame.offset)
    return _Chain(
        joints=np.array(joints, dtype=np.int64),
        positions=np.array(positions),
        rotations=np.array(rotations),
        axes=np.array(axes),
        tip=tip,
    )


@dataclass(frozen=True, kw_only=True)
class HomeChain:
    """A serial chain in the default pose, in base axes.

    Attributes:
        joints: Indices, from the base to the tip. Shape (K,).
        origins: A point on each joint's axis. Shape (K, 3), m.
        axes: Shape (K, 3), unit length.
        tip: Shape (3,), m.
    """

    joints: IntArray
    origins: Array
    axes: Array
    tip: Array


def home_chain(robot: Robot, frame: Frame) -> HomeChain:
    """Where the joints between the base and `frame` are while `robot` stands in its default pose."""
    chain = _chain(robot, frame)
    position, rotation = np.zeros(3), np.eye(3)
    origins, axes = np.empty_like(chain.positions), np.empty_like(chain.axes)
    for k, joint in enumerate(chain.joints):
        position = position + rotation @ chain.positions[k]
        rotation = rotation @ chain.rotations[k]
        origins[k], axes[k] = position, rotation @ chain.axes[k]
        rotation = rotation @ _about(chain.axes[k], float(robot.default_pose[joint]))
    return HomeChain(joints=chain.joints, origins=origins, axes=axes, tip=position + rotation @ chain.tip)


def _about(axis: Array, angle: float) -> Array:
    """Rotation by `angle` about the unit vector `axis` (3,). Source: Rodrigues' formula."""
    x, y, z = axis
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    return np.eye(3) + np.sin(angle) * cross + (1.0 - np.cos(angle)) * (cross @ cross)


def gravity_base(quaternion: Array) -> Array:
    """Direction of gravity in the base frame, unit length. Quaternion (N, 4) wxyz -> (N, 3)."""
    w, x, y, z = quaternion.T
    return _join(-2 * (x * z - w * y), -2 * (y * z + w * x), 2 * (x * x + y * y) - 1)


def yaw(quaternion: Array) -> Array:
    """Heading of the base x axis in the world. Quaternion (N, 4) wxyz -> (N,), rad."""
    w, x, y, z = quaternion.T
    return np.arctan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z))


def to_heading(vectors: Array, heading: Array) -> Array:
    """World vectors (N, ..., 3) in a frame turned by `heading` (N,) about z."""
    shape = (len(heading), *([1] * (vectors.ndim - 2)))
    c, s = np.cos(heading).reshape(shape), np.sin(heading).reshape(shape)
    x, y, z = vectors[..., 0], vectors[..., 1], vectors[..., 2]
    return _join(c * x + s * y, -s * x + c * y, z)


def from_heading(vectors: Array, heading: Array) -> Array:
    """Vectors (N, ..., 3) of a frame turned by `heading` (N,), in world axes."""
    return to_heading(vectors, -heading)


def turned(quaternion: Array, heading: Array) -> Array:
    """Orientations (N, 4), wxyz, turned by `heading` (N,) about the world z axis."""
    c, s = np.cos(heading / 2), np.sin(heading / 2)
    w, x, y, z = quaternion.T
    return _join(c * w - s * z, c * x - s * y, c * y + s * x, c * z + s * w)


def within(values: Array, low: Array | float, high: Array | float) -> Array:
    """`values` moved into [low, high]; twice as fast as `np.clip` where there are few of them."""
    return np.minimum(np.maximum(values, low), high)


def squares(vectors: Array) -> Array:
    """Sum of squares over the last axis: (..., K) -> (...); lighter than `(vectors**2).sum(axis=-1)`."""
    return np.einsum("...k,...k->...", vectors, vectors)


def length(vectors: Array) -> Array:
    """Euclidean length over the last axis: (..., K) -> (...)."""
    return np.sqrt(squares(vectors))


def _join(*components: Array) -> Array:
    """Components (N, ...) along a new last axis; a lighter `np.stack`."""
    out = np.empty((*components[0].shape, len(components)))
    for i, values in enumerate(components):
        out[..., i] = values
    return out


def _cross(a: Array, b: Array) -> Array:
    """Cross product over the last axis; `np.cross` spends longer on its checks than on these products."""
    out = np.empty(np.broadcast_shapes(a.shape, b.shape))
    for i, j, k in _CYCLES:
        out[..., i] = a[..., j] * b[..., k] - a[..., k] * b[..., j]
    return out


def level_rotation(gravity: Array) -> Array:
    """Rotation from the base frame to the level frame (z up, x along the heading). (N, 3) -> (N, 3, 3)."""
    up = -gravity
    forward = -up[:, 0:1] * up
    forward[:, 0] += 1.0
    forward /= np.maximum(length(forward), 1e-6)[:, None]
    out = np.empty((len(gravity), 3, 3))
    out[:, 0], out[:, 1], out[:, 2] = forward, _cross(up, forward), up
    return out


@dataclass(frozen=True, kw_only=True)
class Stance:
    """What the joints and the IMU say about the base, for N robots; level frame: z up, x along the heading.

    Attributes:
        gravity: Base frame. Shape (N, 3), unit length.
        rotation: Base to level frame. Shape (N, 3, 3).
        feet: Sole centres relative to the base, level frame. Shape (N, 2, 3), m.
        linear_velocity: Of the base by leg odometry, level frame. Shape (N, 3), m/s.
        angular_velocity: Level frame. Shape (N, 3), rad/s.
        height: Of the base above the lower sole. Shape (N,), m.
        wrists: In the stance frame, where somebody has computed them. Shape (N, 2, 3), m.
    """

    gravity: Array
    rotation: Array
    feet: Array
    linear_velocity: Array
    angular_velocity: Array
    height: Array
    wrists: Array | None = None

    @property
    def midfoot(self) -> Array:
        """Point on the ground between the soles, relative to the base, level frame. Shape (N, 3), m."""
        middle = 0.5 * (self.feet[:, 0] + self.feet[:, 1])
        middle[:, 2] = -self.height
        return middle

    def take(self, ids: IntArray) -> Stance:
        """Of robots `ids` alone, as copies."""
        return Stance(
            gravity=self.gravity[ids],
            rotation=self.rotation[ids],
            feet=self.feet[ids],
            linear_velocity=self.linear_velocity[ids],
            angular_velocity=self.angular_velocity[ids],
            height=self.height[ids],
            wrists=None if self.wrists is None else self.wrists[ids],
        )


class LegOdometry:
    """Base velocity and height from joints and IMU: the lower foot is taken to stand still.

    Source: Bloesch et al., "State Estimation for Legged Robots", RSS 2012 (kinematic measurement only).
    """

    blend_height: float = 0.01
    """Height difference over which trust moves from one sole to the other, m."""

    def __init__(self, robot: Robot) -> None:
        """Build the leg chains of `robot`."""
        self._legs = Limbs(robot, robot.feet)

    def __call__(self, obs: Observation) -> Stance:
        """Evaluate for N robots."""
        legs = self._legs(obs.joint_position, obs.joint_velocity)
        gravity = gravity_base(obs.base_quaternion)
        rotation = level_rotation(gravity)
        omega = obs.base_angular_velocity
        foot_velocity = legs.velocity + _cross(omega[:, None], legs.position)
        feet = legs.position @ rotation.transpose(0, 2, 1)
        drop = -feet[:, :, 2]
        exponent = within((drop[:, 1] - drop[:, 0]) / self.blend_height, -30, 30)
        left = 1.0 / (1.0 + np.exp(exponent))
        velocity = -(left[:, None] * foot_velocity[:, 0] + (1.0 - left)[:, None] * foot_velocity[:, 1])
        return Stance(
            gravity=gravity,
            rotation=rotation,
            feet=feet,
            linear_velocity=np.einsum("nij,nj->ni", rotation, velocity),
            angular_velocity=np.einsum("nij,nj->ni", rotation, omega),
            height=np.maximum(drop[:, 0], drop[:, 1]),
        )

    def renew(self, stance: Stance | None, obs: Observation, ids: IntArray) -> Stance:
        """`stance` with robots `ids` evaluated anew; the others are taken not to have changed."""
        if stance is None:
            return self(obs)
        fresh = self(obs.take(ids))
        return Stance(
            gravity=_put(stance.gravity, ids, fresh.gravity),
            rotation=_put(stance.rotation, ids, fresh.rotation),
            feet=_put(stance.feet, ids, fresh.feet),
            linear_velocity=_put(stance.linear_velocity, ids, fresh.linear_velocity),
            angular_velocity=_put(stance.angular_velocity, ids, fresh.angular_velocity),
            height=_put(stance.height, ids, fresh.height),
        )


def _put(values: Array, ids: IntArray, rows: Array) -> Array:
    """A copy of `values` with rows `ids` replaced."""
    out = values.copy()
    out[ids] = rows
    return out
