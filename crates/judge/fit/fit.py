"""Fits the word statistics, the sentence, finding and response weights. See README.md."""

import argparse
import json
import math
from collections import defaultdict
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

from common import FILES, TASKS, fold, report, run

# Stems in fewer contexts than this are all equally rare.
MIN_DOCUMENTS = 6
# Share of hallucinated answers that QA responses are weighted to: the training half lacks the better models, which the test
# half and real traffic have (published prevalence of the whole test set: 0.18).
QA_PREVALENCE = 0.2
FOLDS = 5
REGULARISATION = 0.3


def rarity(arguments) -> None:
    head, *lines = run(arguments.features, "stems", arguments.data)
    documents = int(head.split("\t")[1])
    with open(arguments.out / "src/text/rarity.txt", "w") as out:
        for line in lines:
            stem, count = line.split("\t")
            if int(count) >= MIN_DOCUMENTS:
                print(round(100 * math.log(documents / int(count))), stem, file=out)


def sigmoid(x):
    return 1 / (1 + np.exp(-np.asarray(x, float)))


class Data:
    """Sentences and responses as arrays."""

    def __init__(self, arguments):
        lines = run(arguments.features, "features", arguments.data)
        self.names = lines[0].split("\t")[7:]
        self.label = {}
        self.task = {}
        self.source = {}
        for name in FILES:
            for line in open(arguments.data / name):
                row = json.loads(line)
                self.label[row["id"]] = bool(row["labels"])
                self.task[row["id"]] = row["task"]
                self.source[row["id"]] = row["source_id"]
        x, y, ids, self.findings = [], [], [], []
        for line in lines[1:]:
            cells = line.split("\t")
            scored = len(cells) > 8
            at = len(x) if scored else None
            if scored:
                x.append([float(v) for v in cells[7:]])
                y.append(int(cells[5]))
                ids.append(cells[0])
            for finding in filter(None, cells[6].split(",")):
                rule, _, _, hit = finding.split(":")
                self.findings.append((cells[0], at, rule, int(hit)))
        self.x, self.y, self.ids = np.array(x), np.array(y), np.array(ids)
        self.fold = np.array([fold(self.source[i], FOLDS) for i in ids])
        self.json = self.x[:, self.names.index("json")] > 0
        positive = np.mean([self.label[i] for i in self.label if self.task[i] == "QA"])
        odds = QA_PREVALENCE / (1 - QA_PREVALENCE) / (positive / (1 - positive))
        self.weight = {i: odds if self.task[i] == "QA" and self.label[i] else 1.0 for i in self.label}
        self.w = np.array([self.weight[i] for i in ids])


def logistic(x, y, w, c=REGULARISATION):
    """Weights of the raw inputs; fitted on standardised ones."""
    mean, scale = x.mean(0), x.std(0)
    scale[scale < 1e-6] = 1.0
    model = LogisticRegression(C=c, max_iter=2000).fit((x - mean) / scale, y, sample_weight=w)
    weights = model.coef_[0] / scale
    return float(model.intercept_[0] - (weights * mean).sum()), weights


def fit_sentences(data, rows):
    """One model for prose, one where the evidence is JSON."""
    models = {}
    for json_evidence in (False, True):
        part = rows & (data.json == json_evidence)
        models[json_evidence] = logistic(data.x[part], data.y[part], data.w[part])
    return models


def sentence_logits(data, models):
    out = np.zeros(len(data.y))
    for json_evidence, (bias, weights) in models.items():
        part = data.json == json_evidence
        out[part] = data.x[part] @ weights + bias
    return out


def response_inputs(logits):
    """As `score/response.rs`."""
    logits = np.clip(np.asarray(logits, float), -8, 8)
    if not len(logits):
        return None
    top = list(np.sort(logits)[::-1][:3]) + [-6.0] * 3
    p = sigmoid(logits)
    return [*top[:3], p.mean(), math.log1p(p.sum()), 1 - np.exp(np.log(1 - p).sum()), math.log(len(logits))]


def by_response(data, logits, findings):
    """Inputs of the response score, as `score/response.rs`. `findings`: the highest log-odds of a finding by response."""
    grouped = defaultdict(list)
    for i, logit in zip(data.ids, logits):
        grouped[i].append(logit)
    ids = [i for i in data.label if i in grouped]
    top = [np.clip(findings.get(i, -3.0), -3, 3) for i in ids]
    return ids, np.array([response_inputs(grouped[i]) + [t] for i, t in zip(ids, top)])


def finding_logits(data, logits, table):
    """The highest log-odds of a finding by response."""
    top = {}
    for i, at, rule, _ in data.findings:
        if rule in table:
            own = 0.0 if at is None else float(np.clip(logits[at], -3, 3))
            base, slope = table[rule][:2]
            top[i] = max(top.get(i, -9.0), base + slope * own)
    return top


def fit_findings(data, logits, rows):
    """Base log-odds by rule and slope on the sentence's log-odds, with a weak prior: base 0, slope 0.2.

    Unweighted: whether an absent number is wrong depends little on how often a model hallucinates."""
    table = {}
    grouped = defaultdict(list)
    for i, at, rule, hit in data.findings:
        if rows(i):
            grouped[rule].append((0.0 if at is None else float(np.clip(logits[at], -3, 3)), hit))
    for rule, found in sorted(grouped.items()):
        x = np.array([[1.0, f[0]] for f in found])
        hit = np.array([f[1] for f in found], float)
        prior, precision = np.array([0.0, 0.2]), np.diag([0.5, 25.0])
        beta = prior.copy()
        for _ in range(50):
            p = sigmoid(x @ beta)
            gradient = x.T @ (hit - p) - precision @ (beta - prior)
            hessian = (x * (p * (1 - p))[:, None]).T @ x + precision
            beta = beta + np.linalg.solve(hessian, gradient)
        table[rule] = (beta[0], beta[1], len(found), hit.mean())
    return table


class Responses:
    """Responses with inputs, labels, weights, folds."""

    def __init__(self, data, logits, findings):
        self.ids, self.inputs = by_response(data, logits, findings)
        self.labels = np.array([data.label[i] for i in self.ids])
        self.weights = np.array([data.weight[i] for i in self.ids])
        self.fold = np.array([fold(data.source[i], FOLDS) for i in self.ids])
        self.task = np.array([data.task[i] for i in self.ids])
        structured = dict(zip(data.ids, data.json))
        self.json = np.array([structured[i] for i in self.ids])

    def fit(self, rows):
        return {key: logistic(self.inputs[rows & (self.json == key)], self.labels[rows & (self.json == key)], self.weights[rows & (self.json == key)]) for key in (False, True)}

    def risk(self, models):
        out = np.zeros(len(self.ids))
        for key, (bias, weights) in models.items():
            part = self.json == key
            out[part] = sigmoid(self.inputs[part] @ weights + bias)
        found = self.inputs[:, -1]
        # Never below the risk of one of its sentences or findings.
        return np.maximum.reduce([out, np.where(found > -3, sigmoid(found), 0), sigmoid(self.inputs[:, 0])])


def numbers(values) -> str:
    return ", ".join(f"{v:.4f}" for v in values)


def write(arguments, models, responses, findings) -> None:
    path = arguments.out / "src/score/weights.rs"
    head = path.read_text().split("// ---- tables")[0]
    lines = [head + "// ---- tables, made by `fit/fit.py`: do not edit by hand.\n"]
    for name, size, (bias, weights) in (
        ("PROSE", "FEATURES", models[False]),
        ("JSON", "FEATURES", models[True]),
        ("WHOLE_PROSE", "RESPONSE", responses[False]),
        ("WHOLE_JSON", "RESPONSE", responses[True]),
    ):
        lines.append(f'#[rustfmt::skip]\n#[allow(clippy::approx_constant, reason = "a fitted weight may look like a constant")]\nconst {name}: (f32, [f32; {size}]) = ({bias:.4f}, [{numbers(weights)}]);')
    fitted = "".join(f"\n    (Rule::{rule}, {base:.4f}, {slope:.4f})," for rule, (base, slope, _, _) in findings.items())
    lines.append(f"const FITTED: [(Rule, f32, f32); {len(findings)}] = [{fitted}\n];")
    path.write_text("\n".join(lines) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--features", required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--rarity", action="store_true", help="only the word statistics")
    arguments = parser.parse_args()
    if arguments.rarity:
        rarity(arguments)
        return
    data = Data(arguments)
    oof = np.zeros(len(data.y))
    for k in range(FOLDS):
        oof[data.fold == k] = sentence_logits(data, fit_sentences(data, data.fold != k))[data.fold == k]
    for json_evidence, name in ((False, "prose"), (True, "json")):
        part = data.json == json_evidence
        report(f"sent {name}", data.y[part], sigmoid(oof[part]), data.w[part])
    # Risks of every response by models that saw nothing of its source.
    risks = None
    for k in range(FOLDS):
        table = fit_findings(data, oof, lambda i: fold(data.source[i], FOLDS) != k)
        responses = Responses(data, oof, finding_logits(data, oof, table))
        held = responses.risk(responses.fit(responses.fold != k))
        risks = held if risks is None else np.where(responses.fold == k, held, risks)
    for task in TASKS:
        part = responses.task == task
        report(task, responses.labels[part], risks[part], responses.weights[part])
    report("all", responses.labels, risks, responses.weights)
    models = fit_sentences(data, np.ones(len(data.y), bool))
    findings = fit_findings(data, oof, lambda i: True)
    responses = Responses(data, oof, finding_logits(data, oof, findings))
    print("rule, findings, share labelled, base")
    for rule, (base, slope, n, share) in findings.items():
        print(f"  {rule:18s} {n:5d} {share:.3f} base {base:+.2f} slope {slope:+.2f}")
    for json_evidence in (False, True):
        _, w = models[json_evidence]
        part = data.json == json_evidence
        scaled = w * data.x[part].std(0)
        print("json" if json_evidence else "prose", ", ".join(f"{n} {v:+.2f}" for v, n in sorted(zip(scaled, data.names), key=lambda t: -abs(t[0]))[:16]))
    write(arguments, models, responses.fit(np.ones(len(responses.ids), bool)), findings)


if __name__ == "__main__":
    main()
