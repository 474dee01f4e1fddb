"""Estimators that predict from tables."""
