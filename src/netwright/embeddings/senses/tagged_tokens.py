"""Tokens of words with tags: entities and noun phrases become one, and each carries its tag."""

from collections.abc import Iterable, Iterator, Sequence

from netwright.core.errors import InputError

HEADS = frozenset({"NOUN", "PROPN"})
MODIFIERS = frozenset({"ADJ", "NOUN", "PROPN"})


def tagged_tokens(
    sentence: Iterable[tuple[str, str]], *, merge_nouns: bool = True, lowercase: bool = True
) -> list[str]:
    """Return words with tags as tokens such as duck|VERB, entities and noun phrases as one token.

    Use it where other programs than `Sense2Vec` are to read such tokens. The rules, in this order:

    1. A word tagged B-X begins an entity, words tagged I-X that follow continue it; they become one token of
       the tag X. A word tagged I-X that continues none begins one.
    2. Adjectives, nouns and names in a row (ADJ, NOUN, PROPN), up to the last noun or name, become one token
       of the tag of that last word.
    3. The words of one token are joined by "_", and so are words that hold white space. A word without a tag
       stays alone.

    Args:
        sentence: pairs (word, tag).
        merge_nouns: whether the second rule holds.
        lowercase: whether words are lowered.

    Raises:
        InputError: when an item is no pair of texts.

    Example:
        >>> words = [("Fair", "ADJ"), ("game", "NOUN"), ("said", "VERB"), ("New", "B-GPE"), ("York", "I-GPE")]
        >>> tagged_tokens(words)
        ['fair_game|NOUN', 'said|VERB', 'new_york|GPE']

    Source:
        Trask, Michalak and Liu (2015), "sense2vec - A Fast and Accurate Method for Word Sense Disambiguation
        In Neural Word Embeddings", arXiv:1511.06388.
    """
    parts = _entities(_checked(sentence))
    if merge_nouns:
        parts = _noun_phrases(list(parts))
    return [_token(words, tag, lowercase=lowercase) for words, tag in parts]


def _checked(sentence: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    for item in sentence:
        if isinstance(item, str) or len(item) != 2 or not all(isinstance(one, str) for one in item):
            raise InputError(
                "each word must be a pair (word, tag) of texts", f"{item!r:.60}", "give a tag for every word"
            )
        yield item


def _entities(sentence: Iterable[tuple[str, str]]) -> Iterator[tuple[list[str], str]]:
    """Words of each entity with its tag, and each other word with its own."""
    words: list[str] = []
    entity = ""
    for word, tag in sentence:
        begins, continues = tag.startswith("B-"), tag.startswith("I-")
        if words and continues and tag[2:] == entity:
            words.append(word)
            continue
        if words:
            yield words, entity
        words, entity = [], ""
        if begins or continues:
            words, entity = [word], tag[2:]
        else:
            yield [word], tag
    if words:
        yield words, entity


def _noun_phrases(parts: Sequence[tuple[list[str], str]]) -> Iterator[tuple[list[str], str]]:
    """Runs of adjectives, nouns and names up to the last of the latter, and all else as it was."""
    at = 0
    while at < len(parts):
        end = at
        while end < len(parts) and parts[end][1] in MODIFIERS:
            end += 1
        while end > at and parts[end - 1][1] not in HEADS:
            end -= 1
        end = max(end, at + 1)
        yield [word for words, _ in parts[at:end] for word in words], parts[end - 1][1]
        at = end


def _token(words: Sequence[str], tag: str, *, lowercase: bool) -> str:
    word = "_".join(part for one in words for part in one.split())
    return "|".join([word.lower() if lowercase else word, *([tag] if tag else [])])
