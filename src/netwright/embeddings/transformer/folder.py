"""The folder in which a sentence transformer is kept, read and written without running any code."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import safetensors
import safetensors.torch
import torch
from torch import Tensor

from netwright.core.errors import ModelError
from netwright.core.files import atomic_folder
from netwright.data import WordPiece
from netwright.nets import BERT

Pooling = Literal["mean", "cls", "max"]

CONFIG, WEIGHTS, MODULES = "config.json", "model.safetensors", "modules.json"
DEPTH = 3
"""Folders below the named one in which the model is looked for."""
MODES: dict[str, Pooling] = {
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_cls_token": "cls",
    "pooling_mode_max_tokens": "max",
}
SIZES = {
    "vocabulary": "vocab_size",
    "width": "hidden_size",
    "depth": "num_hidden_layers",
    "n_heads": "num_attention_heads",
    "hidden": "intermediate_size",
    "n_positions": "max_position_embeddings",
    "n_segments": "type_vocab_size",
}


@dataclass(frozen=True)
class SentenceModel:
    """What a folder holds.

    Args:
        network: with its weights, in eval mode.
        tokenizer: its own.
        config: of the network, as written.
        pooling: how the states of tokens become one vector.
        normalise: whether this vector is brought to length 1.
        max_length: tokens of a text that are read.
    """

    network: BERT
    tokenizer: WordPiece
    config: dict[str, Any]
    pooling: Pooling
    normalise: bool
    max_length: int


def read_model(folder: str | Path) -> SentenceModel:
    """Return the BERT model of a local folder, in the format of sentence-transformers or of transformers.

    Args:
        folder: that holds `config.json` and `model.safetensors`, or a folder around it.

    Raises:
        ModelError: when there is no such model, it is of another kind, or a file of it is damaged.
    """
    place = _find(Path(folder))
    config = _json(place / CONFIG)
    home = place if (place / MODULES).is_file() or not (place.parent / MODULES).is_file() else place.parent
    pooling, normalise = _above(home)
    network = _network(config, _weights(place / WEIGHTS), place)
    return SentenceModel(
        network, WordPiece.load(place), config, pooling, normalise, _max_length(place, network.n_positions)
    )


def write_model(model: SentenceModel, folder: str | Path) -> None:
    """Write a model as a folder that sentence-transformers and transformers read too, whole or not at all.

    Args:
        model: to keep.
        folder: new, empty, or holding an earlier model, which is replaced.

    Raises:
        InputError: when the folder holds other things.
        OSError: when it cannot be written.
    """
    weights = {name: value.float().contiguous() for name, value in model.network.state_dict().items()}
    config = {**model.config, "vocab_size": len(weights["embeddings.word_embeddings.weight"])}
    kinds = ["Transformer", "Pooling", *(["Normalize"] if model.normalise else [])]
    paths = ["", "1_Pooling", "2_Normalize"]
    modules = [
        {"idx": n, "name": str(n), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for n, (kind, path) in enumerate(zip(kinds, paths, strict=False))
    ]
    pooling = {name: mode == model.pooling for name, mode in MODES.items()}
    with atomic_folder(Path(folder), marker=CONFIG) as beside:
        safetensors.torch.save_file(weights, beside / WEIGHTS, metadata={"format": "pt"})
        model.tokenizer.save(beside)
        for path in paths[1 : len(kinds)]:
            (beside / path).mkdir()
        _write(beside / "1_Pooling" / CONFIG, {"word_embedding_dimension": model.network.width, **pooling})
        _write(beside / MODULES, modules)
        _write(beside / CONFIG, config)
        _write(beside / "sentence_bert_config.json", {"max_seq_length": model.max_length})
        settings = {"tokenizer_class": "BertTokenizer", "model_max_length": model.max_length}
        _write(beside / "tokenizer_config.json", settings)


def _find(folder: Path) -> Path:
    if not folder.is_dir():
        mend = "name a folder on this machine; nothing is downloaded"
        raise ModelError("the model must be a local folder", str(folder), mend)
    found = [place for place in _folders(folder, DEPTH) if (place / WEIGHTS).is_file() and _is_network(place)]
    if len(found) != 1:
        other = next((f"only {file}" for file in folder.rglob("pytorch_model.bin")), f"none in {folder}")
        came = f"{len(found)} in {folder}" if found else other
        raise ModelError(
            f"the folder must hold one model of {CONFIG} and {WEIGHTS}",
            came,
            "name the model's own folder; weights in other formats could run code, convert them first",
        )
    return found[0]


def _folders(folder: Path, depth: int) -> Iterator[Path]:
    yield folder
    if depth:
        for inner in sorted(one for one in folder.iterdir() if one.is_dir()):
            yield from _folders(inner, depth - 1)


def _is_network(place: Path) -> bool:
    return (place / CONFIG).is_file() and "model_type" in _json(place / CONFIG)


def _json(file: Path) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf8"))
    except (OSError, ValueError) as error:
        raise ModelError("the model's settings must be JSON", f"{file}: {error}", "copy it again") from error


def _weights(file: Path) -> dict[str, Tensor]:
    try:
        return safetensors.torch.load_file(file)
    except (OSError, safetensors.SafetensorError) as error:
        raise ModelError("the weights must be safetensors", f"{file}: {error}", "copy it again") from error


def _network(config: dict[str, Any], weights: dict[str, Tensor], place: Path) -> BERT:
    wanted = {"model_type": "bert", "hidden_act": "gelu", "position_embedding_type": "absolute"}
    for name, value in wanted.items():
        if (came := config.get(name, value)) != value:
            came = f"{came!r} in {place / CONFIG}"
            raise ModelError(f"{name} of the model must be {value!r}", came, "take a BERT model")
    try:
        sizes = {ours: int(config[theirs]) for ours, theirs in SIZES.items()}
        drops, epsilon = float(config["hidden_dropout_prob"]), float(config["layer_norm_eps"])
        pooler = any(name.endswith("pooler.dense.weight") for name in weights)
        with torch.device("meta"):  # so that nothing is drawn, and sizes cost nothing before they are checked
            network = BERT(**sizes, dropout=drops, epsilon=epsilon, pooler=pooler)
        network.load_weights(weights)
    except KeyError as error:
        raise ModelError(
            f"{CONFIG} must name {error}", f"{place / CONFIG} without", "copy it again"
        ) from error
    except ValueError as error:
        raise ModelError("the model must be whole", f"{place}: {error}", "copy it again") from error
    return network.eval()


def _above(home: Path) -> tuple[Pooling, bool]:
    """How states are pooled, and whether the vector is normalised."""
    normalise, place = False, home / "1_Pooling"
    if (home / MODULES).is_file():
        for module in _json(home / MODULES):
            kind = str(module["type"]).rpartition(".")[2]
            if kind not in ("Transformer", "Pooling", "Normalize"):
                raise ModelError(
                    "modules of the model must be Transformer, Pooling and Normalize",
                    kind,
                    "take another model",
                )
            normalise |= kind == "Normalize"
            place = home / module["path"] if kind == "Pooling" else place
    if not (place / CONFIG).is_file():
        return "mean", normalise
    settings = _json(place / CONFIG)
    modes = [name for name, value in settings.items() if name.startswith("pooling_mode_") and value is True]
    named = settings.get("pooling_mode")
    modes += [name for name, mode in MODES.items() if mode == named]
    if len(modes) != 1 or modes[0] not in MODES:
        came = ", ".join(modes) or "none"
        raise ModelError(
            "the pooling must be one of mean, cls and max", f"{came} in {place}", "choose pooling="
        )
    return MODES[modes[0]], normalise


def _max_length(place: Path, n_positions: int) -> int:
    for name, key in (
        ("sentence_bert_config.json", "max_seq_length"),
        ("tokenizer_config.json", "model_max_length"),
    ):
        length = _json(place / name).get(key) if (place / name).is_file() else None
        if length:
            return int(min(length, n_positions))
    return n_positions


def _write(file: Path, values: Any) -> None:
    file.write_text(json.dumps(values, indent=1), encoding="utf8")
