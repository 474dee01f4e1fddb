"""How wide the embedding of a category is, as a rule of thumb."""

from typing import Literal

from netwright.core.errors import TableError


def embedding_size(n_levels: int, rule: Literal["power", "half"] = "power") -> int:
    """Return the width of the embedding of a category.

    Use "power" unless a known recipe asks for "half", the older and, for few levels, wider rule.

        power:  min(600, round(1.6 * k ** 0.56))
        half:   min(50, (k + 1) // 2)

    Args:
        n_levels: number k of levels, codes for unknown and missing ones included.
        rule: which of the two.

    Raises:
        TableError: when there is no level, or the rule is unknown.

    Example:
        >>> [embedding_size(k) for k in (2, 12, 4000)], embedding_size(12, "half")
        ([2, 6, 166], 6)

    Source:
        fastai, `emb_sz_rule`; Howard and Gugger (2020), "fastai: A Layered API for Deep Learning",
        arXiv:2002.04688.
    """
    if n_levels < 1:
        raise TableError("a category must have at least 1 level", str(n_levels), "count its levels")
    if rule == "power":
        width: float = 1.6 * n_levels**0.56
        return min(600, round(width))
    if rule == "half":
        return min(50, (n_levels + 1) // 2)
    raise TableError("rule must be 'power' or 'half'", repr(rule), "choose one of these")
