"""Checks of networks on graphs: what the graph alone tells, without any of the network's layers."""

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.manifold import spectral_embedding
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from torch import Tensor

from netwright.doctor.case.case import Case
from netwright.doctor.finding import Finding, Place
from netwright.doctor.observe.operation import Outside

WIDTH, FOLDS, MOST_NODES = 16, 3, 5000
FEWEST_OF_A_CLASS = 3


def check_graph_baseline(case: Case) -> Iterator[Finding]:
    """Beside a network that classifies nodes: a spectral embedding of the graph, with a linear model on it.

    Both judge the nodes from which the network learns, the linear model by three-fold cross-validation.
    Information: where the embedding comes near, the layers add little to the graph itself.

    Source:
        Ranger (2020), "On Graph Neural Networks" (the lukewarm view), singlelunch.com.
    """
    seen = _nodes_and_labels(case)
    if seen is None:
        return
    graph, nodes, labels, right = seen
    counts = np.unique(labels, return_counts=True)[1]
    if len(counts) < 2 or counts.min() < FEWEST_OF_A_CLASS:
        return
    table = spectral_embedding(graph, n_components=WIDTH, random_state=0)[nodes]
    table = table / np.maximum(table.std(0), 1e-12)
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    told = cross_val_predict(LogisticRegression(max_iter=300), table, labels, cv=folds)
    baseline = float(np.mean(told == labels))
    yield Finding(
        "underfit",
        "info",
        f"A spectral embedding of the graph alone tells {100 * baseline:.0f} % of the {len(labels)} labelled "
        f"nodes (cross-validated), the network {100 * right:.0f} % of those that it learns from.",
        Place(case.name, case.call.line if case.call else None),
        {"spectral embedding": baseline, "network": right, "width": WIDTH, "nodes": graph.shape[0]},
        "Compare with simple embeddings of the graph before layers are added.",
    )


def _nodes_and_labels(
    case: Case,
) -> tuple[sparse.csr_matrix, NDArray[np.int64], NDArray[np.int64], float] | None:
    """The graph, the labelled nodes, their labels, and the network's accuracy on them."""
    copies = case.end()
    if case.task.kind != "classes" or case.call is None or case.target_place is None or copies is None:
        return None
    constants = [case.tape.constants[place] for place in case.call.constants()]
    n_nodes = next((len(one) for one in constants if one.is_floating_point() and one.ndim == 2), 0)
    graph = next((one for x in constants if (one := _graph(x, n_nodes)) is not None), None)
    picked = [
        case.tape.constants[leaf.number]
        for one in case.tape.operations
        if one.name in ("__getitem__", "index_select", "index")
        and set(one.numbers()) & set(case.call.outputs)
        for leaf in one.leaves
        if isinstance(leaf, Outside)
    ]
    target = case.tape.constants[case.target_place]
    if graph is None or len(picked) > 1 or not 0 < n_nodes <= MOST_NODES or target.is_floating_point():
        return None
    nodes = _places(picked[0]) if picked else torch.arange(n_nodes)
    judged = case.judged(copies, 1)
    if len(nodes) != len(target) or not judged:
        return None
    right = float((judged[0][0].argmax(1) == target).double().mean())
    return graph, nodes.numpy(), target.numpy(), right


def _places(index: Tensor) -> Tensor:
    return index.nonzero().flatten() if index.dtype == torch.bool else index


def _graph(values: Tensor, n_nodes: int) -> sparse.csr_matrix | None:
    """A symmetric matrix of edges, from a square matrix or from pairs of nodes; None where it is neither."""
    if values.is_sparse or values.layout != torch.strided:
        values = values.to_dense() if n_nodes <= MOST_NODES else values
    if values.is_floating_point() and values.shape == (n_nodes, n_nodes):
        edges = sparse.csr_matrix(values.detach().cpu().numpy())
    elif not values.is_floating_point() and values.ndim == 2 and values.shape[0] == 2 and values.numel():
        pairs = values.cpu().numpy()
        if pairs.min() < 0 or pairs.max() >= n_nodes:
            return None
        edges = sparse.csr_matrix((np.ones(pairs.shape[1]), (pairs[0], pairs[1])), (n_nodes, n_nodes))
    else:
        return None
    return sparse.csr_matrix(edges.maximum(edges.T))
