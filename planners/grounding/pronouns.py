"""Words that point: "it", "them", "here"; and how several names are said in one breath."""

from __future__ import annotations

import re
from collections.abc import Sequence

from skillblend.contracts import SceneState, Thing
from skillblend.predicates import at

_IT = re.compile(
    r"(?<![\w'])(touch|touching|press|pressing|push|pushing|tap|tapping|hit|feel|feeling|approach|to|at|on|onto|"
    r"near|by|beside|visit|reach|poke|pat|ring) (it|them|that one|this one)(?![\w'])"
)


_HERE = re.compile(
    r"\b(back|return|returning|come)(?: to)? "
    r"(?:here|where you (?:are|stand|started|began)(?: now| standing| at)*|this (?:spot|place))\b"
)
"""Where the robot stands when it is told."""

_NEGATED = re.compile(
    r"(?:\b(?:not|never|nver|without|avoid\w*|no|nobody|none|neither|nor|cannot|refrain\w*|instead of|"
    r"rather than)|n't|dont)\b"
    r"[^.,;:!?]*$"
)
"""Behind a negation, what "it" may be is for the rule of prohibitions to say, which forbids more."""


def standing_at(scene: SceneState) -> int | None:
    """The thing that the robot stands at, where that is known."""
    for k, thing in enumerate(scene.things):
        if f"at({thing.name})" in scene.facts:
            return k
    near = [k for k, t in enumerate(scene.things) if scene.base is not None and t.pose is not None]
    near = [k for k in near if bool(at(scene, scene.things[k].name)[0])]
    return near[0] if len(near) == 1 else None


def in_one_breath(names: Sequence[str]) -> str:
    """Several names in one breath."""
    words = [f"the {name.lower()}" for name in names]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def name_pronouns(text: str, named: Sequence[str], things: Sequence[Thing], here: int | None) -> str:
    """`text` with names for "it" and "them" after a verb or a preposition that takes a thing."""

    def name(match: re.Match[str]) -> str:
        if _NEGATED.search(text[: match.start()]):
            return match.group()
        before = [n for n in named if n.lower() in text[: match.start()]]
        last = max(before, key=lambda n: text.rfind(n.lower(), 0, match.start()), default="")
        if not last and here is not None and match.group(2) != "them":
            last = things[here].name
        if not last:
            return match.group()
        if match.group(2) == "them":
            return f"{match.group(1)} {in_one_breath(list(dict.fromkeys(before)))}"
        return f"{match.group(1)} the {last.lower()}"

    if here is not None:
        text = _HERE.sub(lambda match: f"{match.group(1)} to the {things[here].name.lower()}", text)
    return _IT.sub(name, text)
