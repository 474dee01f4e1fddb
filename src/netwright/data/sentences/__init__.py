"""Sentences of a data set: which of them do not belong."""
