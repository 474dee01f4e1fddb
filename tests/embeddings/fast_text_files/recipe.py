"""Makes the files beside it with fastText's own program, and asks it for its answers.

    python write_ours.py ours.bin    where netwright is installed
    python recipe.py                 where fasttext-wheel 0.9.2 is installed, in this folder

`old.bin` is `vectors.bin` as the program wrote such a model before its files had a version.
"""

import json
import struct
import tempfile
from pathlib import Path

import fasttext
import numpy as np

HERE = Path(__file__).parent
TEXT = """the cat and the dog sleep in the house
une été très chaude dans la maison naïve
חתול וכלב ישנים בבית
日本 の 猫 と 犬
gold and iron and tin are metals
the dogs and the cats are pets
"""
PETS = ["cat", "dog", "horse", "bird", "fish", "cow", "pig", "sheep", "goat", "duck", "été", "חתול"]
METALS = [
    "iron",
    "gold",
    "tin",
    "zinc",
    "lead",
    "copper",
    "silver",
    "nickel",
    "cobalt",
    "steel",
    "鉄",
    "naïve",
]
TOOLS = ["saw", "axe", "hammer", "drill", "plane", "file", "knife", "chisel", "lathe", "vise"]
KINDS = {"pet": PETS, "metal": METALS, "tool": TOOLS}
ASKED = [
    "the",
    "cat",
    "cats",
    "catlike",
    "été",
    "étés",
    "חתול",
    "חתולים",
    "日本",
    "日本語",
    "x",
    "</s>",
    "new york",
    "-",
]
TEXTS = ["cat dog", "gold and a saw", "silverish horses", "axe", "unknown words only", "", "été 鉄 knife pig"]
LABELS = {"labels": {}, "tree": {"loss": "hs"}, "each": {"loss": "ova"}}


def texts():
    rng = np.random.default_rng(0)
    lines = []
    for number in range(400):
        label = list(KINDS)[number % 3 if number % 5 else 0]
        words = [*rng.choice(KINDS[label], 4), f"w{rng.integers(40)}"]
        lines.append(f"__label__{label} {' '.join(words)}")
    return "\n".join(lines) + "\n"


def hexed(vector):
    return np.asarray(vector, "<f4").tobytes().hex()


def told(model):
    """Chances of labels; asked below the program's own `predict`, which does not know today's numpy."""
    return {
        text: {label: p for p, label in model.f.predict(f"{text}\n", -1, 0.0, "strict")} for text in TEXTS
    }


def answers(model):
    return {word: hexed(model.get_word_vector(word)) for word in ASKED}


def before_versions(file):
    """The file without what came with versions: two numbers, the count of pruned n-grams, and two flags."""
    settings = 8 + 12 * 4 + 8
    whole = file.read_bytes()
    n_words = struct.unpack_from("<i", whole, settings)[0]
    at = settings + 12 + 8
    out = whole[8:at]
    at += 8
    begin = at
    for _ in range(n_words):
        at = whole.index(b"\0", at) + 10
    out += whole[begin:at]
    for _ in range(2):
        rows, width = struct.unpack_from("<2q", whole, at + 1)
        out += whole[at + 1 : at + 17 + 4 * rows * width]
        at += 17 + 4 * rows * width
    return out


def main():
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "text"
        file.write_text(TEXT)
        how = {"minCount": 1, "bucket": 60, "epoch": 5, "thread": 1, "verbose": 0}
        model = fasttext.train_unsupervised(str(file), dim=5, minn=2, maxn=4, **how)
        model.save_model(str(HERE / "vectors.bin"))
        (HERE / "old.bin").write_bytes(before_versions(HERE / "vectors.bin"))
        found["vectors"] = answers(model)
        file.write_text(texts())
        how |= {"bucket": 300, "dim": 4, "wordNgrams": 2, "minn": 2, "maxn": 3, "lr": 0.5}
        for name, more in LABELS.items():
            model = fasttext.train_supervised(str(file), **how, **more)
            model.save_model(str(HERE / f"{name}.bin"))
            found[name] = answers(model) | {"texts": told(model)}
        model = fasttext.train_supervised(str(file), **how)
        model.quantize(input=str(file), cutoff=300, retrain=True, qnorm=True, epoch=2, thread=1, dsub=3)
        model.save_model(str(HERE / "pruned.ftz"))
        found["pruned"] = answers(model) | {"texts": told(model)}
    found["ours"] = answers(fasttext.load_model(str(HERE / "ours.bin")))
    (HERE / "answers.json").write_text(json.dumps(found, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
