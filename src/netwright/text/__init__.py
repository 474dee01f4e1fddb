"""Estimators that predict from texts, and what says which sentences and terms matter."""

from typing import TYPE_CHECKING

from netwright.core.opening import opening

if TYPE_CHECKING:
    from netwright.text.tweet_clusterer import TweetClusterer

__all__ = ["TweetClusterer"]

__getattr__, __dir__ = opening(__name__, __file__)
