"""What fitting and evaluation share: running the example, folds by source, metrics."""

import hashlib
import subprocess
from pathlib import Path

import numpy as np
from sklearn.metrics import roc_auc_score

FILES = ("ragtruth-train.jsonl", "ragtruth-open-test.jsonl")
TASKS = ("QA", "Data2txt", "Summary")


def run(binary: str, mode: str, data: Path, files=FILES) -> list[str]:
    command = [binary, mode, *(str(data / name) for name in files)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()


def fold(source: str, folds: int = 5) -> int:
    return int(hashlib.sha256(source.encode()).hexdigest(), 16) % folds


def ece(labels, risks, weights=None, bins: int = 10) -> float:
    labels, risks = np.asarray(labels, float), np.asarray(risks, float)
    weights = np.ones_like(risks) if weights is None else np.asarray(weights, float)
    total = 0.0
    at = np.minimum((risks * bins).astype(int), bins - 1)
    for b in range(bins):
        inside = at == b
        if weights[inside].sum() > 0:
            gap = np.average(labels[inside], weights=weights[inside]) - np.average(risks[inside], weights=weights[inside])
            total += weights[inside].sum() / weights.sum() * abs(gap)
    return total


def report(name: str, labels, risks, weights=None) -> None:
    labels, risks = np.asarray(labels, int), np.asarray(risks, float)
    if len(set(labels)) < 2:
        return
    cells = []
    for threshold in (0.5, 0.7):
        hit = risks >= threshold
        tp, fp, fn = (hit & (labels == 1)).sum(), (hit & (labels == 0)).sum(), (~hit & (labels == 1)).sum()
        precision, recall = tp / max(1, tp + fp), tp / max(1, tp + fn)
        f1 = 2 * precision * recall / max(1e-9, precision + recall)
        cells.append(f"@{threshold}: P {precision:.3f} R {recall:.3f} F1 {f1:.3f} FPR {fp / max(1, (labels == 0).sum()):.3f}")
    order = np.argsort(-risks)
    hits = np.cumsum(labels[order])
    best = (2 * hits / (np.arange(1, len(labels) + 1) + labels.sum())).max()
    auroc, weighted = roc_auc_score(labels, risks), roc_auc_score(labels, risks, sample_weight=weights)
    errors = f"ECE {ece(labels, risks, weights):.3f} (unweighted {ece(labels, risks):.3f})"
    print(f"{name:10s} n={len(labels):5d} pos={labels.mean():.3f} AUROC {auroc:.3f} (weighted {weighted:.3f}) best F1 {best:.3f} {errors} | " + " | ".join(cells), flush=True)
