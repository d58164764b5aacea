"""What is said around a request and asks for nothing: greetings, thanks, hedges, how the speaker is.

By lists of set phrases, and by one rule: a sentence about the speaker that speaks of nothing that is here says why,
not what. A text that is nothing else is left as it is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from planners.grounding.linking import is_listed
from planners.grounding.looks import look_of
from planners.grounding.mentions import known_verbs, singular

_WHO = (
    r"(?:robot|robo|mate|buddy|bud|pal|friend|my friend|dear|love|sir|madam|ma'am|man|dude|everyone|there|you|boss|"
    r"champ|sweetie|darling|honey|bro|old chap|old boy|kiddo)"
)
_HELLO = (
    r"hey|hi+|hello|oi|yo|hullo|howdy|ahoy|greetings|ugh|ooh|oh|ah|um+|uh+|hm+|er+|ok(?:ay)?|alright|right then|well|"
    r"so|listen|look here|excuse me|pardon me|sorry to bother you|sorry|good (?:morning|afternoon|evening|day)|"
    r"dear robot|robot|robo|sir|mate"
)
_GREETING = re.compile(rf"^(?:(?:{_HELLO})(?: {_WHO})?(?: then)?(?:[,!.:;]+ ?| (?=\S)))+")
_POLITE = r"(?:please|kindly|maybe|perhaps|just|possibly|quickly|sort of|kind of|like|really)"
_WONDER = (
    r"(?:(?:and )?(?:i|we)(?: was|'m| am| were)(?: just| sort of)? (?:thinking|wondering|hoping)"
    r"(?:,? (?:like|that|if|whether|maybe|perhaps))*,? )?"
)
_WISH = (
    r"(?:do you think (?:that )?)?you (?:could|might|can)|(?:can|could|would|will) you|"
    r"would you be (?:so kind as to|able to|willing to|a dear and|a star and|an angel and|kind enough to)|"
    r"be (?:so kind as to|a dear and|a star and)|(?:i|we)(?:'d| would) (?:like|love|want) you to|"
    r"(?:i|we) (?:want|need) you to|i(?:'d| would) be (?:so |very )?grateful if you (?:could|would)|"
    r"do me a favou?r(?: and|[,:;])|your (?:job|task) is to|you (?:have|need|ought) to|you(?:'re| are) to|kindly to|"
    r"go ahead and"
)
_MENTAL = r"(?:not|never|mind|see|tell|hear|say|explain|think|know|believe|understand|remember|feel)"
_ASKING = re.compile(
    rf"(?<![\w'])(?:{_POLITE},? )*{_WONDER}(?:{_POLITE},? )*(?:{_WISH})"
    rf"(?: (?:{_POLITE}|be so kind as to|be a dear and|be a star and))*,? (?=[a-z])(?!{_MENTAL}\b)"
)
_MINDING = re.compile(r"\b(?:would|do) you mind (?:(?:terribly|awfully|very much|so much) )?(?=[a-z]+ing\b)")
_THANKS = (
    r"(?:thank you|thanks|thank u|cheers|ta|much appreciated|many thanks)(?: (?:so much|very much|a lot|in advance))?"
)
_IF_SO = (
    r"if you (?:please|can|could|would|will|like|don't mind|wouldn't mind|would be so kind|"
    r"have (?:a )?(?:time|moment|minute|second|sec))|when(?:ever)? you (?:have|get|can|are ready|'ve got)"
    r"(?: (?:a|the))?(?: free)?(?: (?:moment|minute|second|sec|chance|time))?"
)
_OVER = (
    r"(?:and )?that's (?:it|all)|and you're done|sort (?:it|that) out|see to it|"
    r"(?:and|then|and then) (?:stop|stay|you can stop|you're done)(?: there| here)?"
)
_TAIL = re.compile(
    rf"(?:(?:(?:,| -)? ?\b(?:please|pls|{_THANKS}|{_IF_SO}|will you|would you|could you|can you|won't you|ok(?:ay)?|"
    rf"yeah|got it|for me|for us|lol|haha|{_OVER}|there's a (?:good|dear) (?:robot|lad|chap|boy|girl)|asap|i think|"
    rf"i guess|i suppose)|, (?:{_WHO}|right))[,.!;? ]*)+$"
)
_ABOUT_ME = re.compile(
    r"^(?:and |but |because |as |since )?"
    r"(?:my [a-z]+|i'm|i am|i've|i have|it's|it is|we're|we are|i feel|i can barely)\b"
)
_NEGATED = re.compile(r"\b(?:not|never|no|nothing|without|unless|until|if)\b|n't\b")
_SENTENCES = re.compile(r"(?<=[.;!?]) +|(?<=,) +(?:so )?")


def without_smalltalk(text: str, names: Sequence[str]) -> str:
    """`text`, in normal form, without what asks for nothing in a scene of things called `names`."""
    plain = _GREETING.sub("", text)
    plain = _MINDING.sub("", _TAIL.sub("", plain))
    plain = _ASKING.sub("", plain)
    plain = _without_reasons(plain, names)
    plain = _GREETING.sub("", plain)
    plain = re.sub(r"^[,.;:! -]+|[,.;:! -]+$", "", plain)
    return plain if len(plain.split()) > 1 or plain in known_verbs() else text


def _without_reasons(text: str, names: Sequence[str]) -> str:
    """Without sentences about the speaker that no thing is named in, where another one is left."""
    own = {word for name in names for word in name.lower().split()}
    pieces = _SENTENCES.split(text)
    kept = [piece for piece in pieces if not _says_why(piece, own)]
    if len(kept) == len(pieces) or not kept:
        return text
    at = text.index(kept[0])
    rest = text[at:]
    for piece in pieces:
        if piece not in kept and piece in rest:
            rest = rest.replace(piece, "")
    return re.sub(r" {2,}", " ", rest).strip()


def _says_why(piece: str, own: set[str]) -> bool:
    if not _ABOUT_ME.match(piece) or _NEGATED.search(piece):
        return False
    words = re.findall(r"[a-z']+", piece)
    return not any(word in own or is_listed(singular(word)) or look_of(word) for word in words)
