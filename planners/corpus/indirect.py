"""What people mean by a situation, a place, or a second half that no skill can do."""

from __future__ import annotations

from planners.corpus.noise import wrap
from planners.corpus.phrases import moves, phrases, said
from planners.corpus.references import Speaker, join_steps
from planners.corpus.sentences import Action, Asked

RESTING = ("turn left", "turn right", "turn around", "stand still", "raise both hands")


def hint(speaker: Speaker) -> Asked | None:
    """A situation and a hint: "it is dark in here, and there's the switch"."""
    verb = "press" if speaker.chance(0.6) else "walk_to"
    thing = speaker.thing("button") if verb == "press" else speaker.thing()
    if thing is None:
        return None
    name = speaker.refer(thing)
    reason = speaker.choose(said(verb, "reasons")).format(o=name, n=speaker.choose(phrases("belongings")))
    hinted = speaker.choose(said(verb, "hints")).format(o=name)
    text = speaker.choose(phrases("hint_joins")).format(r=reason, h=hinted)
    walk = f"walk to the {thing.name}"
    steps = (walk, f"press the {thing.name}") if verb == "press" else (walk,)
    if speaker.chance(0.25):
        other = speaker.action()
        first = Action(steps=steps, imperative="", gerund="", participle="")
        joined = speaker.choose(("{}. then {}", "{}. after that, {}", "{}, and then {}", "{}. {} afterwards"))
        return joined.format(text, other.imperative), join_steps([first, other])
    return wrap(speaker, text, False), steps


def placed(speaker: Speaker) -> Asked | None:
    """A move at a place: "turn around at the shelf"."""
    thing = speaker.thing()
    if thing is None:
        return None
    text = speaker.choose(RESTING)
    table = {"turn left": ("turn {s}", "left"), "turn right": ("turn {s}", "right")}
    key, side = table.get(text, (text, ""))
    forms = speaker.choose(moves("say")[key])
    if "{c}" in forms or "here" in forms or "there" in forms:
        forms = {"turn left": "turn|turning|turned left", "turn right": "turn|turning|turned right"}.get(
            text, "wait|waiting|waited" if text == "stand still" else forms
        )
    head, _, rest = forms.format(s=side).partition(" ")
    words = [f"{form} {rest}".strip() for form in head.split("|")]
    asked = speaker.choose(phrases("at_place")).format(o=speaker.refer(thing), a=words[0], a_ing=words[1])
    steps = (f"walk to the {thing.name}", text)
    if speaker.chance(0.3):
        other = speaker.action()
        first = Action(steps=steps, imperative="", gerund="", participle="")
        joined = speaker.choose(("{}, then {}", "{}. then {}", "{}, and after that {}", "{}. {}"))
        return joined.format(asked, other.imperative), join_steps([first, other])
    return wrap(speaker, asked, False), steps


def tailed(speaker: Speaker) -> Asked | None:
    """Something possible with an impossible second half: "walk to the box and pick it up"."""
    thing = speaker.thing()
    if thing is None:
        return None
    action = speaker.act_on(thing) if speaker.chance(0.85) else speaker.move()
    tail = speaker.choose(phrases("impossible_tails")).format(n=speaker.choose(phrases("belongings")))
    text = speaker.choose(phrases("tail_joins")).format(
        a=action.imperative, a_ing=action.gerund, a_ed=action.participle, t=tail
    )
    if speaker.chance(0.15):
        text = f"{text}, then {speaker.action().imperative}"
    return wrap(speaker, text, False), ()
