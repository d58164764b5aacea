"""Roundabout ways of asking to walk to a thing: "your next stop is the shelf", "off you pop to the marker".

Each becomes the plain walk, on a text in the scene's names.
"""

from __future__ import annotations

from planners import rx
from planners.grounding.alternatives import any_of
from planners.grounding.notes import changed
from planners.grounding.pronouns import is_negated
from skillblend.contracts import SceneState

_END = r"(?= ?(?:[,.;:!?]|$)| (?:and|then|before|after|please|now|so|for|while|where|with)\b)"
_OVER = (
    r"(?: (?:over|across|along|down|up|back|on|out|round|around|straight|directly|right|off|away|in|through|"
    r"yourself|all the way|quickly|slowly))*"
)
_TO = r"(?:to|towards?|up to|over to|across to|at|by|beside|next to|near|in front of|in the direction of|for|onto|on)"
_GO = (
    r"(?:(?:work|wend|thread|pick|find|take|make|weave|edge|feel) your way|"
    r"(?:get|take|move|bring|haul|drag|shift|park|plant|station|position|post|place|point|steer|pop|put|plonk|"
    r"install|transport|"
    r"present|drop|hie|betake|lug|cart|propel|bung|stick)"
    r" (?:yourself|your ?self|urself|your (?:behind|bum|backside|rear|butt|bones|feet|legs|carcass|frame|wheels|"
    r"metal|body|tin|circuits|"
    r"two feet|shiny self|good self|lovely self|metal (?:bum|behind|backside|butt|feet|legs|self))|that (?:bum|"
    r"behind|backside|body)(?: of yours)?)|"
    r"(?:take|have|go for) a (?:[a-z]+ )?(?:walk|stroll|wander|hike|trip|step|saunter|amble|jaunt|turn|look|drive)|"
    r"(?:off|on|away|over) you (?:pop|go|trot|toddle|hop|jog|get|run|walk|march|scoot|pootle)|"
    r"(?:set|head|move|start|make|take|march|walk|pop|nip|go|run|trot|hop|jog|scoot|whizz|dash|dart|shoot|bolt|"
    r"zip|hurry|rush)(?: (?:off|out|forth|on))|"
    r"(?:report|proceed|repair|adjourn|betake yourself|return|relocate|migrate|navigate)|(?:show|turn) (?:up|"
    r"yourself)|"
    r"(?:take|assume) (?:up )?(?:a |your )?(?:position|place|post|stand|spot|station)|"
    r"(?:your|the) (?:journey|route|path|way) (?:takes|leads|brings) you|let's (?:go|walk|head|get)|(?:come|"
    r"go) and (?:stand|wait|be|park)|"
    r"(?:(?<!should )(?<!must )(?<!to )(?<!will )(?<!can )(?<!could )(?<!shall )(?<!may )be|stand|wait|stay|"
    r"remain|hang around|hang about|hover|linger|loiter|perch)(?: (?:right|just|over|up|"
    r"close|directly|there))*)"
)
_STOP = r"(?:stop|destination|port of call|target|place to be|station|goal|waypoint|visit|leg)"
_THERE = (
    r"(?:,? (?:that's |which is |that is |lying |standing |hanging |up |down )?(?:on the {on}|over there|"
    r"right there|over here|in the corner))"
)


def without_byways(text: str, scene: SceneState) -> tuple[str, tuple[str, ...]]:
    """`text` with such ways in their plain form; and what was read as what."""
    if not scene.names:
        return text, ()
    said = text
    one = any_of(list(scene.names))
    for kind, on in (("button", "wall"), ("marker", "(?:floor|ground)")):
        names = [thing.name for thing in scene.things if thing.kind == kind]
        if names:
            text = rx.sub(rf"(the {any_of(names)}){_THERE.format(on=on)}", r"\1", text)
    people = [thing.name for thing in scene.things if thing.kind == "person"]
    if people:
        text = rx.sub(
            rf"(?:the )?({any_of(people)}) (?:wants|would like|needs|wishes|is waiting|has asked|asked|is asking|"
            rf"would love) "
            rf"(?:to (?:see|talk to|speak to|have a (?:word|chat) with|meet|speak with) you|for you|a (?:word|"
            rf"chat) with you|you)"
            rf"(?! to)", r"walk to the \1", text,
        )  # fmt: skip
    for pattern in (
        rf"(?<![\w'])(?:please )?{_GO}{_OVER} {_TO} (?P<x>the {one}){_END}",
        rf"\b(?:your|the|our) (?:very )?(?:next|first|last|final|second|third) (?:and last )?{_STOP} (?:is|"
        rf"will be|should be|would be|must be|:)(?: going to be)? (?P<x>the {one})",
        rf"\b(?:give|pay) (?P<x>the {one}) (?:a|your|another) (?:[a-z]+ )?(?:visit|look-in|call|once-over|"
        rf"inspection|look)\b",
        rf"\bpay (?:a|another|your) (?:[a-z]+ )?(?:visit|call|respects) (?:to|at|on) (?P<x>the {one})",
        rf"(?P<x>the {one}) (?:could do with|deserves|needs|wants|would like|is waiting for|awaits|"
        rf"is expecting) (?:a |your |you|another )(?:[a-z]+ )?(?:visit|visitor|company|look|inspection)?{_END}",
        rf"\b(?:i|we)(?:'d| would)? (?:want|need|like|prefer|love|expect) (?:to (?:see|have|"
        rf"find) )?you(?: (?:to be|standing|waiting|over|right|back|up|there|next|parked|posted|stood|"
        rf"here))* {_TO} (?P<x>the {one}){_END}",
        rf"\byou(?:'re| are)?(?: (?:now|also|to be|wanted|needed|expected|required|due|should be|must be|"
        rf"ought to be|are to be))+ (?:over )?(?:at|by|on|next to|near|beside) (?P<x>the {one}){_END}",
        rf"(?:(?<=^)|(?<=[.;!?] ))(?:(?:over|right|back|standing|to be|to stand|waiting|there|up|here) )+(?:at|by|"
        rf"on|next to|beside|in front of|near) (?P<x>the {one}){_END}",
        rf"\b(?:see|check|look|inspect|examine)(?: in)? (?:on|at|out|by)? ?(?P<x>the {one}) (?:up close|"
        rf"from close up|close up|from nearby)",
    ):  # fmt: skip
        text = rx.sub(
            pattern, lambda m: m.group() if is_negated(m.string[: m.start()]) else f"walk to {m.group('x')}", text
        )
    return text, changed(said, text)
