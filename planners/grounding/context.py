"""What speaks for each of several things that a mention fits: the verb, where the robot is, what it holds, distance.

Each becomes a number for each thing; `planners.grounding.conformal` makes probabilities of them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

import numpy as np

from planners import rx
from skillblend.behaviours import BEHAVIOURS
from skillblend.contracts import Array, SceneState, Thing
from skillblend.predicates import OPEN, SHUT, Predicate, holds

CUES = ("sense", "doable", "here", "here, to go to", "near")
"""What `cues_of` tells of each thing: log probability of the words alone; that it can be done to this thing now; that
the robot is, or will be, there; the same where it is asked to go somewhere; log of how near it is, nearest 0."""

_CLAUSE = re.compile(r"[.,;:!?]|\b(?:and|then|but|before|after)\b")
_PLACE = re.compile(r"\b(?:on|onto|in|into|inside|on top of|down on)(?: to)? $")
_HAND = re.compile(r"\b(?:hands?|palms?|fingers?)\b.* (?:on|onto|against|on top of) $")
_ROLES = {
    "loading": "put putting place placing set lay drop throw toss stack stick pop bring take carry hand deliver move "
    "transfer return leave deposit dump",
    "taking": "pick picking lift lifting grab grabbing grasp hoist collect fetch get hold raise seize",
    "closing": "close closing shut shutting",
    "opening": "open opening",
    "kicking": "kick kicking boot",
    "pressing": "press pressing push pushing click ring hit",
    "touching": "touch touching tap tapping pat feel feeling poke rest",
    "going": "go going walk walking head step visit approach come return travel stand stroll move",
}
OPENED, CLOSED = "open", "closed"
"""Predicates of doors."""

FAR = 0.3
"""Distances up to this are the same, m."""


@cache
def _verbs() -> dict[str, str]:
    return {word: role for role in reversed(_ROLES) for word in _ROLES[role].split()}


def role_of(before: str) -> str:
    """What is to be done with a thing that is named behind `before`: a key of `_ROLES`, "placing", or "" for unknown.

    >>> role_of("walk to the shelf, then pick up ")
    'taking'
    """
    clause = _CLAUSE.split(before)[-1]
    roles = [_verbs()[word] for word in rx.findall(r"[a-z]+", clause) if word in _verbs()]
    if not roles:
        return ""
    if _HAND.search(clause):
        return "touching"
    if "loading" in roles and _PLACE.search(before):
        return "placing"
    if roles[-1] == "loading" and rx.search(r"\b(?:to|over to) $", before):
        return "going"
    return roles[-1]


def cues_of(before: str, fit: Sequence[int], likely: Array, scene: SceneState, place: int | None) -> Array:
    """What speaks for each of the things `fit`.

    Args:
        before: The instruction up to the mention.
        fit: Numbers of the things that the words fit.
        likely: Probability of each thing by the words alone. Shape (K,).
        scene: The things as they are.
        place: The thing that the robot is at, or will be by then.

    Returns:
        Shape (len(fit), len(CUES)).
    """
    role, names = role_of(before), [scene.things[k].name for k in fit]
    there = "" if place is None else scene.things[place].name
    near = np.zeros(len(fit)) if there or role in ("going", "placing", "") else nearness(scene, fit)
    rows = np.zeros((len(fit), len(CUES)))
    for row, k, name in zip(rows, fit, names, strict=True):
        here = bool(there) and (name == there or any(told(scene, how, name, there) for how in ("on", "in")))
        goes = role == "going"
        row[:4] = (
            np.log(max(float(likely[k]), 1e-6)),
            doable(role, before, scene, k),
            here and not goes,
            here and goes,
        )
    rows[:, 4] = near
    return rows


def nearness(scene: SceneState, fit: Sequence[int]) -> Array:
    """Log of how much nearer the nearest is than each; zeros where a place is not known. Shape (len(fit),)."""
    poses = [scene.things[k].pose for k in fit]
    if scene.base is None or any(pose is None for pose in poses):
        return np.zeros(len(fit))
    away = np.array([np.linalg.norm(pose[0, :2] - scene.base[0, :2]) for pose in poses if pose is not None])
    logs = np.log(np.maximum(away, FAR * scene.length))
    return logs.min() - logs


def doable(role: str, before: str, scene: SceneState, k: int) -> bool:
    """Whether what `role` says can be done with thing `k` as it is, as far as that is known."""
    thing = scene.things[k]
    if role in ("taking", "loading"):
        return thing.motion == "free" and (role == "loading" or not told(scene, "held", thing.name))
    if role == "closing":
        return _stands(scene, thing, OPENED)
    if role == "opening":
        return _stands(scene, thing, CLOSED)
    if role == "placing":
        load = [t.name for t in scene.things if t.motion == "free" and t.name.lower() in before]
        return not any(told(scene, how, name, thing.name) for name in load[-1:] for how in ("on", "in"))
    if role in ("kicking", "pressing", "touching"):
        return thing.name in _offered(scene, role)
    return True


def _offered(scene: SceneState, role: str) -> frozenset[str]:
    """Things that some option does so with."""
    verb = _ROLES[role].split()[0]
    steps = [step for name in BEHAVIOURS for step in BEHAVIOURS[name].ground(scene)]
    return frozenset(step.arguments[0] for step in steps if step.arguments and step.text.split()[0] == verb)


def _stands(scene: SceneState, thing: Thing, how: str) -> bool:
    """Whether it has a door that is open, or shut."""
    other = CLOSED if how == OPENED else OPENED
    if f"{how}({thing.name})" in scene.facts or f"{other}({thing.name})" in scene.facts:
        return f"{how}({thing.name})" in scene.facts
    if thing.openness is None:
        return thing.motion == "hinge"
    share = float(thing.openness[0])
    return share > SHUT if how == OPENED else share < OPEN


def told(scene: SceneState, name: str, *things: str) -> bool:
    """Whether a predicate is known to hold."""
    return len({*things}) == len(things) and holds(scene, Predicate(name, things))
