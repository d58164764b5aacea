"""Numbers in metres of skills, behaviours, tasks, rules and judges are shares of a body, or listed with a reason.

See docs/adr/0010-robots-by-scale.md. A constant or field with a float says what it is and its unit. One in metres
either says that it is of the reference body, and is then used where a robot's scales are, or is in `NO_SHARES`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WATCHED = (
    "skillblend/skills", "skillblend/behaviours", "skillblend/navigation.py", "skillblend/skillset.py",
    "skillblend/safety/rules.py", "skillblend/scripts", "sim/skills", "sim/tasks", "sim/verdicts",
    "sim/endurance.py", "sim/load.py", "sim/scene.py", "sim/live.py", "skillblend/predicates.py",
)  # fmt: skip
NAMED = ("skillblend/behaviours", "skillblend/navigation.py", "sim/verdicts")
"""Functions of these hold no numbers: what is not whole has a name."""

NO_SHARES = {
    "skillblend/behaviours/handling.py": {
        "UNDER_TOP": "where a thing is taken, by its own size",
        "RASTER": "places on a thing",
    },
    "skillblend/behaviours/put_in.py": {"WALLS": "sides of a bin, a thing, and room between two things"},
    "sim/verdicts/hand_to.py": {"NEAR": "how near to a person, whose size it is"},
    "sim/verdicts/push_aside.py": {"FAR": "how far a thing has to move, whoever pushes it"},
    "sim/verdicts/put_on.py": {"STILL": "how still a thing lies"},
    "skillblend/skills/carrying.py": {
        "_DAMPING": "regularises a system of equations",
        "_CLOSED": "how far palms sink into the things that they hold",
    },
    "skillblend/behaviours/kick.py": {
        "AHEAD": "where a kick is aimed at, on the floor",
        "GONE": "how far a thing has rolled",
    },
    "skillblend/behaviours/press.py": {
        "PRESS_CLEARANCE": "radius of the hand's collision ball against the button's travel, both the same for all",
    },
    "sim/verdicts/kick.py": {"ROLLED": "how far a thing has to roll, in its own sizes"},
    "skillblend/scripts/cabinet_close.py": {
        "_FAR": "ends of the columns of a network's input",
        "_HAND": "radius of the collision ball of every robot's hand",
    },
    "skillblend/scripts/football_shoot.py": {"_FAR": "ends of the columns of a network's input"},
    "skillblend/behaviours/touch.py": {"HAND": "radius of the collision ball of every robot's hand"},
    "sim/skills/footstep.py": {"_GOOD": "accuracy that figures of all robots are judged by"},
    "sim/skills/gait_terms.py": {"_TOUCH": "tolerance of contact in the simulator"},
    "sim/skills/reaching.py": {"_CLOSE": "accuracy that figures of all robots are judged by"},
    "sim/skills/squatting.py": {"_GOOD": "accuracy that figures of all robots are judged by"},
    "sim/skills/walking.py": {"_GOOD_SPEED": "accuracy that figures of all robots are judged by"},
    "sim/tasks/blend.py": {"success_distance": "published threshold of the paper"},
    "sim/tasks/box_push.py": {
        "_NEAR": "published threshold of the paper, and rest",
        "_WIDE": "size of the table, a thing",
        "_DONE": "inside the published threshold of the paper",
        "_INTO": "shares of the box, a thing",
    },
    "sim/tasks/box_transfer.py": {
        "_MASS": "mass of a thing",
        "_NEAR": "published threshold of the paper, and rest",
    },
    "sim/tasks/button_press.py": {"_WALL": "place of the wall in the paper", "_X": "where the button is met"},
    "sim/tasks/cabinet_close.py": {
        "_SIZE": "size of a thing in the paper",
    },
    "sim/tasks/handling.py": {"_FAR": "ends of the columns of a network's input"},
    "sim/tasks/football_shoot.py": {
        "_RADIUS": "size of a thing",
        "_LINE": "the field of the paper",
        "_BACK": "the field of the paper",
    },
    "sim/tasks/slab.py": {
        "SIZE": "size of a thing in the paper",
        "MASS": "mass of a thing",
        "NEAR": "published threshold of the paper",
    },
    "sim/tasks/tabletop.py": {"BOX": "size of a thing in the paper", "DEPTH": "size of a thing in the paper"},
    "sim/live.py": {"GRIP": "thickness of palms", "AIR": "how far a thing is above what bore it"},
    "skillblend/predicates.py": {"REST": "how things lie and doors stand"},
    "skillblend/safety/rules.py": {
        "deceleration": "lengths over squares of times: the same at equal Froude numbers",
        "max_distance": "how far anybody may be sent",
    },
}  # fmt: skip
"""Why numbers in metres or kilograms are of no body, by file and first name: published figures, things, physics."""

LIMITED = (
    "sim/tasks", "sim/skills", "sim/endurance.py", "sim/load.py", "sim/scene.py", "skillblend/skills",
    "skillblend/scripts", "skillblend/skillset.py", "skillblend/predicates.py",
)  # fmt: skip
"""What is compared with, or held within, a number here is an angle or a share, or is scaled."""

TURNS = {"turn", "face", "back", "tilt", "bearing", "angles", "position_lower"}
"""Names of angles."""

SHARES = {"random", "kind", "within"}
"""Names of what has no unit."""

NO_LIMITS = {
    "sim/skills/carrying.py": {
        "task.sim.foot_clearance().max(axis=1) < 0.01": "tolerance of contact in the simulator"
    },
    "sim/tasks/box_push.py": {
        "np.maximum(distance, 0.02)": "guards a division",
        "way[:, 1] > 0.35": "the sine of a direction",
        "way[:, 1] < -0.35": "the sine of a direction",
    },
    "sim/tasks/far_reach.py": {
        "np.maximum(np.linalg.norm(facing, axis=1, keepdims=True), 0.05)": "guards a division"
    },
    "sim/tasks/gripping.py": {
        "far < 0.08": "what the thing allows, see there",
        "np.abs(sight.way[:, 2]) < 0.012": "what the thing allows, see there",
    },
    "skillblend/skills/footstep.py": {
        "np.abs(goal - memory.asked).max(axis=1) > 0.01": "whether something else is asked for"
    },
    "skillblend/skills/squat_table.py": {
        "np.clip(value / ((function(x + 1e-05) - value) / 1e-05), -0.2, 0.2)": "a step of Newton's method, rad",
        "np.abs(off - aim) < 0.001": "accuracy of a numerical solution",
    },
}
"""Why limits in metres are of no body, by file and expression."""

METRES = re.compile(r"(?<!\bN)(?:^|[\s(])(?:m|m/s|m\^2|m/s\^2|\(m/s\)\^2|kg)(?=[\s,.;:)]|$)")
BODY = "reference body"
SCALES = {"scales", "_scales", "Scales"}
SCALED = {*SCALES, "reach", "length", "speed", "fast", "goal_space", "config", "space", "upper", "glide", "pace"}
"""Names whose values are scaled."""
SMALL = 1e-4
"""What only guards against division by zero or rounding is no share of anything."""


@dataclass(frozen=True, kw_only=True)
class Number:
    """A constant of a module, or a field of a class, that holds a float.

    Attributes:
        name: Its first name.
        about: What its file says of it; empty where it says nothing.
        body: Whether it, its class or its file is said to be of the reference body.
        constant: Whether it is one, and no field.
    """

    name: str
    names: tuple[str, ...]
    about: str
    body: bool
    constant: bool


def files(of: tuple[str, ...] = WATCHED) -> list[str]:
    """Paths of the watched files, from the root."""
    found = [path for each in of for path in ([ROOT / each] if each.endswith(".py") else (ROOT / each).rglob("*.py"))]
    return sorted(str(path.relative_to(ROOT)) for path in found)


@cache
def tree(path: str) -> ast.Module:
    """The file as it is parsed."""
    return ast.parse((ROOT / path).read_text())


def numbers(module: ast.Module) -> Iterator[Number]:
    """Of a file: its constants and the fields of its classes."""
    above = BODY in " ".join((ast.get_docstring(module) or "").split())
    yield from _of(module.body, None, above)
    for node in ast.walk(module):
        if isinstance(node, ast.ClassDef):
            text = ast.get_docstring(node) or ""
            yield from _of(node.body, text, above or BODY in " ".join(text.split()))


def _of(body: list[ast.stmt], fields: str | None, above: bool) -> Iterator[Number]:
    for node, after in zip(body, [*body[1:], None], strict=True):
        if not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None or not _holds_float(node.value):
            continue
        target = node.targets[0] if isinstance(node, ast.Assign) else node.target
        names = tuple(each.id for each in ast.walk(target) if isinstance(each, ast.Name))
        about = _said_after(after)
        if fields is not None and not about:
            about = _said_of(names[0], fields) or inherited().get(names[0], "")
        yield Number(name=names[0], names=names, about=about, body=above or BODY in about, constant=fields is None)


def _holds_float(value: ast.expr) -> bool:
    """Whether a number that is not zero stands in `value`, other than as an argument of what it makes."""
    if isinstance(value, ast.Call):
        named = ast.unparse(value.func)
        return named.startswith("np.") and any(_holds_float(each) for each in value.args)
    if isinstance(value, ast.Dict):
        return any(_holds_float(each) for each in value.values if not isinstance(each, ast.Call))
    if isinstance(value, ast.Constant):
        return isinstance(value.value, float) and value.value != 0.0
    return any(_holds_float(each) for each in ast.iter_child_nodes(value) if isinstance(each, ast.expr))


def _said_after(node: ast.stmt | None) -> str:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
        return " ".join(node.value.value.split())
    return ""


def _said_of(name: str, fields: str) -> str:
    """The entry of a class's docstring about the attribute `name`."""
    entries = re.split(r"\n    (?=[a-z_][a-z_0-9, ]*:)", fields)
    found = next((text for text in entries if name in re.split(r",\s*|:", text.partition(":")[0])), "")
    return " ".join(found.split())


@cache
def inherited() -> dict[str, str]:
    """What classes that others are made from say of attributes, by name."""
    texts = [
        ast.get_docstring(node) or "" for node in tree("sim/skills/mdp.py").body if isinstance(node, ast.ClassDef)
    ]
    names = ("fall_price", "start_share", "soft_share", "lift", "episode_seconds")
    return {name: next(said for text in texts if (said := _said_of(name, text))) for name in names}


def complaints(path: str, module: ast.Module) -> list[str]:
    """What is wrong with the numbers of a file."""
    listed, wrong = NO_SHARES.get(path, {}), list[str]()
    for number in numbers(module):
        if not number.about:
            wrong.append(f"{path}: {number.name} holds a number and says nowhere what of, nor its unit")
        elif METRES.search(number.about) and not number.body and number.name not in listed:
            wrong.append(
                f"{path}: {number.name} is in metres or kilograms ({number.about!r}), neither of the {BODY} (then "
                f"scale it, see skillblend/scales.py) nor listed in NO_SHARES with a reason"
            )
        share = number.constant and BODY in number.about and METRES.search(number.about)
        if share and not _scaled(set(number.names), module):
            wrong.append(f"{path}: nobody who uses {number.name} has scales")
    return wrong


def _scaled(names: set[str], module: ast.Module) -> bool:
    """Whether a function or class that uses one of the constants `names` has scales; true where nothing uses them."""
    scopes = [node for node in module.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    seen = [_seen(node) for node in scopes]
    users = [found for found in seen if found & names]
    return not users or any(found & {*SCALES, "length"} for found in users)


def _seen(node: ast.AST) -> set[str]:
    found = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
    return found | {each.attr for each in ast.walk(node) if isinstance(each, ast.Attribute)}


@pytest.mark.parametrize("path", files())
def test_numbers_are_shares_of_a_body_or_listed(path: str) -> None:
    assert not complaints(path, tree(path))


def test_what_is_listed_is_there_and_in_metres() -> None:
    for path, listed in NO_SHARES.items():
        found = {number.name: number for number in numbers(tree(path))}
        assert set(listed) <= set(found), path
        for name in listed:
            assert METRES.search(found[name].about), f"{path}: {name}"
            assert BODY not in found[name].about, f"{path}: {name}"


@pytest.mark.parametrize("path", files(NAMED))
def test_functions_of_behaviours_and_judges_hold_no_numbers(path: str) -> None:
    found = [
        f"{path}:{node.lineno}: {node.value}"
        for function in ast.walk(tree(path))
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Constant) and isinstance(node.value, float) and abs(node.value) > SMALL
        if node.value != round(node.value) and node.value != 0.5
    ]
    assert not found


def limits(module: ast.Module) -> Iterator[str]:
    """Expressions that compare something with a number, or hold it within one, where nothing is scaled."""
    for statement in ast.walk(module):
        if not isinstance(statement, ast.Assign | ast.AugAssign | ast.AnnAssign | ast.Return | ast.If | ast.Expr):
            continue
        of = statement.test if isinstance(statement, ast.If) else statement.value
        for node in ast.walk(of) if of is not None else ():
            call = isinstance(node, ast.Call) and ast.unparse(node.func) in {"np.clip", "np.minimum", "np.maximum"}
            if not (call or isinstance(node, ast.Compare)):
                continue
            given = [each for each in node.args if call] if isinstance(node, ast.Call) else [node]
            if not any(_has_inner_float(each) for each in given if not isinstance(each, ast.Call)):
                continue
            if not _seen(node) & {*SCALED, *TURNS, *SHARES} and not _is_scaled_outside(of, node):
                yield ast.unparse(node)


def _has_inner_float(node: ast.AST) -> bool:
    parts = (each.value for each in ast.walk(node) if isinstance(each, ast.Constant))
    return any(isinstance(value, float) and SMALL < abs(value) < 1.0 and value != 0.5 for value in parts)


def _is_scaled_outside(statement: ast.AST | None, node: ast.AST) -> bool:
    """Whether `node` lies in a product with something that is scaled."""
    assert statement is not None
    return any(
        isinstance(each, ast.BinOp)
        and isinstance(each.op, ast.Mult)
        and any(inner is node for inner in ast.walk(each))
        and bool(_seen(each) & SCALED)
        for each in ast.walk(statement)
    )


@pytest.mark.parametrize("path", files(LIMITED))
def test_limits_in_functions_are_scaled_or_listed(path: str) -> None:
    assert set(limits(tree(path))) - set(NO_LIMITS.get(path, {})) == set()


def test_listed_limits_are_there() -> None:
    for path, listed in NO_LIMITS.items():
        assert set(listed) <= set(limits(tree(path))), path


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("def f(far):\n    return far < 0.08\n", ["far < 0.08"]),
        ("def f(far, reach):\n    return far < 0.08 * reach\n", []),
        ("def f(far, reach):\n    return np.clip(far, 0.02, 0.06) * reach\n", []),
        ("def f(turn):\n    return turn < 0.3\n", []),
        ("def f(way):\n    down = np.minimum(height, -0.004)\n", ["np.minimum(height, -0.004)"]),
    ],
)
def test_an_unscaled_limit_is_found(text: str, found: list[str]) -> None:
    assert list(limits(ast.parse(text))) == found


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("GAP = 0.1\n", "says nowhere"),
        ('GAP = 0.1\n"""Between two things, m."""\n', "neither of the reference body"),
        ('GAP = 0.1\n"""Between two things, m, of the reference body."""\n', ""),
        ('GAP = 0.1\n"""Of the reference body, m."""\ndef far(x):\n    return x > GAP\n', "nobody who uses GAP"),
        ('GAP = 0.1\n"""Of the reference body, m."""\ndef far(x, scales):\n    return x > GAP * scales.length\n', ""),
        (
            'class A:\n    """A.\n\n    Attributes:\n        gap: Between, m.\n    """\n\n    gap: float = 0.1\n',
            "neither",
        ),
        ('WAIT = 0.1\n"""Before it begins, s."""\n', ""),
    ],
)
def test_an_unscaled_metre_is_found(text: str, wrong: str) -> None:
    found = "; ".join(complaints("new.py", ast.parse(text)))
    assert wrong in found if wrong else not found
