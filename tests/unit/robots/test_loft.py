from __future__ import annotations

from collections import Counter
from typing import Literal

import numpy as np
import pytest

from robots.loft import loft
from robots.shapes import Shape, both_sides, box


def volume(shape: Shape) -> float:
    """Signed volume: positive where faces turn outwards."""
    a, b, c = (np.array(shape.points)[np.array(shape.faces)[:, i]] for i in range(3))
    return float(np.einsum("fi,fi->", a, np.cross(b, c)) / 6.0)


@pytest.mark.parametrize("axis", ["x", "y", "z"])
def test_cylinder(axis: Literal["x", "y", "z"]) -> None:
    sections = [(0.0, -0.1, 0.1, -0.1, 0.1), (0.5, -0.1, 0.1, -0.1, 0.1)]
    shape = loft("b", axis, sections, "dark", power=2.0, bevel=0.0, segments=96)
    assert volume(shape) == pytest.approx(np.pi * 0.1**2 * 0.5, rel=2e-3)
    points = np.array(shape.points)
    assert np.ptp(points, axis=0) == pytest.approx([0.5 if a == axis else 0.2 for a in "xyz"], abs=1e-5)


def test_surface_is_closed_and_stays_so_on_the_other_side() -> None:
    left = loft(
        "left_leg",
        "z",
        [(0.0, -0.1, 0.1, 0.0, 0.1), (0.2, -0.05, 0.1, 0.0, 0.1), (0.3, 0, 0.1, 0, 0.1)],
        "dark",
    )
    _, right = both_sides([left])
    for shape in (left, right):
        edges = Counter((f[i], f[(i + 1) % 3]) for f in shape.faces for i in range(3))
        assert set(edges.values()) == {1}
        assert all((b, a) in edges for a, b in edges)
        assert volume(shape) > 0
    assert volume(right) == pytest.approx(volume(left))
    assert right.body == "right_leg"
    assert np.array(right.points)[:, 1].max() == pytest.approx(0.0)


def test_bevel_stays_inside_the_sections() -> None:
    shape = loft("b", "x", [(0.0, -0.1, 0.1, -0.2, 0.2), (0.5, -0.1, 0.1, -0.2, 0.2)], "dark", bevel=0.02)
    points = np.array(shape.points)
    assert points.min(axis=0) == pytest.approx([0.0, -0.1, -0.2], abs=1e-5)
    assert points.max(axis=0) == pytest.approx([0.5, 0.1, 0.2], abs=1e-5)
    end = points[np.isclose(points[:, 0], 0.0)]
    assert np.abs(end[:, 1]).max() == pytest.approx(0.08, abs=1e-5)


def test_reflection_turns_roll_and_yaw() -> None:
    _, right = both_sides([box("left_arm", (0.1, 0.2, 0.3), (0.1, 0.1, 0.1), rpy=(0.1, 0.2, 0.3))])
    assert right.center == (0.1, -0.2, 0.3)
    assert right.rpy == (-0.1, 0.2, -0.3)
