"""What the interpreter reads: things, what lies on what, where the robot is, what it holds, and the request."""

from __future__ import annotations

from planners.grounding.places import rests
from planners.grounding.pronouns import load_of, standing_at
from planners.prompt import normalise, scene_text
from skillblend.contracts import SceneState


def scene_page(scene: SceneState) -> str:
    """The first lines: things by kind, and what lies on what."""
    pairs = [f"{a} on {b}" for a in scene.names for b in scene.names if a != b and rests(scene, a, b)]
    return scene_text(scene.things) + (f"Lying: {'; '.join(pairs)}\n" if pairs else "")


def request_page(text: str, at: str = "", held: str = "") -> str:
    """The lines after it: where the robot stands and what it holds, where that is known, and the request."""
    told = (f"At: {at}\n" if at else "") + (f"Held: {held}\n" if held else "")
    return f"{told}Task: {normalise(text)}\n"


def whereabouts(scene: SceneState) -> tuple[str, str]:
    """The thing that the robot stands at and the one that it holds; empty where there is none."""
    here = standing_at(scene)
    return ("" if here is None else scene.names[here]), load_of(scene)
