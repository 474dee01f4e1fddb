"""The scikit-learn bridge."""
