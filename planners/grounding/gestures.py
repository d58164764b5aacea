"""Idioms of doing: "give the ball a good boot", "stick 'em up", "have a shot at goal".

Each becomes the plain request, on a text in the scene's names. By lookup: only for things that the scene has an
option for.
"""

from __future__ import annotations

import re
from functools import cache

from planners import rx
from planners.corpus.lookup import approaches, possible_steps
from planners.grounding.alternatives import any_of
from planners.grounding.looks import lexicon
from planners.grounding.notes import changed
from planners.grounding.pronouns import is_negated
from skillblend.contracts import SceneState

_END = r"(?= ?(?:[,.;:!?]|$)| (?:and|then|before|after|while|now|please|for|so|until|because|as|or|with)\b)"
_HANDS = r"(?:hands|arms|mitts|paws|hand and arms|palms|'?em|limbs)"
_YOUR = r"(?:both(?: of)?(?: your| the| those)?|your two|your|the|those|them|ur|all)"
_UP = (
    r"(?:(?:right|really|very|nice and|so|way|straight|as) )*(?:up(?: (?:in|into) the air| high| to the (?:sky|"
    r"ceiling)| there)*|"
    r"high(?: up)?(?: in the air)?|aloft|skywards?|in the air|into the air|(?:above|over) your head|"
    r"to(?:wards)? the (?:sky|ceiling|heavens|stars|roof)|"
    r"at the (?:sky|ceiling))(?: as (?:high|far) as (?:you can|they(?:'ll| will)? go|possible)| (?:really |"
    r"very )?high|"
    r" like (?:a|an|you)\b[^,.;:!?]*)?"
)
_ALONE: tuple[tuple[str, str], ...] = (
    ("raise both hands",
     rf"(?:stick|put|throw|get|hold|fling|shove|pop|raise|lift|stretch|reach|bring|keep|wave|have|let's see|"
     rf"show me|chuck|shoot|extend|thrust|point|want)(?: up)?"
     rf"(?: with)? {_YOUR} {_HANDS} {_UP}|(?:stick|put|throw|get|hold) '?em up|up with {_YOUR} {_HANDS}|"
     rf"(?:raise|lift|lift up|raise up|hoist|throw up|put up|hold up|stick up|stretch up|elevate) {_YOUR} "
     rf"{_HANDS}(?: {_UP})?|"
     rf"(?:both )?(?:hands|arms) (?:{_UP})|(?:reach|stretch|grab) (?:up )?(?:for|to|towards|up to) the (?:sky|"
     rf"ceiling|stars|heavens|roof|clouds)|"
     rf"(?:do|make) (?:(?:your|the|both) )?(?:hands|arms) up|"
     rf"(?:do|make) (?:a|the) (?:hands up|surrender)(?: pose| gesture)?|surrender|this is a (?:stick-?up|"
     rf"hold-?up)|act like you(?:'re| are) surrendering"),
    ("turn around",
     r"(?:do|make|perform|execute|give (?:me|us)) (?:an?|one) (?:quick |smart |complete |full )*(?:about[- ]?turn|"
     r"about[- ]?face|u-?turn|one-?eighty|180|half[- ]turn|turn(?:around|about)|volte-face)|"
     r"about[- ]?(?:turn|face)|(?:turn|spin|swivel|whirl|pivot|swing|face|twist|rotate|wheel)(?: yourself|"
     r" your body)?(?: right| all the way| straight| completely)*"
     r" (?:around|round|about)(?: (?:and|to) (?:face|look)(?: at)? (?:the )?(?:other|opposite) (?:way|direction|"
     r"side))?(?: on the spot| where you (?:are|stand))?(?! (?:the|to the|to your|by|left|right|three|twice|\d|"
     r"clockwise|anti|counter))|"
     r"(?:turn|spin|swivel|pivot|look|face|point|be facing)(?: to(?: face)?)? (?:in )?(?:the )?(?:other|"
     r"opposite) (?:way|direction|side)(?: (?:around|round))?|"
     r"(?:face|turn|look) (?:towards |to )?(?:what(?:'s| is)|the \w+ that(?:'s| is)) behind you|(?:have a |"
     r"take a )?look behind (?:you|yourself)|face backwards?|"
     r"turn (?:yourself )?back to front|turn on your heels?|(?:turn|show)(?: me| us)? your back(?: on (?:me|us)|"
     r" to (?:me|us))?|turn through (?:180|half a circle)(?: degrees)?|"
     r"turn a full half circle|(?:take|do|make) (?:a )?half (?:a )?turn|turn tail"),
    ("crouch",
     r"(?:(?:get|go|sink|drop|squat|come|crouch|hunker|settle|lower yourself|bend)(?: down| right down)* (?:on|"
     r"onto|to|into) (?:your |a |the )?(?:deep |low |nice |little |good )*(?:haunches|hunkers|hams|crouch|squat|"
     r"crouching position|squatting position))|"
     r"(?:do|give (?:me|us)|have|take|make|perform) (?:a|one|another) (?:quick |little |deep |good |nice |"
     r"low )*(?:crouch|squat|knee bend|knees bend|duck|bob)(?: down)?|"
     r"knees bend|bend (?:at|from) the knees|bend (?:your|both|both your|those) knees|make yourself (?:small|"
     r"smaller|short|shorter|little|tiny|low)(?: and low)?(?: as (?:small|short|low|little) as (?:you can|"
     r"possible)| as you can)?|"
     r"make yourself as (?:small|short|little|tiny|low) as (?:you can|possible)|"
     r"(?:pop|drop|get|go|crouch|squat) (?:right )?down low|(?:hunker|scrunch|hunch|stoop|bob|dip|scooch|squat|"
     r"crouch|duck|huddle|bend|get|go|drop|stay|keep|"
     r"sink) (?:right )?(?:down )?(?:low|down)(?: low)?(?: (?:to|near|towards|close to) the (?:floor|ground))?"
     r"(?: like (?:a|an|you)\b[^,.;:!?]*)?|(?:squat|crouch)(?: like (?:a|an|you)\b[^,.;:!?]*)|pretend you(?:'re|"
     r" are) (?:a )?(?:small|tiny|short)|(?:squat|crouch|stoop|duck)(?=$|[,.;:!?])"),
    ("stand still",
     r"(?:hold|keep|maintain)(?: your)? position|stand ?by|stand fast|stand firm|halt|"
     r"(?:stand|stay|wait|remain|hang around|hold)(?: (?:right|just|over))? (?:there|here|by it|beside it|"
     r"at it)(?= for\b)|"
     r"(?:freeze|stand|stay|keep|hold|remain|be)(?: right)?(?: there| here)?(?: (?:perfectly|absolutely|completely|"
     r"very|really|quite|dead))* (?:still|motionless|immobile|frozen|put|steady|stopped)"
     r"(?: like (?:a|an)\b[^,.;:!?]*?(?=$|[,.;:!?]| for | and ))?(?: right)?(?: there| here| where you are)?|"
     r"(?:play|be|pretend to be) (?:a )?(?:statue|statues)|hold your horses|stay where you are|"
     r"(?:stand|be) (?:like|as) a statue|don't (?:move|budge|stir)(?: a muscle| an inch)?|take a (?:breather|rest|"
     r"break|short break|pause)|have a (?:rest|breather|break|pause)|"
     r"bide (?:a while|your time)|hang fire|hang (?:on|about|around|back) (?=for |a )|stay as you are|"
     r"not move(?: a muscle)?"),
    *((f"step to the {side}",
     rf"(?:budge|scooch|scoot|shuffle|shift|move|step|slide|edge|sidle|sidestep|inch|hop|come|go)(?: (?:up|over|"
     rf"along|across|"
     rf"yourself|sideways|a (?:little )?(?:bit|little|touch|tad|smidge|fraction)|slightly|just|one step|"
     rf"a (?:single )?step|"
     rf"a pace|one pace|half a metre|half a step))* (?:to(?:wards)? )?(?:the |your )?{side}(?:wards)?"
     rf"(?: (?:a (?:little )?(?:bit|little|touch|tad)|slightly|half a metre|one step|a step|one pace))*")
    for side in ("left", "right")),
    ("turn left",
     r"(?:turn|pivot|swivel|rotate|spin|swing|wheel|twist|face|hang|take|make|do|look)(?: yourself| your body|"
     r" round| around)?(?: a| one)?(?: quarter[- ]turn| quick| sharp| smart| ninety degree| 90 degree)*"
     r"(?: to)?(?: (?:the|your))? left(?:-?hand side|wards?)?(?: (?:turn|face|side))?(?: by (?:a quarter|"
     r"ninety degrees|90 degrees))?|left (?:face|turn)|"
     r"(?:an? |one )?(?:quick |sharp )?(?:quarter|90[- ]degree|ninety[- ]degree)[- ]turn (?:to )?(?:the |"
     r"your )?left"),
    ("turn right",
     r"(?:turn|pivot|swivel|rotate|spin|swing|wheel|twist|face|hang|take|make|do|look)(?: yourself| your body|"
     r" round| around)?(?: a| one)?(?: quarter[- ]turn| quick| sharp| smart| ninety degree| 90 degree)*"
     r"(?: to)?(?: (?:the|your))? right(?:-?hand side|wards?)?(?: (?:turn|face|side))?(?: by (?:a quarter|"
     r"ninety degrees|90 degrees))?|right (?:face|turn)|"
     r"(?:an? |one )?(?:quick |sharp )?(?:quarter|90[- ]degree|ninety[- ]degree)[- ]turn (?:to )?(?:the |"
     r"your )?right"),
)  # fmt: skip
"""Options about no thing, and ways of asking for them."""

_WITH_HANDS_UP = re.compile(
    rf",? with {_YOUR} {_HANDS} (?:held )?{_UP}|,? with (?:both )?(?:hands|"
    rf"arms) (?:held )?{_UP}"
)
_ADJ = r"(?:(?!(?:not|never|no|nor|neither|without)\b)(?:[a-z-]+ly |(?:a |an )?[a-z-]+ ))"


@cache
def _alone() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((text, rx.compiled(rf"(?<![\w'-])(?:{pattern}){_END}")) for text, pattern in _ALONE)


def without_gestures(text: str, scene: SceneState) -> tuple[str, tuple[str, ...]]:
    """`text` with idioms of doing in their plain form; and what was read as what."""
    steps = possible_steps(scene.things)
    options = {step.text for step in steps}
    said = text
    for heads in _able(scene):
        text = _deed_nouns(text, *heads)
    text = _shots(text, scene)
    text = _WITH_HANDS_UP.sub(" and raise both hands", text)
    text = _lamps(text, scene)
    for option, pattern in _alone():
        if option in options:
            text = pattern.sub(lambda m, option=option: _alone_said(m, option), text)
    text = rx.sub(
        r"\b(crouch|raise both hands) (for [^,.;:!?]*?(?:seconds?|secs?|moments?|minutes?|"
        r"s))\b",
        r"\1 and stand still \2",
        text,
    )
    text = rx.sub(r"\b(crouch|raise both hands)(?:[!,.;]+ (?:and |now )?\1(?![\w-]))+", r"\1", text)
    return text, changed(said, text)


def _alone_said(match: re.Match[str], option: str) -> str:
    if is_negated(match.string[: match.start()]) or match.group() == option:
        return match.group()
    if option == "crouch" and rx.match(r"(?:keep|stay)\b", match.group()):
        return match.group()
    return option


def _able(scene: SceneState) -> list[tuple[str, str]]:
    """Heads of options on one thing, and the things that they can be done to, as alternatives."""
    found: dict[str, list[str]] = {}
    for step in possible_steps(scene.things):
        if len(step.arguments) == 1 and step.arguments[0] in scene.names and not approaches(step):
            name = step.arguments[0]
            found.setdefault(step.text.removesuffix(f" the {name}"), []).append(name.lower())
    return [(head, any_of(names)) for head, names in found.items() if head in lexicon()["deed nouns"]]


def _deed_nouns(text: str, head: str, one: str) -> str:
    """Deeds as nouns: "give the ball a kick", "have a press of the button", "take a swing at the ball"."""
    once = {"a": 1, "one": 1, "another": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6}
    deeds = "|".join(sorted(lexicon()["deed nouns"][head].split(), key=len, reverse=True))

    def counted(m: re.Match[str]) -> str:
        times = once[m.group("n")]
        plain = f"{head} the {m.group('x')}"
        return m.group() if is_negated(m.string[: m.start()]) else ", then ".join([plain] * times)

    text = rx.sub(
        rf"(?:(?<=^)|(?<=[,.;:] )|(?<=\band )|(?<=\bthen ))(?:(?:give|do|make|have|let's have|i want) (?:me |us "
        rf")?)?(?P<n>{'|'.join(once)}) "
        rf"(?:quick |good |long |short )?(?:{deeds})(?:e?s)? (?:on|of|at|to|with|for) the (?P<x>{one})", counted, text
    )  # fmt: skip
    nouns = "|".join(sorted(lexicon()["deed nouns"][head].split(), key=len, reverse=True))
    tail = (
        r"(?: with (?:your|one|the|a|both)[^,.;:!?]*?(?:foot|hands?|finger|fingers|palm|fist|toe|boot)|"
        r" up the backside| on (?:it|the top|top|its top|the side|its side))?"
    )
    rules = (
        rf"\b(?:give|giving|gave|lend|deal|fetch) (?:to )?(the|that|this) ({one}) (?:a|an|one|another|some|it's|your|"
        rf"the)? ?{_ADJ}*?(?:{nouns}){tail}(?! (?:to|towards|shut|closed|left|right|along|over))",
        rf"\b(?:have|take|try|do|make|get|land|lay) (?:(?:a|an|one|another|your) )?{_ADJ}*?(?:{nouns}|go) (?:of|"
        rf"at|on|"
        rf"to|against|with) (the|that|this) ({one}){tail}",
        rf"(the|that|this)()(?: )({one}) (?:needs|wants|deserves|requires|could (?:do with|use)|has earned|is due|"
        rf"is asking for|is begging for) (?:a|an|another|one) {_ADJ}*?(?:{nouns}){tail}",
    )
    if head == "touch":
        sides = (
            rf"\b(?:give|giving) (the|that|this) ({one}) (?:a|an|another|one) {_ADJ}*?(?:push|shove|nudge|poke|"
            rf"prod|bump|slide|tap)(?: (?:over|along|across|a bit|a little|just))* (?:to(?:wards)? )?(?:the |"
            rf"your )?(left|right)(?:wards)?\b"
        )
        text = rx.sub(
            sides,
            lambda m: (
                m.group() if is_negated(m.string[: m.start()]) else f"push the {m.group(2)} to the {m.group(3)}"
            ),
            text,
        )
    for pattern in rules:
        text = rx.sub(
            pattern,
            lambda m: m.group() if is_negated(m.string[: m.start()]) else f"{head} the {m.groups()[-1]}",
            text,
        )
    return text


def _shots(text: str, scene: SceneState) -> str:
    """Shooting without a ball that is named: "have a shot at goal", "score"."""
    balls = [thing.name.lower() for thing in scene.things if thing.kind == "ball"]
    goals = [thing.name.lower() for thing in scene.things if thing.kind == "goal"]
    if len(balls) != 1:
        return text
    into = "|".join([*map(re.escape, goals), "goal", "net"])
    net = rf"(?: (?:at|on|for|in|into|towards)(?: the)? (?:{into}))?"
    for pattern in (
        rf"\b(?:have|take|try|fire|attempt)(?: yourself)? (?:a|another|one|your) (?:[a-z]+ )?(?:shot|pop|strike|"
        rf"penalty|pot shot|crack|free kick|kick|go){net}{_END}",
        rf"\b(?:shoot|kick|strike)(?: (?:at|on|for|towards|into)(?: the)? (?:goal|net)){_END}",
        rf"\bscore(?: (?:a|us a|me a|one|the) goal)?(?: for (?:us|me|the team))?{_END}",
        rf"\b(?:put|get|stick|slot|bury|send|hammer|plant|drive) the {re.escape(balls[0])} (?:in|into|to|towards|"
        rf"at)(?: the)?(?: back of the)? (?:goal|net){_END}",
        rf"\bget (?:the {re.escape(balls[0])} rolling|the {re.escape(balls[0])} moving with your foot){_END}",
        rf"\b(?:put|stick|get|plant) (?:your|the|a) (?:boot|foot|toe) (?:to|into|through|in|behind) the "
        rf"{re.escape(balls[0])}",
        rf"\b(?:take|do) (?:the|a) (?:kick-?off|penalty(?: kick)?){_END}",
    ):  # fmt: skip
        text = rx.sub(
            pattern, lambda m: m.group() if is_negated(m.string[: m.start()]) else f"kick the {balls[0]}", text
        )
    people = "|".join(re.escape(thing.name.lower()) for thing in scene.things if thing.kind == "person")
    if people:
        towards = r"(?: (?:over|across|back|straight))* (?:to|towards|at|for|past)"
        text = rx.sub(
            rf"\b(?:kick|boot|punt|pass) the ({re.escape(balls[0])}){towards} (?:the )?(?:{people})(?![\w-])",
            r"kick the \1",
            text,
        )
    return text


_LIGHTS = ("light", "lights", "lamp")
_LAMPS = (*_LIGHTS, "fan", "radio", "heater", "alarm", "bell")


def _lamps(text: str, scene: SceneState) -> str:
    """Switching a light on or off, where a button is for it; ringing where a bell is the only one to be rung."""
    buttons = [thing.name.lower() for thing in scene.things if thing.kind == "button"]
    for name in buttons:
        words = name.split()
        lamp = next((word for word in words if word in _LAMPS), "")
        if not lamp:
            continue
        lights = r"|lights?(?= )|lighting|electric light" if lamp in _LIGHTS else ""
        of = rf"(?:the |that |some |a bit of )?(?:{re.escape(name)}|{lamp}s?{lights})"
        text = rx.sub(rf"^(?:first,? |so,? )?the ({re.escape(name)})(?=,| then\b| and then\b)", r"press the \1", text)
        for pattern in (
            rf"\b(?:switch|turn|put|flick|flip|get|click|pop) (?:{of}) (?:on|off)(?: (?:for|so)[^,.;:!?]*)?{_END}",
            rf"\b(?:switch|turn|put|flick|flip|get|click|pop) (?:on|off) (?:{of}){_END}",
            rf"\b(?:get|do|hit|kill|dim|work) {of}{_END}",
            rf"\b(?:give|let|make|let's have|shine)(?: (?:me|us|there))?(?: be)? (?:some |a bit of |more |"
            rf"a little )(?:light)\b(?: in here| on the matter)?{_END}"
            if lamp in _LIGHTS else rf"\bring (?:for (?:service|attention|help|somebody|someone))\b{_END}",
        ):  # fmt: skip
            text = rx.sub(
                pattern,
                lambda m, name=name: m.group() if is_negated(m.string[: m.start()]) else f"press the {name}",
                text,
            )
    return text
