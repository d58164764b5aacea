"""The kinds of instruction that the generator makes, each with its share."""

from __future__ import annotations

from collections.abc import Callable

from planners.corpus.indirect import hint, placed, tailed
from planners.corpus.noise import mistype, wrap
from planners.corpus.numbered_lists import numbered
from planners.corpus.object_lists import contrast, group, listing, negated, route
from planners.corpus.phrases import moves, new_verbs, phrase_table, phrases, said
from planners.corpus.references import BEHAVIOUR, TOUCHABLE, Speaker, join_steps, sample_name
from planners.corpus.sentences import Action, Asked, compose, inflect
from planners.prompt import plural
from skillblend.contracts import Thing


def say(speaker: Speaker, actions: list[Action]) -> Asked:
    """`actions` as a wrapped sentence, with their steps (none if one of them is impossible)."""
    text, imperative = compose(actions, speaker.rng)
    gerund = actions[0].gerund if len(actions) == 1 else ""
    text = wrap(speaker, text, imperative, gerund)
    if speaker.chance(0.08):
        text = mistype(speaker, text)
    possible = all(action.steps for action in actions)
    return text, join_steps(actions) if possible else ()


def single(speaker: Speaker) -> Asked:
    """One action."""
    return say(speaker, [speaker.action()])


def sequence(speaker: Speaker) -> Asked:
    """Two to four actions in some order of mention."""
    count = 2 + int(speaker.rng.choice(3, p=[0.62, 0.28, 0.1]))
    actions = [speaker.action() for _ in range(count)]
    if count > 1 and speaker.chance(0.05):
        actions = [*actions[:2], _again(speaker, actions[0])]
    return say(speaker, actions)


def _again(speaker: Speaker, action: Action) -> Action:
    """`action`, asked for a second time."""
    form = speaker.choose(phrases("again"))
    return Action(
        steps=action.steps,
        imperative=form.format(action.imperative),
        gerund=form.format(action.gerund),
        participle=form.format(action.participle),
        target=action.target,
    )


def spared(speaker: Speaker) -> Asked | None:
    """Something to leave alone, and a wish about something else."""
    made, other = _wish(speaker), speaker.thing()
    if made is None or other is None or any(other.name in step for step in made[1]):
        return None
    text = speaker.choose(phrases("keep_off")).format(x=speaker.refer(other))
    joined = speaker.choose(("{}. {}", "{}; {}", "{}, {}", "{} - {}")).format(text, made[0])
    return joined, made[1]


def shout(speaker: Speaker) -> Asked:
    """A move without a verb."""
    text = speaker.choose(tuple(moves("shouts")))
    words = speaker.choose(moves("shouts")[text])
    if speaker.chance(0.4):
        return wrap(speaker, words, False), (text,)
    other = speaker.action()
    if speaker.chance(0.5):
        joined = speaker.choose(("{}, then {}", "{}. {}", "{} and then {}", "{}! now {}", "first {}, then {}"))
        return joined.format(words, other.imperative), (text, *other.steps)
    joined = speaker.choose(("{}, then {}", "{}. then {}", "{} and {}", "{}, after that {}"))
    return joined.format(other.imperative, words), (*other.steps, text)


def indirect(speaker: Speaker) -> Asked | None:
    """A wish, a need or a statement; alone, or before or after a direct request."""
    made = _wish(speaker)
    if made is None or speaker.chance(0.6):
        return made
    text, steps = made
    other = speaker.action()
    after = Action(steps=steps, imperative="", gerund="", participle="")
    if speaker.chance(0.6):
        words = speaker.choose(("{}. then {}", "{}, and then {}", "{}. after that, {}", "{}; once that's done, {}"))
        return words.format(text, other.imperative), join_steps([after, other])
    words = speaker.choose(("first {}. then {}", "{}. after that, {}", "{}, and then {}"))
    return words.format(other.imperative, text), join_steps([other, after])


def _wish(speaker: Speaker) -> Asked | None:
    draw = speaker.rng.random()
    if draw < 0.22:
        text = speaker.choose(tuple(moves("wishes")))
        return wrap(speaker, speaker.choose(moves("wishes")[text]), False), (text,)
    verb, kinds = ("press", ("button",)) if draw < 0.52 else ("touch", TOUCHABLE) if draw < 0.7 else ("walk_to", ())
    thing = speaker.thing(*kinds)
    if thing is None:
        return None
    text = speaker.choose(said(verb, "wishes")).format(o=speaker.refer(thing))
    walk = f"walk to the {thing.name}"
    steps = (walk, f"{verb} the {thing.name}") if verb != "walk_to" else (walk,)
    return wrap(speaker, text, False), steps


def impossible_action(speaker: Speaker) -> Action:
    """An action that no skill can do: wrong verb, wrong object, or both."""
    if new_verbs() and speaker.chance(0.2):
        action = speaker.by_verb(possible=False)
        if action is not None:
            return action
    draw = speaker.rng.random()
    noun = speaker.choose(phrases("absent"))
    if draw < 0.24:
        return inflect(speaker.choose(phrases("impossible")).format(n=noun), ())
    if draw < 0.42:
        return _misplaced(speaker)
    if draw < 0.62:
        return _absent(speaker)
    thing, other = speaker.thing(), speaker.thing()
    if thing is None or other is None:
        return inflect(speaker.choose(phrases("impossible")).format(n=noun), ())
    names = [speaker.refer(thing), speaker.refer(other)]
    if speaker.chance(0.15):
        names[0] = f"the {noun}"
    if draw < 0.8 and thing is not other:
        return inflect(speaker.choose(phrases("impossible_with_two")).format(o=names[0], x=names[1]), (), names[0])
    return inflect(speaker.choose(phrases("impossible_with_object")).format(o=names[0], n=noun), (), names[0])


def _misplaced(speaker: Speaker) -> Action:
    """Pressing what is no button ("press the table"), or pushing what would have to move."""
    thing = speaker.thing("marker", *TOUCHABLE)
    if thing is None:
        return _absent(speaker)
    verb = speaker.choose(phrases("misplaced"))
    if speaker.chance(0.15):
        verb = speaker.choose(("activate|activating|activated", "press|pressing|pressed down on"))
    target = speaker.refer(thing)
    return inflect(f"{verb} {target}", (), target)


def _absent(speaker: Speaker) -> Action:
    """Something possible in itself, with an object that is not in the scene."""
    thing = absent_thing(speaker)
    named = Speaker(speaker.rng, (thing,))
    action = named.act_on(thing)
    return Action(
        steps=(),
        imperative=action.imperative,
        gerund=action.gerund,
        participle=action.participle,
        target=action.target,
    )


def absent_thing(speaker: Speaker) -> Thing:
    """An object that nobody could take for one of the scene's."""
    for _ in range(100):
        kind = speaker.choose(("marker", "button", "table", "shelf", "box"))
        near = speaker.thing()
        draw = speaker.rng.random()
        if draw < 0.3:
            name = speaker.choose(phrases("absent"))
        elif draw < 0.65 and near is not None:
            kind = near.kind
            name = f"{speaker.choose(phrases('colours'))} {near.name.split()[-1]}"
        else:
            name = sample_name(speaker.rng, kind)
        words = name.split()
        if any(words[-1] in phrase_table("synonyms")[t.kind] for t in speaker.objects):
            continue
        if not any(
            name == t.name or name == t.kind or words[-1:] == [name] and name in t.name for t in speaker.objects
        ):
            return Thing(name=name, kind=kind)
    return Thing(name="invisible castle", kind="box")


def impossible(speaker: Speaker) -> Asked:
    """An impossible request, alone or with possible ones around it."""
    bad = impossible_action(speaker)
    if speaker.chance(0.45):
        return say(speaker, [bad])
    if speaker.chance(0.15):
        return numbered(speaker, bad)
    actions = [speaker.action() for _ in range(int(speaker.rng.integers(1, 3)))]
    actions.insert(int(speaker.rng.integers(len(actions) + 1)), bad)
    return say(speaker, actions)


def ambiguous(speaker: Speaker) -> Asked | None:
    """A name that fits two objects: refused, for the person has to say which."""
    kinds = [t.name.split()[-1] for t in speaker.objects]
    twice = sorted({k for k in kinds if kinds.count(k) > 1 and all(t.name != k for t in speaker.objects)})
    if not twice:
        return None
    noun = speaker.choose(twice)
    kind = next(t.kind for t in speaker.objects if t.name.endswith(noun))
    thing = Thing(name=noun, kind=kind)
    action = Speaker(speaker.rng, (thing,)).act_on(thing)
    return wrap(speaker, action.imperative, True), ()


def chat(speaker: Speaker) -> Asked:
    """No request at all, or a question about the scene."""
    thing, other = speaker.thing(), speaker.thing()
    if thing is not None and other is not None and speaker.chance(0.5):
        text = speaker.choose(phrases("questions"))
        return text.format(o=f"the {speaker.short(thing)}", x=f"the {speaker.short(other)}"), ()
    if speaker.chance(0.1):
        kind = speaker.choose(("marker", "button", "table", "shelf", "box"))
        words = ("how many {} are there", "what {} do you see", "list all {}", "what colour are the {}")
        return speaker.choose(words).format(plural(kind)), ()
    return speaker.choose(phrases("chat")), ()


def nominal(speaker: Speaker) -> Asked | None:
    """Objects with what to do to each, without verbs: "the button (press it), then the shelf"."""
    if len(speaker.objects) < 2:
        return None
    count = min(len(speaker.objects), 2 + int(speaker.rng.integers(2)))
    shuffled: list[int] = speaker.rng.permutation(len(speaker.objects)).tolist()
    things = [speaker.objects[i] for i in shuffled[:count]]
    actions = [speaker.act_on(thing) for thing in things]
    verbs = [action.steps[-1].split()[0] for action in actions]
    if set(verbs) == {"walk"}:
        return None
    names = [
        speaker.choose(said(BEHAVIOUR[verb], "entries")).format(o=speaker.refer(thing))
        for verb, thing in zip(verbs, things, strict=True)
    ]
    form = speaker.choose(phrases({2: "list_two", 3: "list_three"}[count]))
    text = speaker.choose(phrases("nominal_openers")) + form.format(*names)
    return wrap(speaker, text, False), join_steps(actions)


TOPICS: dict[str, tuple[float, Callable[[Speaker], Asked | None]]] = {
    "single": (0.11, single),
    "sequence": (0.22, sequence),
    "numbered": (0.05, numbered),
    "placed": (0.04, placed),
    "shout": (0.02, shout),
    "indirect": (0.12, indirect),
    "hint": (0.06, hint),
    "listing": (0.07, listing),
    "nominal": (0.03, nominal),
    "spared": (0.02, spared),
    "group": (0.05, group),
    "route": (0.04, route),
    "contrast": (0.04, contrast),
    "negated": (0.05, negated),
    "impossible": (0.2, impossible),
    "tailed": (0.06, tailed),
    "ambiguous": (0.02, ambiguous),
    "chat": (0.05, chat),
}
