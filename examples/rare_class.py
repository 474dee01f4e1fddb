"""How should a rare class be treated? Three remedies beside doing nothing, on the same held-out rows.

Run it: python examples/rare_class.py
"""

import numpy as np
from sklearn.datasets import make_classification
from sklearn.metrics import balanced_accuracy_score, recall_score, roc_auc_score
from sklearn.model_selection import train_test_split

from netwright.data import RandomOverSampler
from netwright.tabular import MLPClassifier, PriorThresholdClassifier
from netwright.training import Training

SETTINGS = {"hidden": (64, 32), "dropout": 0.2, "random_state": 0}


def main() -> None:
    """Print what each remedy finds of a class that one row in thirty has."""
    X, y = make_classification(6_000, n_informative=6, weights=[0.97], flip_y=0.005, random_state=0)
    X_learn, X_judge, y_learn, y_judge = train_test_split(X, y, stratify=y, random_state=0)
    remedies = {
        "nothing": MLPClassifier(**SETTINGS),
        "class weights": MLPClassifier(**SETTINGS, class_weight="balanced"),
        "over-sampling": MLPClassifier(**SETTINGS, training=Training(sampler=RandomOverSampler())),
        "threshold by prior": PriorThresholdClassifier(MLPClassifier(**SETTINGS)),
    }
    print(f"{'remedy':<20}{'found':>8}{'balanced accuracy':>20}{'ROC AUC':>10}")
    for name, model in remedies.items():
        probability = model.fit(X_learn, y_learn).predict_proba(X_judge)[:, 1]
        answer = np.where(probability > 0.5, 1, 0)
        found = recall_score(y_judge, answer)
        balanced = balanced_accuracy_score(y_judge, answer)
        print(f"{name:<20}{found:>8.0%}{balanced:>20.3f}{roc_auc_score(y_judge, probability):>10.3f}")


if __name__ == "__main__":
    main()
