"""Vectors of sentences by MiniLM: netwright beside sentence-transformers, one thread.

    make bench-sentences                  about three minutes
    make bench-sentences ARGS="--quick"   few sentences, one round: whether it runs

The model comes as a package (tools/fetch_data.py), the sentences from the newspaper texts that gensim ships,
and the quality is Spearman's correlation with WordSim-353, which gensim ships, too. Where
sentence-transformers is not there, transformers is driven as it does it: batches of 32, by length, padded.
"""

import argparse
import json
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

import frame
from frame.rounds import PEERS, run

sys.path.append(str(Path(__file__).resolve().parent.parent / "tools"))
ROUNDS = 3
PEER_BATCH = 32
NETWRIGHT, PEER, FALLBACK = "netwright", "sentence-transformers", "transformers"


def texts(n_sentences: int) -> dict[str, Any]:
    """Sentences of the Lee corpus, and word pairs with their grades."""
    from gensim.test.utils import datapath

    corpus = Path(datapath("lee_background.cor")).read_text(encoding="latin-1")
    sentences = [one.strip() for one in re.split(r"(?<=[.!?])\s+", corpus) if len(one.split()) > 2]
    lines = Path(datapath("wordsim353.tsv")).read_text(encoding="utf8").splitlines()
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    chosen = np.random.default_rng(0).permutation(len(sentences))[:n_sentences]
    return {
        "sentences": [sentences[one] for one in chosen],
        "first": [row[0] for row in rows],
        "second": [row[1] for row in rows],
        "grades": [float(row[2]) for row in rows],
    }


def encoder(engine: str, precision: str, folder: str) -> Any:
    """A function from texts to vectors."""
    if engine == NETWRIGHT:
        from netwright.embeddings import TransformerEmbedder

        return TransformerEmbedder(folder, normalise=True, precision=precision).fit().transform
    import torch

    def cast(encode: Any) -> Any:
        def run(sentences: list[str]) -> np.ndarray:
            with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16"):
                return encode(sentences)

        return run

    if engine == PEER:
        from sentence_transformers import SentenceTransformer

        model = SentenceTransformer(str(model_folder(folder)), device="cpu")
        return cast(lambda sentences: model.encode(sentences, normalize_embeddings=True))
    return cast(by_transformers(model_folder(folder)))


def model_folder(folder: str) -> Path:
    return next(Path(folder).rglob("model.safetensors")).parent


def by_transformers(folder: Path) -> Any:
    """What sentence-transformers does: by length, in padded batches, then the mean of the real tokens."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder).eval()

    def encode(sentences: list[str]) -> np.ndarray:
        order = np.argsort([-len(one) for one in sentences])
        vectors = np.empty((len(sentences), model.config.hidden_size), np.float32)
        for at in range(0, len(sentences), PEER_BATCH):
            batch = order[at : at + PEER_BATCH]
            given = tokenizer(
                [sentences[one] for one in batch],
                padding=True,
                truncation=True,
                max_length=256,
                return_tensors="pt",
            )
            with torch.inference_mode():
                states = model(**given).last_hidden_state
                seen = given["attention_mask"][..., None].to(states.dtype)
                pooled = (states * seen).sum(1) / seen.sum(1).clamp(min=1e-9)
                vectors[batch] = torch.nn.functional.normalize(pooled.float(), dim=1).numpy()
        return vectors

    return encode


def measure(engine: str, precision: str, folder: str, given: Path, out: Path) -> None:
    """Encode in this process, and tell how long it took; the vectors go to a file."""
    held = json.loads(given.read_text())
    encode = encoder(engine, precision, folder)
    encode(held["sentences"][:64])
    with frame.Clock() as clock:
        vectors = encode(held["sentences"])
    np.savez(out, sentences=vectors, first=encode(held["first"]), second=encode(held["second"]))
    frame.tell(per_second=len(vectors) / clock.cpu)


def compare(n_sentences: int, rounds: int) -> None:
    """Print the table."""
    from fetch_data import fetch
    from netwright.metrics import semantic_similarity

    folder, held = str(fetch("minilm")), texts(n_sentences)
    with tempfile.TemporaryDirectory() as place:
        given = Path(place) / "texts.json"
        given.write_text(json.dumps(held))
        peer = PEER if has_peer() else FALLBACK
        calls = {}
        for engine, precision in [
            (peer, "float32"), (peer, "bfloat16"), (NETWRIGHT, "float32"), (NETWRIGHT, "bfloat16"),
        ]:  # fmt: skip
            options = [f"--engine={engine}", f"--precision={precision}", f"--folder={folder}"]
            files = [f"--given={given}", f"--out={place}/{engine}-{precision}.npz"]
            calls[f"{engine}, {precision}"] = frame.competitor(
                __file__, "--measure", *options, *files, peers=engine == PEER and PEERS.exists()
            )
        told = frame.compete(calls, rounds)
        base = f"{peer}, float32"
        theirs = np.load(f"{place}/{peer}-float32.npz")["sentences"]
        lines = []
        for name, answers in told.items():
            vectors = np.load(f"{place}/{name.replace(', ', '-')}.npz")
            pairs = zip(answers, told[base], strict=True)
            ratios = [float(one["per_second"]) / float(other["per_second"]) for one, other in pairs]
            quality = semantic_similarity(held["grades"], vectors["first"], vectors["second"])
            cosines = (vectors["sentences"] * theirs).sum(1)
            lines.append(
                [
                    frame.interval(ratios), name, f"{frame.middle(answers, 'per_second'):,.0f}",
                    f"{np.abs(vectors['sentences'] - theirs).max():.1e}", f"{cosines.min():.5f}",
                    f"{quality['spearman_cosine']:.4f}", f"{frame.middle(answers, 'peak_mb'):,.0f}",
                ]
            )  # fmt: skip
    print(f"\n{len(held['sentences']):,} sentences, one thread, rounds {rounds}\n")
    header = [
        "times the peer",
        "engine",
        "sentences per processor second",
        "largest difference",
        "lowest cosine",
    ]
    print(frame.markdown([*header, "WordSim-353", "peak MB"], lines), flush=True)


def has_peer() -> bool:
    """Whether sentence-transformers opens, in the peers' environment or in this one."""
    python = str(PEERS) if PEERS.exists() else sys.executable
    told, _ = run([python, "-c", "import sentence_transformers; print('{}')"])
    return told is not None


def main() -> None:
    """Measure in this process where asked to (`--measure`), else start all that there is."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="few sentences, one round")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--sentences", type=int, default=1000)
    parser.add_argument("--measure", action="store_true", help="measure in this process, and tell")
    parser.add_argument("--engine", default=NETWRIGHT)
    parser.add_argument("--precision", default="float32")
    parser.add_argument("--folder", default="")
    parser.add_argument("--given", type=Path)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    if asked.measure:
        measure(asked.engine, asked.precision, asked.folder, asked.given, asked.out)
        return
    print(f"{frame.machine()}; {frame.versions(['torch', 'tokenizers', 'transformers'])}", flush=True)
    compare(100 if asked.quick else asked.sentences, 1 if asked.quick else asked.rounds)


if __name__ == "__main__":
    main()
