"""Checks of a table before anything is learnt from it: pure functions from tables to findings."""

import hashlib
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Int

from netwright.data.columns.kinds import ColumnKind, describe_columns
from netwright.data.quality.answers import find_answers
from netwright.data.quality.finding import TableFinding
from netwright.data.readers.frames import to_frame
from netwright.data.target import Target
from netwright.data.wording import listed, shown

MOSTLY_MISSING = 0.9
FEW_ROWS = 10
MANY_DUPLICATES = 0.01
MAX_ROWS = 100
LEFT_OUT_REASONS = {
    "identifier": "what names its row tells nothing about other rows",
    "text": "free text, different in most rows",
    "constant": "one value in every row",
    "empty": "no value in any row",
}


def check_table(
    frame: Any,
    target: Target,
    *,
    split: tuple[Int[np.ndarray, "training"], Int[np.ndarray, "held_out"]] | None = None,
) -> list[TableFinding]:
    """Return everything that would spoil a training on a table, warnings first.

    Args:
        frame: the table with the target.
        target: what is predicted.
        split: training and held-out rows, to look for rows that stand in both.

    Example:
        >>> from netwright.data import read_target
        >>> table = pd.DataFrame({"size": [1.5, 2, 3, 4], "unit": "cm", "kind": ["a", "b", "a", "b"]})
        >>> [finding.kind for finding in check_table(table, read_target(table, "kind"))]
        ['few rows', 'few rows', 'constant']
    """
    frame = to_frame(frame)
    features = frame.drop(columns=target.name)
    kinds = describe_columns(features) if features.shape[1] else []
    findings = [*find_answers(features, target), *check_target(target), *check_columns(kinds, len(frame))]
    findings += find_duplicated_columns(features[[kind.name for kind in kinds if not kind.left_out]])
    if split is not None:
        named = [kind.name for kind in kinds if kind.kind != "identifier"]
        findings += find_duplicated_rows(frame[[*named, target.name]], *split)
    return sorted(findings, key=lambda finding: finding.severity != "warning")


def check_columns(kinds: list[ColumnKind], n_rows: int) -> list[TableFinding]:
    """Return findings about columns that are left out, and those that are mostly missing.

    Args:
        kinds: what `describe_columns` returned.
        n_rows: rows of the table.

    Example:
        >>> table = pd.DataFrame({"unit": ["cm", "cm"], "size": [1, 2]})
        >>> [finding.message for finding in check_columns(describe_columns(table), 2)]
        ["'unit' is left out: one value in every row."]
    """
    findings = []
    for which, reason in LEFT_OUT_REASONS.items():
        names = [kind.name for kind in kinds if kind.kind == which]
        if names:
            message = f"{listed(names)} {'is' if len(names) == 1 else 'are'} left out: {reason}."
            remedy = "name a column in keep to have it used"
            findings.append(TableFinding(which, "note", message, tuple(names), (), remedy))
    for kind in kinds:
        if not kind.left_out and kind.n_missing > MOSTLY_MISSING * n_rows:
            message = f"{shown(kind.name)} is missing in {kind.n_missing} of {n_rows} rows."
            remedy = "leave it out unless its absence tells something"
            findings.append(TableFinding("mostly missing", "note", message, (kind.name,), (), remedy))
    return findings


def check_target(target: Target) -> list[TableFinding]:
    """Return findings about missing values of the target and classes with few rows.

    Args:
        target: what is predicted.

    Example:
        >>> from netwright.data import read_target
        >>> table = pd.DataFrame({"late": ["no"] * 10 + ["yes"] * 10 + [None]})
        >>> [finding.message for finding in check_target(read_target(table, "late"))]
        ["'late' is missing in 1 of 21 rows; these are left out."]
    """
    findings = []
    n_rows = len(target.rows) + target.n_missing
    if target.n_missing:
        lacking = np.setdiff1d(np.arange(n_rows), target.rows)[:MAX_ROWS]
        message = (
            f"{shown(target.name)} is missing in {target.n_missing} of {n_rows} rows; these are left out."
        )
        remedy = "check that the rows without it are not of a special sort"
        rows = tuple(lacking.tolist())
        findings.append(TableFinding("target missing", "warning", message, (target.name,), rows, remedy))
    for name in [] if target.classes is None else target.classes.tolist():
        of_class = target.rows[np.equal(target.values, name)]
        if len(of_class) < FEW_ROWS:
            message = f"Class {shown(name)} of {shown(target.name)} has {len(of_class)} rows."
            remedy = "collect more of it, or join it with another class; its scores say little"
            rows = tuple(of_class.tolist())
            findings.append(TableFinding("few rows", "warning", message, (target.name,), rows, remedy))
    return findings


def find_duplicated_columns(frame: pd.DataFrame) -> list[TableFinding]:
    """Return a finding for each group of columns that hold the same values.

    Args:
        frame: the table.

    Example:
        >>> table = pd.DataFrame({"a": [1, 2], "b": [2, 1], "c": [1.0, 2.0]})
        >>> [finding.columns for finding in find_duplicated_columns(table)]
        [('a', 'c')]
    """
    groups: dict[bytes, list[str]] = {}
    for name in frame.columns:
        # by codes in order of appearance and their values, so that 1 and 1.0 are alike
        codes, levels = pd.factorize(frame[name])
        numeric = pd.api.types.is_numeric_dtype(frame[name].dtype)
        content = np.asarray(levels, dtype=np.float64).tobytes() if numeric else repr(list(levels)).encode()
        digest = hashlib.blake2b(codes.tobytes())
        digest.update(content)
        groups.setdefault(digest.digest(), []).append(name)
    findings = []
    for names in groups.values():
        if len(names) > 1:
            message = f"{listed(names)} hold the same in every row."
            remedy = f"keep {shown(names[0])} alone"
            findings.append(TableFinding("duplicated columns", "note", message, tuple(names), (), remedy))
    return findings


def find_duplicated_rows(
    frame: pd.DataFrame, training: Int[np.ndarray, "training"], held_out: Int[np.ndarray, "held_out"]
) -> list[TableFinding]:
    """Return a finding where held-out rows stand in training as well.

    Args:
        frame: the table, without columns that number its rows.
        training: the training rows.
        held_out: the held-out rows.

    Example:
        >>> table = pd.DataFrame({"a": [1, 2, 1], "b": ["x", "y", "x"]})
        >>> find_duplicated_rows(table, np.array([0, 1]), np.array([2]))[0].rows
        (2,)
    """
    hashes = pd.util.hash_pandas_object(frame, index=False).to_numpy()
    twins = held_out[np.isin(hashes[held_out], hashes[training])]
    if len(twins) == 0:
        return []
    share = len(twins) / len(held_out)
    message = f"{len(twins)} of {len(held_out)} held-out rows ({share:.1%}) stand in training as well."
    remedy = "remove repeated rows before the split, or split by groups; held-out scores are too good"
    rows = tuple(np.sort(twins)[:MAX_ROWS].tolist())
    many = share > MANY_DUPLICATES
    return [TableFinding("duplicated rows", "warning" if many else "note", message, (), rows, remedy)]
