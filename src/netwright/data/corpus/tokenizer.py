"""What a word is: runs of letters, marks and digits of any script, found in compiled code."""

import functools
import unicodedata
from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

SEPARATOR, LETTER, INNER, LINE_END, HEBREW, QUOTE = range(6)
"""Kinds of characters; an inner one belongs to a word between two letters, a quote between Hebrew ones."""
HEBREW_BLOCKS = ((0x0591, 0x05F3), (0xFB1D, 0xFB50))
N_TABLE = 0x20000
"""Code points with an entry of their own; those beyond, rare ideographs, are letters."""
BETWEEN = "\x1f"
"""Parts tokens that were found before."""
MAX_WORD = 1024
"""Bytes of the longest word."""


@final
@dataclass(frozen=True)
class Tokenizer:
    """How text is cut into words.

    Use it to say what a word is to `read_corpus`, `encode_corpus` and all that learns from texts. A word is
    a run of letters, combining marks and digits of any script, as Unicode has them, so that Hebrew points and
    Arabic signs stay with their letters, in the order in which they are written. Lines are sentences.

    Args:
        lowercase: whether words are lowered.
        inner: characters that belong to a word where they stand between two of its letters. The default is
            the apostrophes, the Hebrew geresh and gershayim, and the joiners of Persian and Indian scripts.
            The straight double quotation mark, which most write for gershayim, does so between two Hebrew
            letters.
        whitespace: whether words are whatever stands between white space, punctuation included; `inner` has
            no say then.
        skip_invalid: whether bytes that are not UTF-8 part words; by default they are refused.

    Example:
        >>> from netwright.data import read_corpus
        >>> words = lambda text, **how: read_corpus([text], min_count=1, tokenizer=Tokenizer(**how))[0].words
        >>> words("Don't shout: LISTEN!")
        ["don't", 'shout', 'listen']
        >>> words("Don't shout: LISTEN!", whitespace=True, lowercase=False)
        ["Don't", 'shout:', 'LISTEN!']
        >>> words('\N{HEBREW LETTER TSADI}\N{HEBREW LETTER HE}"\N{HEBREW LETTER LAMED}, "zahal"') == [
        ...     '\N{HEBREW LETTER TSADI}\N{HEBREW LETTER HE}"\N{HEBREW LETTER LAMED}', "zahal"]
        True

    Differs:
        Katakana, Thai and other scripts without blanks are cut at blanks and punctuation alone, numbers at
        their points and commas, and no word ends with an apostrophe.

    Source:
        The Unicode Consortium (2025), "Unicode Text Segmentation", Unicode Standard Annex #29,
        https://www.unicode.org/reports/tr29/.
    """

    lowercase: bool = True
    inner: str = (
        "'\N{RIGHT SINGLE QUOTATION MARK}\N{HEBREW PUNCTUATION GERESH}\N{HEBREW PUNCTUATION GERSHAYIM}"
        "\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}"
    )
    whitespace: bool = False
    skip_invalid: bool = False

    def tables(self) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
        """Return the kind of each code point and what it is lowered to.

        Example:
            >>> kinds, lower = Tokenizer().tables()
            >>> int(kinds[ord("A")]), chr(lower[ord("A")])
            (1, 'a')
        """
        return _kinds(self.inner, self.whitespace), _lowered() if self.lowercase else _same()


@functools.cache
def token_tables() -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    """Return tables by which only `BETWEEN` and the ends of lines part tokens that were found before.

    Example:
        >>> kinds, lower = token_tables()
        >>> int(kinds[ord(" ")]), int(kinds[ord(BETWEEN)])
        (1, 0)
    """
    kinds = np.full(N_TABLE, LETTER, np.uint8)
    kinds[ord(BETWEEN)], kinds[ord("\n")] = SEPARATOR, LINE_END
    return kinds, _same()


@functools.cache
def _kinds(inner: str, whitespace: bool) -> NDArray[np.uint8]:
    if whitespace:
        kinds = np.array([not chr(code).isspace() for code in range(N_TABLE)], np.uint8)
    else:
        kinds = np.array([unicodedata.category(chr(code))[0] in "LMN" for code in range(N_TABLE)], np.uint8)
        kinds[ord("_")] = LETTER
        for start, end in HEBREW_BLOCKS:
            kinds[start:end][kinds[start:end] == LETTER] = HEBREW
        kinds[ord('"')] = QUOTE
        for one in inner:
            kinds[ord(one)] = INNER
    kinds[ord("\n")] = LINE_END
    return kinds


@functools.cache
def _lowered() -> NDArray[np.int32]:
    lowered = [chr(code).lower() for code in range(N_TABLE)]
    return np.array([ord(one) if len(one) == 1 else code for code, one in enumerate(lowered)], np.int32)


@functools.cache
def _same() -> NDArray[np.int32]:
    return np.arange(N_TABLE, dtype=np.int32)
