"""Vectors of words, subwords and documents beside gensim and fastText: speed, memory and quality.

    make bench-words                        everything: about half an hour
    make bench-words ARGS="--quick"         a twentieth of the corpus, one round: whether it runs
    make bench-words ARGS="--only skip-gram --rounds 1"

The corpus is the GNU Collaborative International Dictionary of English (Debian's dict-gcide, 5 million words,
one paragraph a line), read from one file by every contender; synonyms are those of WordNet (wordnet-base).
Both are fetched by apt-get into .cache/words. Every contender stands in a process of its own on two threads.
Quality: Spearman's correlation with WordSim-353 and SimLex-999, and the mean reciprocal rank of a word's
nearest WordNet synonym among all words.
"""

import argparse
import statistics
from pathlib import Path

import frame
from peers import words as contenders

ROUNDS, THREADS = 5, 2
TABLES = {
    "skip-gram": {"gensim skip-gram": ["SkipGram"], "fastText skip-gram": ["SkipGram"]},
    "cbow": {"gensim CBOW": ["CBOW"]},
    "subwords": {"gensim FastText": ["FastText"], "fastText subwords": ["FastText"]},
    "documents": {"gensim PV-DBOW": ["Doc2Vec PV-DBOW"], "gensim PV-DM": ["Doc2Vec PV-DM"]},
    "counts": {"SkipGram": ["GloVe", "PPMI"]},
    "threads": {
        "SkipGram, 1 thread": ["SkipGram"],
        "SkipGram, 1 thread, lines of 3 words": ["SkipGram, lines of 3 words"],
    },
}
"""Peer -> ours; ours divided by the peer's words per second is the first column."""
HEADER = [
    "times as fast as the peer above",
    "contender",
    "words/s",
    "whole job, s",
    "peak MB",
    "of it imports",
    "WordSim",
    "SimLex",
    "MRR",
]


def compare(title: str, pairs: dict[str, list[str]], rounds: int, quick: bool) -> None:
    """Print one table: each of ours under its peer."""
    names = list(dict.fromkeys(name for peer, ours in pairs.items() for name in (peer, *ours)))
    words = ["--quick"] if quick else []
    told: dict[str, list[frame.Told]] = {name: [] for name in names}
    for turn in range(rounds):
        commands = {
            name: frame.competitor(__file__, "--measure", name, "--seed", turn, *words, peers=True)
            for name in names
        }
        for name, answers in frame.compete(commands, 1, {"OMP_NUM_THREADS": "1"}).items():
            told[name] += answers
    lines = []
    for peer, ours in pairs.items():
        for name in (peer, *ours):
            if not told[name] or not told[peer]:
                continue
            paired = zip(told[name], told[peer], strict=True)
            ratios = [float(one["speed"]) / float(other["speed"]) for one, other in paired]
            scores = [
                spread([float(one[score]) for one in told[name]]) for score in ("wordsim", "simlex", "mrr")
            ]
            speed, wall = frame.middle(told[name], "speed"), frame.middle(told[name], "wall")
            memory = [f"{frame.middle(told[name], which):.0f}" for which in ("peak_mb", "before_mb")]
            lines.append([frame.interval(ratios), name, f"{speed:,.0f}", f"{wall:.1f}", *memory, *scores])
    print(f"\n{title}\n\n{frame.markdown(HEADER, lines)}", flush=True)


def spread(values: list[float]) -> str:
    """The mean with its standard error, where there is one."""
    if len(values) < 2:
        return f"{values[0]:.3f}"
    return f"{statistics.mean(values):.3f} +- {statistics.stdev(values) / len(values) ** 0.5:.3f}"


def main() -> None:
    """Measure in this process where asked to (`--measure`), else start all that there is."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="a twentieth of the corpus, one round")
    parser.add_argument("--only", choices=TABLES, help="one table")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--measure", help="one contender, in this process")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    folder = Path(__file__).resolve().parents[1] / ".cache" / "words"
    if asked.measure:
        file = contenders.corpus(folder, asked.measure, quick=asked.quick)
        contenders.measure(asked.measure, file, folder, asked.seed)
        return
    contenders.fetch(folder)
    print(
        f"{frame.machine()}; {frame.versions(['numba', 'gensim', 'fasttext-wheel'], peers=True)}", flush=True
    )
    for title in [asked.only] if asked.only else TABLES:
        compare(title, TABLES[title], 1 if asked.quick else asked.rounds, asked.quick)


if __name__ == "__main__":
    main()
