"""A bookcase: five boards, of which the one at chest height is the one to touch and to put things on."""

from __future__ import annotations

from sim.things.kinds import FRONT, UP, Kind, Place, before, both, middle
from sim.things.model import Model
from sim.things.shapes import Block, Vec, span
from skillblend.contracts import Thing

_BOARD = 0.03
_BOARDS = (0.08, 0.45, 0.80, 1.135)
"""Undersides of the boards below the top one, m, of a bookcase 1.58 m high."""

_IN = 0.02
"""A hand is put on a board so far behind its front edge, m: the front is no thicker than a hand, which slips off it,
and farther in the forearm would lie on the edge."""

_BOOKS = (
    (0.00, 0.05, 0.25, 0.48, "red"), (0.05, 0.04, 0.22, 0.48, "cream"), (0.09, 0.06, 0.27, 0.48, "blue"),
    (0.15, 0.04, 0.23, 0.48, "green"), (0.55, 0.25, 0.20, 0.48, "card"),
    (0.50, 0.05, 0.25, 0.83, "green"), (0.55, 0.06, 0.22, 0.83, "orange"), (0.61, 0.04, 0.26, 0.83, "cream"),
    (0.65, 0.05, 0.24, 0.83, "blue"), (0.05, 0.28, 0.16, 0.83, "plate"),
    (0.04, 0.30, 0.22, 0.11, "card"), (0.48, 0.30, 0.24, 0.11, "dark wood"),
    (0.02, 0.05, 0.24, 1.165, "orange"), (0.07, 0.05, 0.27, 1.165, "blue"), (0.12, 0.04, 0.22, 1.165, "red"),
    (0.62, 0.20, 0.14, 1.165, "green"),
)  # fmt: skip
"""Offset from the left, width, height, height of the board, m, and material."""


def board_top(height: float = 1.58) -> float:
    """Height of the board that things are put on, of a bookcase `height` m high, m."""
    return _BOARDS[-1] * height / 1.58 + _BOARD


def shelf(
    name: str, place: Place, *, size: Vec = (0.32, 1.0, 1.58), material: str = "wood", books: bool = False
) -> Model:
    """A bookcase; `books`: with books and boxes well behind the front edge, which only decorate."""
    x, y, z = (extent / 2 for extent in size)
    levels = [height * size[2] / 1.58 - z for height in _BOARDS]
    boards = [
        span((-x, -y + _BOARD, level), (x, y - _BOARD, level + _BOARD), material) for level in (*levels, z - _BOARD)
    ]
    sides = [span((-x, low, -z), (x, low + _BOARD, z), "dark wood") for low in (-y, y - _BOARD)]
    back = span((x - 0.015, -y + _BOARD, levels[0]), (x, y - _BOARD, z - _BOARD), "cream")
    return Model(
        object=Thing(name=name, kind="shelf", size=size),
        pose=middle(place, size[2]),
        approach=before(place, size[0], FRONT),
        holds=both((-x + _IN, 0.0, levels[-1] + _BOARD), min(0.2, 0.8 * (y - _BOARD)), UP),
        blocks=(*boards, *sides, back, *(_books(x, y, z) if books else ())),
        top=levels[-1] + _BOARD,
        rests_on=place.rests_on,
    )


def _books(x: float, y: float, z: float) -> tuple[Block, ...]:
    left, front = y - 0.06, -x + 0.10
    return tuple(
        span(
            (front, left - offset - width, level - z), (front + 0.18, left - offset, level + height - z), material,
            solid=False,
        )
        for offset, width, height, level, material in _BOOKS
    )  # fmt: skip


KIND = Kind(
    about="bookcase with five boards",
    build=shelf,
    least=(0.15, 0.3, 0.5),
    most=(1.0, 3.0, 2.5),
    carries=frozenset({"on"}),
)
