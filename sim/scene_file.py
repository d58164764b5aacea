"""A scene from a JSON file of one's own.

```
{
 "robot": {"position": [0, 0], "heading_deg": 0},
 "things": [
  {"name": "wooden table", "kind": "table", "position": [1.2, 0], "heading_deg": 0, "size": [0.6, 1.2, 0.9]},
  {"name": "parcel", "kind": "box", "on": "wooden table", "position": [1.1, 0.2], "size": [0.2, 0.2, 0.2], "mass": 2},
  {"name": "cupboard", "kind": "cabinet", "position": [0, 2], "heading_deg": 90, "hinges": ["left"], "openness": 0.5},
  {"name": "exit marker", "kind": "marker", "position": [-1, 1], "material": "green"}
 ]
}
```

``position`` is the middle of the thing on the floor, x and y in m, and, as a third number, the height of its
underside (of a button: of its middle); without it, a thing lies on the floor, or on what it is ``on`` or ``in``.
``heading_deg`` is the way one looks who stands before it. ``size`` is depth, width and height, m; ``mass`` is in kg.

Where no thing has a position, the scene is *abstract*: ``on``, ``in`` and ``openness`` are facts, and one can plan in
it, but not simulate. Everything is checked as it is read; an `InputError` says what was found, and what to do.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from sim.placing import before_their_supports, carrier
from sim.scene import Scene
from sim.things import KINDS, Kind, Place
from sim.things.checks import check_fit
from sim.things.kinds import H1, Fit
from sim.things.model import Model, Stand
from sim.things.shapes import MATERIALS
from skillblend.contracts import SceneState, Thing
from skillblend.errors import InputError, SkillblendError, UnknownNameError

MAX_BYTES = 256 * 1024
MAX_THINGS = 64
MAX_NAME = 40
FARTHEST = 50.0
"""From the origin, m."""
HEAVIEST = 200.0
"""kg."""
FARE = 0.005
"""How far a given height may be off the surface that carries the thing, m."""

_COMMON = ("name", "kind", "position", "heading_deg", "on", "in")


def is_path(name: str) -> bool:
    """Whether a scene is meant by its file, not by its name."""
    return name.endswith(".json") or "/" in name or "\\" in name


def read_scene(path: str | Path) -> Scene:
    """The scene in the file at `path`.

    Raises:
        InputError: It cannot be read, or is no scene: the message says where, what is allowed and what to do.
    """
    path = Path(path)
    try:
        data = _json(path)
        scene = parse_scene(data, name=path.stem)
    except InputError as error:
        raise InputError(f"scene {path}: {error}") from error
    return _for_others(scene, data, str(path.resolve()))


def _for_others(scene: Scene, data: object, path: str) -> Scene:
    """`scene`, which can be made again with stands for the arms of another robot; its things are as the file says."""

    def build(fit: Fit) -> Scene:
        return _for_others(parse_scene(data, name=scene.name, fit=fit), data, path)

    return replace(scene, path=path, build=lru_cache(maxsize=4)(build))


def parse_scene(data: object, *, name: str, fit: Fit = H1) -> Scene:
    """The scene that a JSON value describes, with stands that suit the arms of `fit`.

    Raises:
        InputError: It is no scene.
    """
    top = _table(data, "the file", ("robot", "things", "about"))
    entries = top.get("things")
    if not isinstance(entries, list) or not entries:
        raise InputError(f"`things` must be a list of at least one thing, found {_show(entries)}")
    if len(entries) > MAX_THINGS:
        raise InputError(f"{len(entries)} things; at most {MAX_THINGS} are allowed, so leave some out")
    things = [_entry(entry, k) for k, entry in enumerate(entries)]
    _unique([thing["name"] for thing in things])
    about = _text(top.get("about", ""), "about", longest=200)
    start = _start(top.get("robot", {}))
    placed = [thing for thing in things if "position" in thing]
    if not placed:
        return Scene(name=name, things=(), start=start, about=about, sketch=_sketch(things))
    if len(placed) < len(things):
        rest = next(thing["name"] for thing in things if "position" not in thing)
        raise InputError(
            f"{rest!r} has no `position`, but {placed[0]['name']!r} has one: give all things positions, or none for "
            "an abstract scene to plan in"
        )
    models = before_their_supports(_models(things, fit))
    check_fit(models, start)
    return Scene(name=name, things=models, start=start, about=about)


def _json(path: Path) -> object:
    if path.is_dir():
        raise InputError("is a folder; name the JSON file in it")
    if path.exists() and not path.is_file():
        raise InputError("is no regular file; write the scene into one")
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"cannot be read ({reason}); give the path of a JSON file, or a scene's name") from error
    if len(raw) > MAX_BYTES:
        raise InputError(f"is larger than {MAX_BYTES // 1024} KiB, more than any scene needs; leave things out")
    try:
        return json.loads(raw.decode("utf-8"), object_pairs_hook=_once, parse_constant=_constant)
    except (ValueError, RecursionError) as error:
        if isinstance(error, SkillblendError):
            raise
        raise InputError(f"is not JSON ({error}); see `docs/guides/scene.md` for an example") from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = [key for key, _ in pairs]
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        raise InputError(f"the key {twice[0]!r} comes twice in one object; keep one of them")
    return dict(pairs)


def _constant(text: str) -> float:
    raise InputError(f"{text} is not a number that JSON knows; write a finite one")


def _table(data: object, what: str, allowed: tuple[str, ...]) -> Mapping[str, Any]:
    if not isinstance(data, dict):
        raise InputError(f"{what} must be an object with keys of {list(allowed)}, found {_show(data)}")
    for key in data:
        if key not in allowed:
            raise InputError(f"{what}: {UnknownNameError('key', key, allowed)}")
    return data


def _entry(data: object, number: int) -> dict[str, Any]:
    """One checked thing: its builder's keywords under their names, and what says where it is."""
    what = f"thing {number + 1}"
    if not isinstance(data, dict):
        raise InputError(f"{what} must be an object with `name` and `kind`, found {_show(data)}")
    name = _name(data.get("name"), what)
    what = f"thing {number + 1} ({name!r})"
    kind_name = data.get("kind")
    if not isinstance(kind_name, str) or kind_name not in KINDS:
        raise InputError(f"{what}: {UnknownNameError('kind of thing', str(kind_name), KINDS.names())}")
    kind = KINDS[kind_name]
    entry = dict(_table(data, what, (*_COMMON, *sorted(kind.takes))))
    entry["name"], entry["of"] = name, kind
    if "on" in entry and "in" in entry:
        raise InputError(f"{what} is both `on` and `in` something; keep one of them")
    for key, check in _CHECKS.items():
        if key in entry:
            entry[key] = check(entry[key], f"{what}: `{key}`", kind)
    return entry


def _name(value: object, what: str) -> str:
    text = _text(value, f"the `name` of {what}", longest=MAX_NAME)
    fine = text and text == " ".join(text.split()) and all(c.isalnum() or c in " -'" for c in text)
    if not fine or not any(c.isalpha() for c in text):
        raise InputError(
            f"the `name` of {what} must be words of letters and digits, such as 'red marker', found {text!r}"
        )
    words = text.lower().split()
    if words[0] in ("the", "a", "an"):
        raise InputError(f"the `name` of {what} is {text!r}; leave out the article, which instructions add")
    return " ".join(words)


def _text(value: object, what: str, *, longest: int) -> str:
    if not isinstance(value, str) or len(value) > longest or not (value.isprintable() or not value):
        raise InputError(f"{what} must be text of at most {longest} characters, found {_show(value)}")
    return value


def _unique(names: list[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"two things are called {twice[0]!r}; give each thing a name of its own")


def _number(value: object, what: str, low: float, high: float) -> float:
    number = float(value) if isinstance(value, float) or (isinstance(value, int) and abs(value) < 1e9) else math.nan
    if isinstance(value, bool) or not math.isfinite(number):
        raise InputError(f"{what} must be a finite number, found {_show(value)}")
    if not low <= number <= high:
        raise InputError(f"{what} must be within {low:g} and {high:g}, found {number:g}")
    return number


def _numbers(value: object, what: str, counts: tuple[int, ...]) -> list[Any]:
    if not isinstance(value, list) or len(value) not in counts:
        lengths = " or ".join(str(count) for count in counts)
        raise InputError(f"{what} must be a list of {lengths} numbers, found {_show(value)}")
    return value


def _position(value: object, what: str, kind: Kind) -> list[float]:
    del kind
    numbers = _numbers(value, what, (2, 3))
    flat = [_number(v, f"{what}, {axis},", -FARTHEST, FARTHEST) for v, axis in zip(numbers[:2], "xy", strict=True)]
    return [*flat, *(_number(v, f"{what}, z,", 0.0, 5.0) for v in numbers[2:])]


def _size(value: object, what: str, kind: Kind) -> tuple[float, ...]:
    numbers = _numbers(value, what, (3,))
    names = ("depth", "width", "height")
    return tuple(
        _number(v, f"{what}, {name},", low, high)
        for v, name, low, high in zip(numbers, names, kind.least, kind.most, strict=True)
    )


def _hinges(value: object, what: str, kind: Kind) -> tuple[str, ...]:
    del kind
    sides = ("left", "right")
    if not isinstance(value, list) or not value or any(v not in sides for v in value) or len(set(value)) < len(value):
        raise InputError(f"{what} must list 'left', 'right' or both, found {_show(value)}")
    return tuple(value)


def _material(value: object, what: str, kind: Kind) -> str:
    del kind
    if not isinstance(value, str) or value not in MATERIALS:
        raise InputError(f"{what}: {UnknownNameError('material', str(value), MATERIALS)}")
    return value


def _reference(value: object, what: str, kind: Kind) -> str:
    del kind
    return _text(value, what, longest=MAX_NAME).lower()


_CHECKS: dict[str, Any] = {
    "position": _position,
    "size": _size,
    "hinges": _hinges,
    "material": _material,
    "on": _reference,
    "in": _reference,
    "heading_deg": lambda value, what, kind: _number(value, what, -360.0, 360.0),
    "mass": lambda value, what, kind: _number(value, what, 0.01, HEAVIEST),
    "openness": lambda value, what, kind: _number(value, what, 0.0, 1.0),
}


def _start(data: object) -> Stand:
    values = _table(data, "`robot`", ("position", "heading_deg"))
    numbers = _numbers(values.get("position", [0.0, 0.0]), "`position` of `robot`", (2,))
    x, y = (_number(v, "`position` of `robot`", -FARTHEST, FARTHEST) for v in numbers)
    heading = _number(values.get("heading_deg", 0.0), "`heading_deg` of `robot`", -360.0, 360.0)
    return Stand(x=x, y=y, heading=math.radians(heading))


def _carriers(things: list[dict[str, Any]]) -> dict[str, str]:
    """Whatever each thing is on or in, by name.

    Raises:
        InputError: It does not exist, cannot carry anything, or lies on what it carries.
    """
    known = {thing["name"]: thing for thing in things}
    over = {thing["name"]: thing.get("on", thing.get("in", "")) for thing in things}
    for name, below in over.items():
        if not below:
            continue
        if below not in known:
            raise InputError(f"{name!r} is on or in {UnknownNameError('thing', below, known)}")
        preposition = "on" if "on" in known[name] else "in"
        kind: Kind = known[below]["of"]
        if preposition not in kind.carries:
            carrying = [k for k in KINDS if preposition in KINDS[k].carries]
            raise InputError(
                f"{name!r} cannot be {preposition} {below!r}, a {known[below]['kind']}; of {carrying} one can"
            )
        seen = [name]
        while below:
            if below in seen:
                raise InputError(f"{name!r} lies on itself, by way of {seen[1:]}; let one of them stand on the floor")
            seen.append(below)
            below = over[below]
    return over


def _sketch(things: list[dict[str, Any]]) -> SceneState:
    over = _carriers(things)
    facts = {f"{'on' if 'on' in t else 'in'}({t['name']}, {over[t['name']]})" for t in things if over[t["name"]]}
    facts |= {f"open({t['name']})" for t in things if t.get("openness", 0.0) > 0.5}
    return SceneState(things=tuple(_abstract(thing) for thing in things), facts=frozenset(facts))


def _abstract(entry: dict[str, Any]) -> Thing:
    kind: Kind = entry["of"]
    found = kind(entry["name"], Place(x=0.0, y=0.0), **_given(entry, kind)).object
    if found.motion != "hinge":
        return found
    return Thing(
        name=found.name, kind=found.kind, motion=found.motion, size=found.size, mass=found.mass,
        openness=np.array([entry.get("openness", 0.0)]),
    )  # fmt: skip


def _given(entry: dict[str, Any], kind: Kind) -> dict[str, Any]:
    return {key: entry[key] for key in kind.takes if key in entry}


def _models(things: list[dict[str, Any]], fit: Fit) -> tuple[Model, ...]:
    """Carriers before what they carry, given back in the order of the file."""
    over, known = _carriers(things), {thing["name"]: thing for thing in things}
    built: dict[str, Model] = {}

    def build(name: str) -> Model:
        if name not in built:
            below = build(over[name]) if over[name] else None
            built[name] = _model(known[name], below, fit)
        return built[name]

    models = [build(thing["name"]) for thing in things]
    for model in models:
        others = [other for other in models if other is not model]
        if model.free and not over[model.name] and _underside(model) > FARE and carrier(model, others) is None:
            raise InputError(
                f"nothing carries {model.name!r}: its underside is {_underside(model):.3f} m above the floor; leave "
                "out the third number of its `position`, or say what it is `on`"
            )
    return tuple(models)


def _model(entry: dict[str, Any], below: Model | None, fit: Fit) -> Model:
    kind: Kind = entry["of"]
    x, y, *height = entry["position"]
    floor = 0.0 if below is None else _surface(entry, below, height)
    z = height[0] if height else (kind.height if below is None else floor)
    place = Place(
        fit=fit,
        x=x,
        y=y,
        z=z,
        heading=math.radians(entry.get("heading_deg", 0.0)),
        rests_on="" if below is None else below.name,
    )
    return kind(entry["name"], place, **_given(entry, kind))


def _surface(entry: dict[str, Any], below: Model, height: list[float]) -> float:
    """Height of the surface that the thing is on or in: the one that its `position` names, or the usual one.

    Raises:
        InputError: Its middle is not over it, or its height is that of no surface.
    """
    local = below.pose.to_local(np.array([*entry["position"][:2], below.position[2]]))
    over = [b for b in below.solid if (np.abs(local[:2] - np.array(b.center[:2])) <= np.array(b.half[:2])).all()]
    tops = sorted({round(below.position[2] + b.center[2] + b.half[2], 4) for b in over})
    usual = below.position[2] + ((below.inside if "in" in entry else below.top) or 0.0)
    if not any(abs(top - usual) < FARE for top in tops):
        raise InputError(
            f"the `position` of {entry['name']!r}, ({entry['position'][0]:g}, {entry['position'][1]:g}), is not over "
            f"the {below.name!r} that it is on; its middle is at ({below.position[0]:.2f}, {below.position[1]:.2f})"
        )
    if height and not any(abs(top - height[0]) < FARE for top in tops):
        raise InputError(
            f"nothing of {below.name!r} carries {entry['name']!r} at a height of {height[0]:g} m; surfaces are at "
            f"{[round(top, 3) for top in tops]} m; leave out the third number of its `position` for {usual:.3f} m"
        )
    return usual


def _underside(model: Model) -> float:
    return float(model.corners()[:, 2].min())


def _show(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
