"""Fits how rules and encoder go together, and prints what both are worth on sources that neither was fitted on.

    python fusion.py --rules OOF.jsonl --scores FILE... [--newer-rules FILE --newer-scores FILE] [--out ../src/score/weights_fused.rs]

`OOF.jsonl` is what `fit.py` writes: for each answer the risks that the rules give without having seen its source. The scores are those
of `examples/scores` over the development and calibration sources, which the encoder has not seen (`training/parts.py`).
The fusion itself is measured by folds by source over these answers and then fitted on all of them: on answers to questions about prose
only, since the encoder adds nothing to the others (line "fused" against "rules" before that was decided: docs/judging.md). Newer models' answers are
only measured."""

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from common import TASKS, ece, fold

# Share of QA answers with an error that weights and calibration assume, as in fit.py.
PREVALENCE = 0.2
# The published test set's, at which F1 is told.
TEST_PREVALENCE = 0.18
FOLDS = 5


def logit(p):
    p = np.clip(np.asarray(p, float), 1e-4, 1 - 1e-4)
    return np.log(p / (1 - p))


def sigmoid(x):
    return 1 / (1 + np.exp(-np.asarray(x, float)))


@dataclass
class Answer:
    source: str
    task: str
    label: int
    spans: list | None
    rules_risk: float
    findings: list
    # One row a sentence: what `Fusion` takes.
    x: np.ndarray
    y: np.ndarray
    bounds: list
    # Of each sentence its tokens: start, end, probability.
    tokens: list
    length: int
    weight: float = 1.0

    @property
    def json(self):
        return self.task == "Data2txt"

    @property
    def fused(self):
        """Whether rules and encoder judge it together, as the session decides."""
        return self.task == "QA"


INPUTS = ("bias", "rules", "sentence", "top3")


def inputs(rules: float, sentence: float, tokens) -> list[float]:
    """As `score/fusion.rs`: the bias, and log-odds of the rules, of the sentence head, and of the mean of the three worst tokens."""
    return [1.0, float(np.clip(logit(rules), -6, 6)), float(logit(sentence)), float(logit(np.mean(sorted(tokens, reverse=True)[:3])))]


def answers(rules_file: Path, score_files: list[Path]) -> list[Answer]:
    rules = {row["id"]: row for row in map(json.loads, rules_file.open())}
    out = []
    for line in (line for file in score_files for line in file.open()):
        row = json.loads(line)
        known = rules.get(row["row"])
        if known is None or not known["sentences"]:
            continue
        label = int(row["unsupported"]) if row["labels"] is None else int(bool(row["labels"]))
        x, y, bounds, tokens = [], [], [], []
        for sentence in known["sentences"]:
            own = [w for w in row["windows"] if w["places"] and sentence["start"] <= w["places"][0][0] and w["places"][-1][1] <= sentence["end"]]
            flat = [(*place, p) for w in own for place, p in zip(w["places"], w["tokens"])]
            if not flat:
                continue
            x.append(inputs(sentence["p"], max(w["sentence"] for w in own), [p for _, _, p in flat]))
            y.append(int(any(l["start"] < sentence["end"] and sentence["start"] < l["end"] for l in row["labels"] or [])))
            bounds.append((sentence["start"], sentence["end"]))
            tokens.append(flat)
        if x:
            length = max([l["end"] for l in row["labels"] or []] + [b[1] for b in bounds])
            out.append(Answer(row["source"], row["task"], label, row["labels"], known["risk"], known["findings"], np.array(x), np.array(y), bounds, tokens, length))
    return out


def weigh(rows: list[Answer], prevalence: float) -> np.ndarray:
    """QA as if that share had an error; the other tasks as they are."""
    labels = np.array([row.label for row in rows])
    qa = np.array([row.task == "QA" for row in rows])
    out = np.ones(len(rows))
    share = labels[qa].mean() if qa.any() else 0
    if 0 < share < 1:
        out[qa] = np.where(labels[qa] == 1, prevalence / share, (1 - prevalence) / (1 - share))
    return out


class Fusion:
    """Log-odds of sentences and of answers from prose: logistic over rules and encoder, and over what the sentences add up to.

    Summaries and what is written from structured data are the rules' alone: the encoder adds nothing to them (`report`)."""

    def __init__(self, rows: list[Answer]):
        weights = weigh(rows, PREVALENCE)
        of = lambda chosen: [np.concatenate([getattr(rows[i], name) for i in chosen]) for name in ("x", "y")]
        spread = lambda chosen, values: np.concatenate([np.full(len(rows[i].y), values[i]) for i in chosen])
        prose = [i for i, row in enumerate(rows) if row.fused]
        x, y = of(prose)
        self.sentence = solve(x, y, spread(prose, weights), np.array([0.0, 0.4, 0.4, 0.2]), np.array([1e-3, 1, 1, 1]) * 2)
        whole = np.array([self.whole(rows[i]) for i in prose])
        labels = np.array([rows[i].label for i in prose])
        prior = np.array([0.0, 0.3, 0.0, 0.0, 0.0, 0.0, 0.6])
        self.response = solve(whole, labels, weights[prose], prior, np.array([1e-3, 1, 1, 1, 0.3, 0.3, 1]) * 5)
        # For when the rules are switched off, for structured evidence by itself.
        self.alone = []
        for json_too in (False, True):
            chosen = [i for i, row in enumerate(rows) if row.json == json_too]
            x, y = of(chosen)
            x[:, 1] = 0
            self.alone.append(solve(x, y, spread(chosen, weights), np.array([0.0, 0.0, 0.6, 0.3]), np.array([1e-3, 1, 1, 1]) * 2))
        self.alone = np.array(self.alone)

    def logits(self, row: Answer) -> np.ndarray:
        return row.x @ self.sentence if row.fused else row.x[:, 1]

    def whole(self, row: Answer) -> list[float]:
        own = np.clip(self.logits(row), -8, 8)
        top = [*np.sort(own)[::-1][:3], -6.0, -6.0, -6.0]
        p = sigmoid(own)
        rules = float(np.clip(logit(row.rules_risk), -6, 6))
        return [1.0, *top[:3], float(1 - np.prod(1 - p)), float(np.log(len(own))), rules]

    def risk(self, row: Answer) -> float:
        return float(sigmoid(np.dot(self.whole(row), self.response))) if row.fused else row.rules_risk


def solve(x, y, w, prior, precision):
    """Weighted logistic regression with Gaussian priors."""

    def loss(weights):
        z = x @ weights
        value = (w * (np.logaddexp(0, z) - y * z)).sum() + 0.5 * (precision * (weights - prior) ** 2).sum()
        return value, x.T @ (w * (sigmoid(z) - y)) + precision * (weights - prior)

    return minimize(loss, prior, jac=True, method="L-BFGS-B", options={"maxiter": 2000}).x


def f1(labels, hit, w):
    tp = (w * labels * hit).sum()
    return 2 * tp / max(1e-9, (w * hit).sum() + (w * labels).sum())


def best_threshold(labels, risks, w):
    return max((f1(labels, risks >= t, w), t) for t in np.unique(np.round(risks, 3)))


def span_f1(rows, weights, marked):
    """Of characters; `marked` gives an answer's ranges."""
    hit = predicted = gold = 0.0
    for row, w in zip(rows, weights):
        truth, found = np.zeros(row.length + 1, bool), np.zeros(row.length + 1, bool)
        for l in row.spans:
            truth[l["start"] : l["end"]] = True
        for start, end in marked(row):
            found[start:end] = True
        hit += w * (truth & found).sum()
        predicted += w * found.sum()
        gold += w * truth.sum()
    return 2 * hit / max(1e-9, predicted + gold), hit / max(1e-9, predicted), hit / max(1e-9, gold)


def report(name, rows, risks):
    labels, risks = np.array([r.label for r in rows]), np.asarray(risks)
    for task in (*TASKS, "all"):
        chosen = np.array([task in ("all", r.task) for r in rows])
        y, p = labels[chosen], risks[chosen]
        if len(set(y)) < 2:
            continue
        w18, w20 = (weigh([r for r, c in zip(rows, chosen) if c], share) for share in (TEST_PREVALENCE, PREVALENCE))
        best, at = best_threshold(y, p, w18)
        plain, _ = best_threshold(y, p, np.ones(len(y)))
        hit = p >= 0.5
        print(
            f"{name:12s} {task:9s} n={len(y):4d} pos {y.mean():.2f}  AUROC {roc_auc_score(y, p):.3f}  F1@.5 {f1(y, hit, w18):.3f} (best {best:.3f} at {at:.2f}; unweighted {f1(y, hit, np.ones(len(y))):.3f}, best {plain:.3f})"
            f"  FPR@.5 {hit[y == 0].mean():.3f}  ECE {ece(y, p, w20):.3f} (unweighted {ece(y, p):.3f})",
            flush=True,
        )


def crossed(rows: list[Answer]) -> list[tuple]:
    """Risk and sentences' log-odds of each answer by a fusion that saw nothing of its source."""
    out = [None] * len(rows)
    folds = np.array([fold("fusion:" + row.source, FOLDS) for row in rows])
    for k in range(FOLDS):
        model = Fusion([row for row, f in zip(rows, folds) if f != k])
        for i in np.flatnonzero(folds == k):
            out[i] = (model.risk(rows[i]), model.logits(rows[i]))
    return out


def ranges(row, logits, token: float, sentence: float):
    """Tokens over a threshold in sentences over one, with gaps of two characters closed."""
    for z, flat in zip(logits, row.tokens):
        if sigmoid(z) < sentence:
            continue
        before = None
        for start, end, p in flat:
            if p >= token:
                yield (before if before is not None and start - before <= 2 else start), end
                before = end


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rules", type=Path, required=True)
    parser.add_argument("--scores", type=Path, nargs="+", required=True)
    parser.add_argument("--newer-rules", type=Path)
    parser.add_argument("--newer-scores", type=Path)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    rows = answers(arguments.rules, arguments.scores)
    report("rules", rows, [row.rules_risk for row in rows])
    report("encoder", rows, [max(sigmoid(row.x[:, 2])) for row in rows])
    found = crossed(rows)
    report("fused", rows, [risk for risk, _ in found])
    print("findings as a floor:")
    report("floored", rows, [max([risk, *(f["risk"] for f in row.findings)]) for row, (risk, _) in zip(rows, found)])
    weights = weigh(rows, TEST_PREVALENCE)
    for task in TASKS:
        chosen = [i for i, row in enumerate(rows) if row.task == task]
        if not chosen:
            continue
        some, w = [rows[i] for i in chosen], weights[chosen]
        logits = {id(rows[i]): found[i][1] for i in chosen}
        best = max((span_f1(some, w, lambda row: ranges(row, logits[id(row)], t, s)), t, s) for t in (0.2, 0.3, 0.4, 0.5, 0.6) for s in (0.0, 0.1, 0.2, 0.3, 0.4, 0.5))
        print(f"spans {task}: F1 {best[0][0]:.3f} (P {best[0][1]:.3f} R {best[0][2]:.3f}) at token {best[1]}, sentence {best[2]}")
    model = Fusion(rows)
    print("sentence", np.round(model.sentence, 3).tolist(), "response", np.round(model.response, 3).tolist())
    if arguments.newer_scores:
        newer = answers(arguments.newer_rules, [arguments.newer_scores])
        report("newer rules", newer, [row.rules_risk for row in newer])
        report("newer encod", newer, [max(sigmoid(row.x[:, 2])) for row in newer])
        report("newer", newer, [model.risk(row) for row in newer])
    if arguments.out:
        row = lambda values: "[" + ", ".join(f"{v:.4f}" for v in values) + "]"
        arguments.out.write_text(
            "//! Made by `fit/fusion.py`: do not edit by hand.\n\n"
            f"pub(super) const SENTENCE: [f32; 4] = {row(model.sentence)};\n"
            f"pub(super) const ALONE: [[f32; 4]; 2] = [{row(model.alone[0])}, {row(model.alone[1])}];\n"
            f"pub(super) const RESPONSE: [f32; 7] = {row(model.response)};\n"
        )


if __name__ == "__main__":
    main()
