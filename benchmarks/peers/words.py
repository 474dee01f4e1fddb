"""The contenders of benchmarks/words.py, what they read, and how their vectors are judged."""

import gzip
import itertools
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import frame

WIDTH, WINDOW, NEGATIVES, MIN_COUNT, EPOCHS, THREADS = 100, 5, 5, 5, 3, 2
RATE = 0.05
"""Of the peers: fastText's default, and what the skip-grams of all three do better with here than with 0.025.
netwright's CBOW and Doc2Vec have units of their own (see CBOW), and their defaults here."""
PACKAGES = ("dict-gcide", "wordnet-base")
QUICK = 20

Words = tuple[list[str], np.ndarray]


def fetch(folder: Path) -> None:
    """Get the dictionaries by apt-get, and write the corpus: a paragraph a line, words by white space."""
    if (folder / "corpus.txt").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    for package in PACKAGES:
        subprocess.run(["apt-get", "download", "-qq", package], cwd=folder, check=True)
        (file,) = folder.glob(f"{package}_*.deb")
        subprocess.run(["dpkg", "-x", file, folder / "debian"], check=True)
    packed = folder / "debian/usr/share/dictd/gcide.dict.dz"
    with gzip.open(packed) as stream:
        text = stream.read().decode("utf-8", "replace").lower()
    text = re.sub(r"\[1913 webster\]|\[webster 1913 suppl\.\]|\[pjc\]|\[wordnet [\d.]+\]", "\n\n", text)
    lines = [" ".join(re.findall(r"[^\W_]+(?:'[^\W_]+)?", one)) for one in re.split(r"\n\s*\n", text)]
    lines = [one for one in lines if one]
    (folder / "corpus.txt").write_text("\n".join(lines) + "\n")
    (folder / "corpus-quick.txt").write_text("\n".join(lines[::QUICK]) + "\n")
    words = itertools.chain.from_iterable(map(str.split, lines))
    threes = iter(lambda: list(itertools.islice(words, 3)), [])
    (folder / "corpus-threes.txt").write_text("\n".join(map(" ".join, threes)) + "\n")


def corpus(folder: Path, name: str, *, quick: bool) -> Path:
    """The file that a contender reads."""
    kind = "-quick" if quick else "-threes" if "3 words" in name else ""
    return folder / f"corpus{kind}.txt"


def measure(name: str, file: Path, folder: Path, seed: int) -> None:
    """Train one contender and tell its speed in training, the whole job from the file on, and its scores."""
    threads = 1 if "1 thread" in name else THREADS
    before = _imported(name.split(",")[0])
    with frame.Clock() as clock:
        (words, vectors), seconds, n_words = CONTENDERS[name.split(",")[0]](file, threads, seed)
    peak = frame.peak_megabytes()
    scores = judge(words, vectors, folder)
    frame.tell(speed=n_words * EPOCHS / seconds, wall=clock.wall, peak_mb=peak, before_mb=before, **scores)


def _imported(name: str) -> float:
    """Megabytes of a process that has imported what this contender needs, and done nothing yet."""
    if name.startswith("gensim"):
        import gensim.models  # noqa: F401
    elif name.startswith("fastText"):
        import fasttext  # noqa: F401
    else:
        import netwright.embeddings
        from netwright.data import read_corpus  # noqa: F401

        getattr(netwright.embeddings, name.split()[0])
    return frame.peak_megabytes()


def _ours(make: str, **given: Any) -> Callable[[Path, int, int], Any]:
    """One of netwright's, compiled before: compiled code is kept from one process to the next."""

    def train(file: Path, threads: int, seed: int) -> Any:
        import netwright.embeddings
        from netwright.data import Tokenizer, read_corpus

        settings = {
            "width": WIDTH, "window": WINDOW, "epochs": EPOCHS, "min_count": MIN_COUNT, "n_threads": threads,
            "random_state": seed, **given,
        }  # fmt: skip
        model = getattr(netwright.embeddings, make)(**settings)
        vocabulary, stream = read_corpus(file, min_count=MIN_COUNT, tokenizer=Tokenizer(whitespace=True))
        model.fit((vocabulary, stream))
        seconds = sum(one.seconds for one in model.history_)
        return (model.vectors_.words, model.vectors_.vectors), seconds, stream.n_words

    return train


def _counted(make: str, **given: Any) -> Callable[[Path, int, int], Any]:
    """One that learns from counts, in epochs of its own; its seconds are those of the counting, too."""

    def train(file: Path, threads: int, seed: int) -> Any:
        import netwright.embeddings
        from netwright.data import Tokenizer, read_corpus

        model = getattr(netwright.embeddings, make)(
            width=WIDTH, min_count=MIN_COUNT, n_threads=threads, random_state=seed, **given
        )
        vocabulary, stream = read_corpus(file, min_count=MIN_COUNT, tokenizer=Tokenizer(whitespace=True))
        with frame.Clock() as clock:
            model.fit((vocabulary, stream))
        return (model.vectors_.words, model.vectors_.vectors), clock.wall, stream.n_words

    return train


def _gensim(kind: str, **given: Any) -> Callable[[Path, int, int], Any]:
    def train(file: Path, threads: int, seed: int) -> Any:
        import gensim.models

        model = getattr(gensim.models, kind)(
            vector_size=WIDTH, window=WINDOW, negative=NEGATIVES, min_count=MIN_COUNT, epochs=EPOCHS,
            workers=threads, seed=seed + 1, alpha=RATE, **given,
        )  # fmt: skip
        model.build_vocab(corpus_file=str(file))
        with frame.Clock() as clock:
            model.train(
                corpus_file=str(file), total_examples=model.corpus_count,
                total_words=model.corpus_total_words, epochs=EPOCHS,
            )  # fmt: skip
        counts = [model.wv.get_vecattr(word, "count") for word in model.wv.index_to_key]
        return (model.wv.index_to_key, model.wv.vectors), clock.wall, sum(counts)

    return train


def _fasttext(ngrams: bool) -> Callable[[Path, int, int], Any]:
    def train(file: Path, threads: int, seed: int) -> Any:
        import fasttext  # whose draws take no seed, so that its rounds differ by its threads alone

        del seed

        with frame.Clock() as clock:
            model = fasttext.train_unsupervised(
                str(file), model="skipgram", dim=WIDTH, ws=WINDOW, neg=NEGATIVES, minCount=MIN_COUNT,
                epoch=EPOCHS, thread=threads, lr=RATE, t=1e-3, verbose=0, minn=3 if ngrams else 0,
                maxn=6 if ngrams else 0,
            )  # fmt: skip
        words, counts = model.get_words(include_freq=True)
        return (words, np.stack([model.get_word_vector(one) for one in words])), clock.wall, int(sum(counts))

    return train


CONTENDERS = {
    "SkipGram": _ours("SkipGram"),
    "CBOW": _ours("CBOW"),
    "FastText": _ours("FastText"),
    "Doc2Vec PV-DBOW": _ours("Doc2Vec", with_words=False),
    "Doc2Vec PV-DM": _ours("Doc2Vec"),
    "GloVe": _counted("GloVe", x_max=10.0, epochs=15),
    "PPMI": _counted("PPMI"),
    "gensim skip-gram": _gensim("Word2Vec", sg=1),
    "gensim CBOW": _gensim("Word2Vec", sg=0),
    "gensim FastText": _gensim("FastText", sg=1),
    "gensim PV-DBOW": _gensim("Doc2Vec", dm=0, sample=0),
    "gensim PV-DM": _gensim("Doc2Vec", dm=1, sample=0),
    "fastText skip-gram": _fasttext(ngrams=False),
    "fastText subwords": _fasttext(ngrams=True),
}


def judge(words: list[str], vectors: np.ndarray, folder: Path) -> dict[str, float]:
    """Correlations with two sets of human judgements, and the mean reciprocal rank of synonyms."""
    from scipy.stats import spearmanr

    ids = {word: number for number, word in enumerate(words)}
    unit = (vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)).astype(np.float32)
    scores = {}
    for name, file in (("wordsim", "wordsim353.tsv"), ("simlex", "simlex999.txt")):
        rows = [row for row in _pairs(file) if row[0] in ids and row[1] in ids]
        cosines = [float(unit[ids[a]] @ unit[ids[b]]) for a, b, _ in rows]
        scores[name] = float(spearmanr(cosines, [score for _, _, score in rows]).statistic)
    pairs = [(ids[a], [ids[b] for b in others]) for a, others in _synonyms(folder, ids)]
    ranks = []
    for some in itertools.batched(pairs, 256) if hasattr(itertools, "batched") else _batches(pairs):
        cosines = unit[[word for word, _ in some]] @ unit.T
        for row, (word, others) in zip(cosines, some, strict=True):
            row[word] = -np.inf
            ranks.append(1 / (1 + int((row > row[others].max()).sum())))
    scores["mrr"] = float(np.mean(ranks))
    return scores


def _batches(pairs: list[Any]) -> list[list[Any]]:
    return [pairs[at : at + 256] for at in range(0, len(pairs), 256)]


def _pairs(file: str) -> list[tuple[str, str, float]]:
    from gensim.test.utils import datapath

    rows = [
        line.split("\t") for line in Path(datapath(file)).read_text().splitlines() if line and line[0] != "#"
    ]
    return [(row[0].lower(), row[1].lower(), float(row[2])) for row in rows if _is_number(row[2])]


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _synonyms(folder: Path, ids: dict[str, int]) -> list[tuple[str, list[str]]]:
    """2,000 words with the others of their WordNet synsets, the commonest words first."""
    found: dict[str, set[str]] = {}
    for file in sorted((folder / "debian/usr/share/wordnet").glob("data.*")):
        for line in file.read_text(encoding="latin-1").splitlines():
            if line.startswith("  "):
                continue
            fields = line.split()
            members = [fields[4 + 2 * i].lower() for i in range(int(fields[3], 16))]
            members = [one for one in members if one in ids]
            for one in members:
                found.setdefault(one, set()).update(set(members) - {one})
    ordered = sorted((word for word, others in found.items() if others), key=ids.__getitem__)
    return [(word, sorted(found[word])) for word in ordered[:2000]]
