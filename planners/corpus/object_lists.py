"""Several objects in one breath: lists, groups, routes, contrasts and prohibitions."""

from __future__ import annotations

from collections.abc import Sequence

from planners.corpus.noise import wrap
from planners.corpus.phrases import phrases, said
from planners.corpus.references import BEHAVIOUR, TOUCHABLE, Speaker, join_steps
from planners.corpus.sentences import Action, Asked, inflect
from planners.prompt import plural
from skillblend.contracts import Thing


def _steps(verb: str, thing: Thing) -> tuple[str, ...]:
    walk = f"walk to the {thing.name}"
    return (walk,) if verb == "walk" else (walk, f"{verb} the {thing.name}")


def _join(verb: str, things: Sequence[Thing]) -> tuple[str, ...]:
    return join_steps([Action(steps=_steps(verb, t), imperative="", gerund="", participle="") for t in things])


def _able(speaker: Speaker, verb: str) -> list[Thing]:
    kinds = {"walk": (), "press": ("button",), "touch": TOUCHABLE}[verb]
    return [t for t in speaker.objects if not kinds or t.kind in kinds]


def listing(speaker: Speaker) -> Asked | None:
    """Two to four objects under one verb: "visit the marker, the shelf and the table"."""
    verb = speaker.choose(("walk", "walk", "walk", "press", "touch"))
    things = _able(speaker, verb)
    if len(things) < 2:
        return None
    count = min(len(things), 2 + int(speaker.rng.integers(3)))
    shuffled: list[int] = speaker.rng.permutation(len(things)).tolist()
    order = [things[i] for i in shuffled[:count]]
    if speaker.chance(0.1) and count < 4:
        order.append(order[0])
    names = _mention(speaker, order)
    form = speaker.choose(phrases({2: "list_two", 3: "list_three", 4: "list_four"}[len(order)]))
    text = form.format(*names)
    if verb == "walk" and speaker.chance(0.15):
        return wrap(speaker, speaker.choose((*phrases("list_openers"), "")) + text, False), _join(verb, order)
    if verb == "walk" and speaker.chance(0.3):
        text = form.format(*(f"to {name}" for name in names))
        return wrap(speaker, f"{speaker.choose(('go', 'walk', 'head'))} {text}", True), _join(verb, order)
    simple = [p for p in said(BEHAVIOUR[verb], "say") if p.endswith("{o}")]
    action = inflect(speaker.choose(simple).format(o=text), ("x",))
    tail = speaker.choose(("", "", "", " in this order", ", in that order", ", one after the other"))
    return wrap(speaker, action.imperative + tail, True, action.gerund + tail), _join(verb, order)


def group(speaker: Speaker) -> Asked | None:
    """All objects of one kind: "press both buttons"."""
    verb = speaker.choose(("walk", "walk", "press", "touch"))
    able = _able(speaker, verb)
    nouns = sorted({t.name.split()[-1] for t in able} | {t.kind for t in able})
    sets = {n: [t for t in able if t.kind == n or t.name.split()[-1] == n] for n in nouns}
    clear = {n: s for n, s in sets.items() if 2 <= len(s) <= 4}
    if not clear:
        return None
    noun = speaker.choose(tuple(clear))
    things = clear[noun]
    number = {2: "two", 3: "three", 4: "four"}[len(things)]
    forms = [
        "all {p}",
        "all the {p}",
        "every {n}",
        "each {n}",
        "each of the {p}",
        "all of the {p}",
        f"all {number} {{p}}",
    ]
    forms += [f"the {number} {{p}}", "every single {n}", "one {n} after the other"]
    if len(things) == 2:
        forms = ["both {p}", "both the {p}", "both of the {p}", "both {p}", *forms]
    words = speaker.choose(forms).format(p=plural(noun), n=noun)
    text = f"{speaker.choose(said(BEHAVIOUR[verb], 'groups'))} {words}"
    if len(things) > 2 and speaker.chance(0.3):
        left_out = things[int(speaker.rng.integers(len(things)))]
        things = [t for t in things if t is not left_out]
        text += speaker.choose(
            (" except the {}", " but not the {}", ", but skip the {}", " apart from the {}")
        ).format(left_out.name)
    if speaker.chance(0.3):
        after = speaker.action()
        joined = join_steps([Action(steps=_join(verb, things), imperative="", gerund="", participle=""), after])
        return wrap(speaker, f"{text} and then {after.imperative}", True), joined
    return wrap(speaker, text, True), _join(verb, things)


def route(speaker: Speaker) -> Asked | None:
    """Two places in an order given by words like "via"."""
    if len(speaker.objects) < 2:
        return None
    shuffled: list[int] = speaker.rng.permutation(len(speaker.objects)).tolist()
    first, second = (speaker.objects[i] for i in shuffled[:2])
    names = (speaker.refer(first), speaker.refer(second))
    if speaker.chance(0.2):
        return wrap(speaker, speaker.choose(phrases("returns")).format(*names), False), _join(
            "walk", [first, second, first]
        )
    return wrap(speaker, speaker.choose(phrases("routes")).format(*names), False), _join("walk", [first, second])


def contrast(speaker: Speaker) -> Asked | None:
    """One place and not the other; the other may not even be there."""
    thing, other = speaker.thing(), speaker.thing()
    if thing is None or other is None or thing is other:
        return None
    wrong = speaker.refer(other) if speaker.chance(0.8) else f"the {speaker.choose(phrases('absent'))}"
    right = speaker.refer(thing)
    if _alike(thing, other):
        short = f"the {other.name.rpartition(' ')[0]} one"
        wrong, right = (f"the {other.name}", f"the {thing.name}") if speaker.chance(0.5) else (short, right)
    form, verb = speaker.choose(phrases("either")), "walk"
    direct = form.replace("walk to", "go to").replace("head to", "go to")
    if "go to" in direct and speaker.chance(0.5):
        verb = {"button": "press", "marker": "walk"}.get(thing.kind, "touch")
        form = direct.replace("go to", speaker.choose(said(BEHAVIOUR[verb], "direct")))
    return wrap(speaker, form.format(o=right, x=wrong), False), _join(verb, [thing])


def _alike(first: Thing, second: Thing) -> bool:
    """Whether only a colour or the like tells two objects apart: "red marker", "blue marker"."""
    names = (first.name.split(), second.name.split())
    return first is not second and names[0][-1] == names[1][-1] and min(map(len, names)) > 1


def _mention(speaker: Speaker, things: Sequence[Thing]) -> list[str]:
    """How the objects of a list are named; "the red marker, the blue one" where they are alike."""
    names = [speaker.refer(t) for t in things]
    if all(_alike(things[0], t) for t in things[1:]) and speaker.chance(0.5):
        adjectives = [t.name.rpartition(" ")[0] for t in things]
        if speaker.chance(0.3):
            return [*adjectives[:-1], f"the {things[-1].name}"] if speaker.chance(0.5) else adjectives
        names = [f"the {things[0].name}", *(f"the {a} one" for a in adjectives[1:])]
    return names


def negated(speaker: Speaker) -> Asked:
    """A request, and something that must not be done, possible or not."""
    wanted = [speaker.action() for _ in range(1 + int(speaker.chance(0.3)))]
    other = speaker.thing()
    if other is not None and speaker.chance(0.3):
        unwanted = inflect(
            speaker.choose(phrases("impossible_with_object")).format(
                o=speaker.refer(other), n=speaker.choose(phrases("absent"))
            ),
            (),
        )
    else:
        unwanted = speaker.action()
        if set(unwanted.steps) & set(join_steps(wanted)):
            return wrap(speaker, wanted[0].imperative, True), join_steps(wanted[:1])
    forms = {"b": unwanted.imperative, "b_ing": unwanted.gerund}
    forms["a"] = " and ".join(action.imperative for action in wanted)
    forms["a_ing"] = " and ".join(action.gerund for action in wanted)
    return wrap(speaker, speaker.choose(phrases("forbid")).format(**forms), False), join_steps(wanted)
