"""The nets that `fit` offers: each function makes an unfitted estimator for a task."""

from torch import nn

from netwright.estimators import DeepEstimator
from netwright.tabular import MLPClassifier, MLPRegressor, TabMClassifier, TabMRegressor
from netwright.vision import ConvNetClassifier, ConvNetRegressor


def tabm(task: str) -> DeepEstimator:
    """Return TabM, the first choice.

    Args:
        task: "regression", or anything else for classes.

    Example:
        >>> tabm("regression")
        TabMRegressor()
    """
    return TabMRegressor() if task == "regression" else TabMClassifier()


def mlp(task: str) -> DeepEstimator:
    """Return the multilayer perceptron.

    Args:
        task: "regression", or anything else for classes.

    Example:
        >>> mlp("binary")
        MLPClassifier()
    """
    return MLPRegressor() if task == "regression" else MLPClassifier()


def self_normalising(task: str) -> DeepEstimator:
    """Return the multilayer perceptron with SELU.

    Args:
        task: "regression", or anything else for classes.

    Example:
        >>> self_normalising("binary").activation.__name__
        'SELU'
    """
    kind = MLPRegressor if task == "regression" else MLPClassifier
    return kind(activation=nn.SELU)


def conv_net(task: str) -> DeepEstimator:
    """Return the convolutional network for pictures.

    Args:
        task: "regression", or anything else for classes.

    Example:
        >>> conv_net("multiclass")
        ConvNetClassifier()
    """
    return ConvNetRegressor() if task == "regression" else ConvNetClassifier()
