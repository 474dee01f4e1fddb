"""Where sentences end."""

import re

QUOTES_OPEN = r"[\"'\u201c\u2018(\[]"
QUOTES_CLOSE = r"[\"'\u201d\u2019)\]]"
ENDS = re.compile(rf"(?:[.!?\u2026]+{QUOTES_CLOSE}*(?=\s|$)|[\u3002\uff01\uff1f]+|\n\s*\n)")
"""A mark before white space, a full-width mark anywhere, an empty line."""
BEGINS = re.compile(rf"{QUOTES_OPEN}*(?:[^\W_a-z]|$)")
"""Anything but a small Latin letter: other scripts may have no capitals."""
SHORT = (
    "Mr Mrs Ms Dr Prof Sr Jr St Gen Col Sen Rep Gov Lt Sgt Capt vs etc cf al ca No Nos vol p pp ed eds "
    "Fig fig Inc Ltd Co Corp approx Jan Feb Mar Apr Jun Jul Aug Sep Sept Oct Nov Dec"
)
ABBREVIATION = re.compile(
    rf"(?:^|\s|{QUOTES_OPEN})(?:[A-Z]|[A-Za-z](?:\.[A-Za-z])+|{'|'.join(SHORT.split())})\.$"
)


def split_sentences(text: str) -> list[str]:
    """Return the sentences of a text.

    Use it before a summary. A sentence ends at a full stop, a question mark or an exclamation mark, with the
    quotes and brackets that close behind it, before white space and what can begin a sentence, and at an
    empty line. Initials and common English abbreviations end none.

    Args:
        text: prose.

    Example:
        >>> split_sentences("Mr. J. Smith came at 5.30 p.m. to see us. 'Did he?' He did!")
        ['Mr. J. Smith came at 5.30 p.m. to see us.', "'Did he?'", 'He did!']
    """
    sentences, start = [], 0
    for end in ENDS.finditer(text):
        piece = text[start : end.end()]
        if end.group().strip() and (
            ABBREVIATION.search(piece) or not BEGINS.match(text[end.end() :].lstrip())
        ):
            continue
        sentences.append(" ".join(piece.split()))
        start = end.end()
    sentences.append(" ".join(text[start:].split()))
    return [one for one in sentences if one]
