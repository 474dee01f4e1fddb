"""Which characters are emoji, what they are called, and how texts are cut around them."""

import re
import unicodedata
from collections.abc import Iterable

BASE = (
    "[\U0001f004\U0001f0cf\U0001f170-\U0001f19a\U0001f201-\U0001f251\U0001f300-\U0001f3fa"
    "\U0001f400-\U0001faff\u2600-\u27bf\u2b00-\u2bff\u2934\u2935\u231a\u231b\u2328\u23cf\u23e9-\u23fa"
    "\u24c2\u25aa-\u25fe\u3030\u303d\u3297\u3299\u203c\u2049\u2139\u2194-\u21aa]"
)
ONE = f"{BASE}\ufe0f?[\U0001f3fb-\U0001f3ff]?"
EMOJI = re.compile(
    rf"[\U0001f1e6-\U0001f1ff]{{2}}|[0-9#*]\ufe0f?\u20e3|{ONE}(?:\u200d{ONE})*[\U000e0020-\U000e007f]*"
)
TOKEN = re.compile(rf"{EMOJI.pattern}|\w+(?:['\u2019]\w+)*")
NAMED = ((0x2600, 0x27C0), (0x2B00, 0x2C00), (0x1F300, 0x1F3FB), (0x1F400, 0x1FB00))
"""Ranges of the code points of most emoji; between them stand modifiers of the skin's colour."""


def split_emoji(text: str) -> list[str]:
    """Return the words and the emoji of a text; an emoji with its modifiers is one token.

    Flags, keycaps and families that are joined from several characters are one emoji each. The mark that
    asks for a colourful picture is dropped, so that both ways of writing an emoji are one token.
    Words are lowered.

    Args:
        text: any.

    Example:
        >>> split_emoji("So Sad\N{CRYING FACE}\N{CRYING FACE} but I'm fine!")
        ['so', 'sad', '😢', '😢', 'but', "i'm", 'fine']
    """
    return [one.replace("\ufe0f", "") for one in TOKEN.findall(text.lower())]


def is_emoji(token: str) -> bool:
    """Return whether a token is one emoji.

    Args:
        token: any.

    Example:
        >>> is_emoji("\N{CRYING FACE}"), is_emoji("cry"), is_emoji("7")
        (True, False, False)
    """
    return EMOJI.fullmatch(token) is not None


def emoji_names(emoji: Iterable[str] | None = None) -> dict[str, str]:
    """Return what emoji are called in the Unicode standard, in lower case.

    Args:
        emoji: of one character each, or of several whose names are joined; None for all of one character that
            Python's Unicode tables name.

    Example:
        >>> emoji_names(["\N{CRYING FACE}"])
        {'😢': 'crying face'}
        >>> len(emoji_names()) > 1000
        True
    """
    if emoji is None:
        emoji = [
            chr(code)
            for first, stop in NAMED
            for code in range(first, stop)
            if unicodedata.category(chr(code)) == "So"
        ]
    return {one: name for one in emoji if (name := _name(one))}


def _name(emoji: str) -> str:
    names = [unicodedata.name(character, "") for character in emoji]
    kept = [name for name in names if name and not name.startswith(("VARIATION SELECTOR", "ZERO WIDTH"))]
    return " ".join(kept).lower()
