"""WordPiece: words cut into the longest pieces that a vocabulary has."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Self, cast, final

import tokenizers
from tokenizers import decoders, models, normalizers, pre_tokenizers, processors, trainers

from netwright.core.errors import InputError, ModelError
from netwright.core.files import write_atomically

PAD, UNKNOWN, BEGIN, END, MASK = "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"
SPECIAL = (PAD, UNKNOWN, BEGIN, END, MASK)


@final
class WordPiece:
    """Tokenizer that cuts words into pieces of a vocabulary, as BERT's does.

    Use it for networks that read pieces, such as `nets.BERT`: with the vocabulary of a pretrained model
    (`WordPiece.load`), with one of your own texts (`WordPiece.train`), or with a pretrained one that your own
    words are added to (`extended`, with `BERT.extend_vocabulary` for the vectors). Texts are cut at spaces
    and punctuation, and each word from its left into the longest pieces that are known; pieces within a word
    begin with ##, and a word that cannot be put together is [UNK].

    Differs: `train` merges the most frequent neighbours, as the `tokenizers` package does, instead of those
    that raise the likelihood most.

    Args:
        vocabulary: the pieces, with [UNK], [CLS] and [SEP] among them; their order gives their numbers.
        lowercase: whether text is lowered and stripped of accents first.

    Raises:
        InputError: when the vocabulary has a piece twice, or lacks one of the three.

    Example:
        >>> pieces = WordPiece(["[UNK]", "[CLS]", "[SEP]", "play", "##ing", "##s", "she"])
        >>> pieces.tokens("She plays, playing")
        ['she', 'play', '##s', '[UNK]', 'play', '##ing']
        >>> pieces.ids(["she plays"])
        [[1, 6, 3, 5, 2]]
        >>> pieces.extended(["plays"]).ids(["she plays"])
        [[1, 6, 7, 2]]

    Source:
        Schuster and Nakajima (2012), "Japanese and Korean Voice Search", ICASSP; Wu et al. (2016), "Google's
        Neural Machine Translation System: Bridging the Gap between Human and Machine Translation",
        arXiv:1609.08144.
    """

    def __init__(self, vocabulary: Sequence[str], lowercase: bool = True) -> None:
        numbers = {piece: number for number, piece in enumerate(vocabulary)}
        if len(numbers) != len(vocabulary):
            twice = next(piece for number, piece in enumerate(vocabulary) if numbers[piece] != number)
            raise InputError("pieces must all be different", f"{twice!r} twice", "drop one of them")
        missing = [piece for piece in (UNKNOWN, BEGIN, END) if piece not in numbers]
        if missing:
            raise InputError("the vocabulary must have [UNK], [CLS] and [SEP]", f"no {missing[0]}", "add it")
        self._tokenizer = _as_bert(models.WordPiece(numbers, unk_token=UNKNOWN), lowercase)
        _finish(self._tokenizer)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Return the tokenizer of a pretrained model.

        Args:
            path: a `tokenizer.json` or `vocab.txt`, or a folder that holds one of them.

        Raises:
            ModelError: when there is none, or it is not a WordPiece tokenizer.

        Example:
            >>> import tempfile
            >>> folder = Path(tempfile.mkdtemp())
            >>> WordPiece(["[UNK]", "[CLS]", "[SEP]", "she"]).save(folder)
            >>> WordPiece.load(folder).tokens("She")
            ['she']
        """
        path = Path(path)
        files = [path / "tokenizer.json", path / "vocab.txt"] if path.is_dir() else [path]
        file = next((one for one in files if one.is_file()), None)
        if file is None:
            raise ModelError(
                "the tokenizer must be a folder with tokenizer.json or vocab.txt",
                f"{path} without them",
                "name the model's folder",
            )
        if file.suffix == ".txt":
            lines = file.read_text(encoding="utf8").removesuffix("\n").split("\n")  # other ends are pieces
            return cls(lines, lowercase=_lowers(file.parent))
        return cls._of(_read_json(file))

    @classmethod
    def train(
        cls, texts: Iterable[str], size: int = 30_000, min_count: int = 2, lowercase: bool = True
    ) -> Self:
        """Return a tokenizer whose pieces are learned from texts.

        Args:
            texts: to learn from.
            size: pieces at most, the five special ones included.
            min_count: neighbours that come together more rarely are not merged.
            lowercase: whether text is lowered and stripped of accents.

        Example:
            >>> pieces = WordPiece.train(["low lower lowest"] * 9, size=30)
            >>> pieces.tokens("lowest")
            ['lowest']
        """
        listed = list(texts)
        # The package numbers single letters as it meets them in a hash table, and of pairs that come equally
        # often merges the one with the lower numbers; numbers that are given beforehand make this repeatable.
        letters = sorted(
            piece
            for piece in _learned(listed, 0, min_count, lowercase, SPECIAL)
            if len(piece) == 3 and piece.startswith("##")
        )
        numbers = _learned(listed, size, min_count, lowercase, (*SPECIAL, *letters))
        return cls(sorted(numbers, key=numbers.__getitem__), lowercase)

    @property
    def words(self) -> list[str]:
        """The pieces, in the order of their numbers."""
        numbers = self._tokenizer.get_vocab(with_added_tokens=True)
        return sorted(numbers, key=numbers.__getitem__)

    @property
    def padding(self) -> int:
        """The number of [PAD], 0 where there is none."""
        return int(self._tokenizer.token_to_id(PAD) or 0)

    def __len__(self) -> int:
        return int(self._tokenizer.get_vocab_size(with_added_tokens=True))

    def tokens(self, text: str) -> list[str]:
        """Return the pieces of a text, without [CLS] and [SEP].

        Args:
            text: any.
        """
        words = self.words
        return [words[number] for number in self.ids([text], special=False)[0]]

    def ids(
        self, texts: Iterable[str], max_length: int | None = None, *, special: bool = True
    ) -> list[list[int]]:
        """Return the numbers of the pieces of each text.

        Args:
            texts: any number of them; they are cut in parallel, in compiled code.
            max_length: numbers of a text at most, the special ones included; None for all.
            special: whether [CLS] stands in front and [SEP] behind.

        Raises:
            InputError: when one is not a text, naming its row.
        """
        rows = [one.ids for one in self._encoded(list(texts), special=special)]
        if max_length is None:
            return rows
        end = int(special)  # [SEP] stays the last
        return [
            row if len(row) <= max_length else row[: max_length - end] + row[len(row) - end :] for row in rows
        ]

    def extended(self, words: Iterable[str]) -> Self:
        """Return a tokenizer that also knows these words as one piece each, numbered behind all others.

        Numbers of the old pieces stay, so that the vectors of a pretrained model stay theirs;
        `BERT.extend_vocabulary(old.ids(words, special=False))` gives the new ones a vector each.

        Args:
            words: not known as a whole yet.

        Raises:
            InputError: when one is already known, or is more than one word to the tokenizer.
        """
        state = json.loads(self._tokenizer.to_str())
        known, number = state["model"]["vocab"], len(self)
        for word in words:
            one = self._as_one_word(word)
            if one in known:
                raise InputError("new words must not be in the vocabulary yet", repr(word), "leave it out")
            known[one] = number
            number += 1
        return self._of(tokenizers.Tokenizer.from_str(json.dumps(state)))

    def save(self, folder: str | Path) -> None:
        """Write `tokenizer.json`, and the pieces as `vocab.txt`.

        Args:
            folder: made where it is lacking.

        Raises:
            OSError: when it cannot be written.
        """
        write_atomically(Path(folder) / "tokenizer.json", self._tokenizer.to_str(pretty=True))
        write_atomically(Path(folder) / "vocab.txt", "\n".join(self.words) + "\n")

    @classmethod
    def _of(cls, tokenizer: tokenizers.Tokenizer) -> Self:
        made = cls.__new__(cls)
        made._tokenizer = tokenizer
        return made

    def _encoded(self, texts: list[str], *, special: bool) -> list[Any]:
        try:
            return cast("list[Any]", self._tokenizer.encode_batch_fast(texts, add_special_tokens=special))
        except (TypeError, UnicodeEncodeError) as error:
            row = next((row for row, text in enumerate(texts) if not _is_text(text)), 0)
            came = f"{texts[row]!r:.40} in row {row}"
            raise InputError("each row must be one text", came, "turn it into a string") from error

    def _as_one_word(self, word: str) -> str:
        normal = self._tokenizer.normalizer.normalize_str(word)
        parts = [part for part, _ in self._tokenizer.pre_tokenizer.pre_tokenize_str(normal)]
        if len(parts) != 1:
            came = f"{word!r}, which is {len(parts)} words"
            raise InputError("new words must be one word each", came, "add its parts one by one")
        return str(parts[0])


def _as_bert(model: models.WordPiece, lowercase: bool) -> tokenizers.Tokenizer:
    tokenizer = tokenizers.Tokenizer(model)
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lowercase)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece(prefix="##")
    return tokenizer


def _learned(
    texts: list[str], size: int, min_count: int, lowercase: bool, first: Sequence[str]
) -> dict[str, int]:
    """The pieces of texts with their numbers, beginning with some that are given."""
    tokenizer = _as_bert(models.WordPiece({}, unk_token=UNKNOWN), lowercase)
    trainer = trainers.WordPieceTrainer(
        vocab_size=size,
        min_frequency=min_count,
        special_tokens=list(first),
        show_progress=False,
        continuing_subword_prefix="##",
    )
    tokenizer.train_from_iterator(texts, trainer)
    return dict(tokenizer.get_vocab(with_added_tokens=True))


def _finish(tokenizer: tokenizers.Tokenizer) -> None:
    """Let special pieces stand for themselves in texts, and put [CLS] and [SEP] around them."""
    tokenizer.add_special_tokens([one for one in SPECIAL if tokenizer.token_to_id(one) is not None])
    end, begin = ((one, int(tokenizer.token_to_id(one) or 0)) for one in (END, BEGIN))
    tokenizer.post_processor = processors.BertProcessing(end, begin)


def _read_json(file: Path) -> tokenizers.Tokenizer:
    try:
        kind = json.loads(file.read_text(encoding="utf8"))["model"]["type"]
        tokenizer = tokenizers.Tokenizer.from_file(str(file))
    except Exception as error:  # the package raises bare exceptions
        raise ModelError(
            "the tokenizer must be a tokenizer.json of the tokenizers package",
            f"{file}: {error}",
            "copy it again",
        ) from error
    if kind != "WordPiece":
        raise ModelError("the tokenizer must be a WordPiece one", f"{kind} in {file}", "take a BERT model")
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def _lowers(folder: Path) -> bool:
    """Whether the settings beside a vocab.txt say that text is lowered, which is usual."""
    settings = folder / "tokenizer_config.json"
    if not settings.is_file():
        return True
    return bool(json.loads(settings.read_text(encoding="utf8")).get("do_lower_case", True))


def _is_text(text: object) -> bool:
    try:
        return isinstance(text, str) and bool(text.encode() or True)
    except UnicodeEncodeError:
        return False
