"""People who say less than they mean: instructions of which a word fits several things, and which one they mean.

Nobody was asked how people do it; this is a model, and its numbers are assumptions. The word fits two or more things
of a generated scene. What else is known of the scene points to one of them or to none: the robot is there, or holds
it; nothing else can be done to the others; it is the nearest. A person means what it points to, but for one in
`CARELESS`; nearness counts as its inverse square.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from planners.grounding.linking import Phrase
from planners.grounding.samples import PARTS, Sampler
from skillblend.contracts import Array, SceneState, Thing

CARELESS = 6
"""One in so many means another thing than what the context points to."""

CONTEXTS = ("none", "here", "doable", "near")
SHARES = (0.25, 0.3, 0.2, 0.25)
"""How often each context is there."""

FREE, DOORS = ("box", "item", "ball"), ("cabinet",)
"""Kinds of things that can be held, and that have a door."""

_VERBS = {
    "going": ("go to {}", "walk to {}", "walk over to {}", "head to {}, please", "could you go to {}"),
    "touching": ("touch {}", "tap {}", "put your hand on {}", "please touch {}", "turn left, then touch {}"),
    "pressing": ("press {}", "push {}", "press {}, please", "can you press {}"),
    "taking": ("pick up {}", "grab {}", "lift {}", "pick up {} please"),
    "closing": ("close {}", "shut {}", "please close {}"),
    "kicking": ("kick {}", "please kick {}"),
}
_BY_KIND = {
    "button": ("pressing", "going"), "marker": ("going",), "box": ("taking", "touching", "going"),
    "item": ("taking", "touching"),
    "ball": ("kicking", "taking", "going"), "cabinet": ("closing", "touching", "going"), "person": ("going",),
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Unclear:
    """An instruction of which a word fits several things.

    Attributes:
        instruction: As typed.
        scene: Where.
        means: The thing that is meant.
        context: What points to one of the things; "" where nothing does.
    """

    instruction: str
    scene: SceneState
    means: str
    context: str


class People:
    """Draws unclear instructions.

    Args:
        rng: The only source of randomness.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._sampler = Sampler(rng, PARTS[1:])

    def draw(self) -> Unclear:
        """One instruction."""
        while True:
            names, things = self._sampler.scene()
            name = names[int(self._rng.integers(len(names)))]
            said = Phrase((), self._sampler.described(name, things, names).noun)
            fit = self._sampler.fits(said, names, things)
            if len(fit) > 1 and said.noun != "one" and len({things[k].kind for k in fit}) == 1:
                return self._ask(said, things, fit)

    def _ask(self, said: Phrase, things: Sequence[Thing], fit: list[int]) -> Unclear:
        rng = self._rng
        context = str(rng.choice(CONTEXTS, p=SHARES))
        kind = things[fit[0]].kind
        role = str(rng.choice(_BY_KIND.get(kind, ("touching", "going"))))
        if context == "doable" and role not in ("taking", "closing"):
            context = "here"
        if context == "near" and role == "going":
            context = "none"
        meant = int(rng.choice(fit))
        points = meant
        if context in ("here", "doable") and rng.integers(CARELESS) == 0:
            points = int(rng.choice([k for k in fit if k != meant]))
        things = [_of_kind(thing, rng) for thing in things]
        facts: set[str] = set()
        if context == "here":
            at = points if role != "going" else int(rng.choice([k for k in fit if k != points]))
            facts.add(f"at({things[at].name})")
        elif context == "doable":
            for k in fit:
                facts |= _undoable(things[k], role) if k != points else _ready(things[k], role)
                things[k] = replace(things[k], openness=None)
        elif context == "near":
            places = _scatter(len(things), rng)
            near = 1.0 / (places[fit] ** 2).sum(1)
            meant = int(rng.choice(fit, p=near / near.sum()))
            things = [
                replace(t, pose=np.array([[x, y, 0.5, 1, 0, 0, 0]])) for t, (x, y) in zip(things, places, strict=True)
            ]
        phrases = _VERBS[role]
        text = phrases[int(rng.integers(len(phrases)))].format(f"the {said.text}")
        base = np.zeros((1, 3)) if context == "near" else None
        scene = SceneState(things=tuple(things), facts=frozenset(facts), base=base)
        return Unclear(instruction=text, scene=scene, means=things[meant].name, context=context.replace("none", ""))


def _of_kind(thing: Thing, rng: np.random.Generator) -> Thing:
    """With what its kind lets it do; doors stand open."""
    if thing.kind in FREE:
        return replace(thing, motion="free")
    if thing.kind in DOORS:
        return replace(thing, motion="hinge", openness=rng.uniform(0.6, 1.0, 1))
    return thing


def _undoable(thing: Thing, role: str) -> set[str]:
    return {f"closed({thing.name})"} if role == "closing" else {f"held({thing.name})"}


def _ready(thing: Thing, role: str) -> set[str]:
    return {f"open({thing.name})"} if role == "closing" else set()


def _scatter(count: int, rng: np.random.Generator) -> Array:
    """Places around the robot, 0.7 to 5 m away. Shape (count, 2), m."""
    away, angle = rng.uniform(0.7, 5.0, count), rng.uniform(-np.pi, np.pi, count)
    return np.stack([away * np.cos(angle), away * np.sin(angle)], axis=1)
