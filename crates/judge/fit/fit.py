"""Fits the word statistics, the sentence, finding and response scores. See README.md."""

import argparse
import json
import math
from pathlib import Path

import numpy as np

import models
from common import FILES, TASKS, fold, report, run
from data import Data
from models import Response, Sentence, fit_findings, response_inputs, sigmoid

# Stems in fewer contexts than this are all equally rare.
MIN_DOCUMENTS = 6
FOLDS = 5


def rarity(arguments) -> None:
    head, *lines = run(arguments.features, "stems", arguments.data)
    documents = int(head.split("\t")[1])
    with open(arguments.out / "src/text/rarity.txt", "w") as out:
        for line in lines:
            stem, count = line.split("\t")
            if int(count) >= MIN_DOCUMENTS:
                print(round(100 * math.log(documents / int(count))), stem, file=out)


def by_hand(source: Path) -> dict:
    """The log-odds that `weights.rs` sets by hand: they go before the fitted ones."""
    text = source.read_text()
    lines = text[text.index("const SET") :].split("];")[0].splitlines()
    cells = [line.strip()[7:-2].split(", ") for line in lines if line.strip().startswith("(Rule::")]
    return {rule: (float(base), float(slope)) for rule, base, slope in cells}


class Fitted:
    """Everything that is fitted on the sentences `rows` and the responses of the same folds."""

    def __init__(self, data, rows, hand):
        folds = set(data.fold[rows])
        self.parts = models.parts_by_fold(data, rows)
        self.how = models.stack(data, self.parts, rows)
        logits = np.where(rows, models.stacked(self.parts, self.how), 0.0)
        self.out_of_fold = logits
        fold_of = dict(zip(data.responses, data.response_fold))
        self.learnt = fit_findings(data, logits, lambda i: fold_of.get(i) in folds)
        self.findings = {**self.learnt, **hand}
        inputs = response_inputs(data, logits, self.findings)
        self.response = Response(data, inputs, np.isin(data.response_fold, list(folds)))
        self.sentence = Sentence(data, rows)

    def logits(self, data, rows):
        out = np.zeros(len(data.y))
        out[rows] = models.stacked(self.sentence.parts(data, rows), self.how)
        return out

    def risks(self, data, logits):
        return self.response.risk(data, response_inputs(data, logits, self.findings), logits, self.findings)


def held_out(data, hand):
    """Log-odds of every sentence, tables of findings by fold and risk of every response by models that saw nothing of the
    source: neither these sentences, nor as out-of-fold scores that the response score was fitted on."""
    logits, risks, tables = np.zeros(len(data.y)), np.zeros(len(data.responses)), {}
    for k in range(FOLDS):
        fitted = Fitted(data, data.fold != k, hand)
        own = fitted.logits(data, data.fold == k)
        logits = np.where(data.fold == k, own, logits)
        risks = np.where(data.response_fold == k, fitted.risks(data, own), risks)
        tables[k] = fitted.findings
    return logits, risks, tables


def predictions(path: Path, data, logits, risks, table_of) -> None:
    """A line per response: its risk, and risks of its sentences and findings; the folds' if `data` was fitted on."""
    risk = dict(zip(data.responses, risks))
    with open(path, "w") as out:
        for i in data.label:
            table = table_of(i)
            p = lambda at: float(sigmoid(logits[at]))
            sentences = [{"start": data.places[at][0], "end": data.places[at][1], "p": round(p(at), 5)} for at in data.rows.get(i, [])]
            findings = []
            for at, rule, start, end, _ in data.findings.get(i, []):
                logit = models.finding_logit(table, rule, None if at is None else logits[at])
                findings.append({"start": start, "end": end, "rule": rule, "risk": round(float(sigmoid(logit)), 5)})
            whole = risk.get(i, max((f["risk"] for f in findings), default=0.0))
            row = {"id": i, "source_id": data.source[i], "task": data.task[i], "risk": round(float(whole), 5)}
            print(json.dumps({**row, "sentences": sentences, "findings": findings}), file=out)


def triples(linear) -> str:
    return ", ".join(f"({w:.5f}, {a:.4f}, {b:.4f})" for w, a, b in zip(linear.weights, linear.least, linear.most))


def write(out: Path, fitted) -> None:
    (scale, trees), base = fitted.how
    lines = ["//! Made by `fit/fit.py`: do not edit by hand.\n"]
    lines.append('#![allow(clippy::approx_constant, reason = "a fitted weight may look like a constant")]\n')
    lines.append("use super::weights::{Linear, RESPONSE};\nuse crate::signals::Rule;\nuse crate::signals::grounding::FEATURES;\n")
    tables = []
    for key, name in ((False, "PROSE"), (True, "JSON")):
        sentence = fitted.sentence.linear[key]
        sentence.weights, sentence.bias = sentence.weights * scale, sentence.bias * scale
        tables += [(name, "FEATURES", sentence), (f"WHOLE_{name}", "RESPONSE", fitted.response.linear[key])]
    for name, size, linear in tables:
        lines.append(f"#[rustfmt::skip]\npub(super) static {name}: Linear<{size}> = Linear {{ bias: {linear.bias:.5f}, terms: [{triples(linear)}] }};")
    rows = "".join(f"\n    (Rule::{rule}, {base:.4f}, {slope:.4f})," for rule, (base, slope, *_) in fitted.learnt.items())
    lines.append(f"pub(super) const FITTED: [(Rule, f32, f32); {len(fitted.learnt)}] = [{rows}\n];")
    (out / "src/score/tables.rs").write_text("\n".join(lines) + "\n")
    (out / "src/score/sentence.trees").write_bytes(models.table(fitted.sentence.trees, trees, base))


def show(data, logits, risks, fitted) -> None:
    for key, name in ((False, "sent prose"), (True, "sent json")):
        part = data.json == key
        report(name, data.y[part], sigmoid(logits[part]), data.w[part])
    of = lambda values: np.array([values[i] for i in data.responses])
    task, label, weight = of(data.task), of(data.label), of(data.weight)
    for name in TASKS:
        report(name, label[task == name], risks[task == name], weight[task == name])
    report("all", label, risks, weight)
    every = dict(zip(data.responses, risks))
    none = [models.top_finding(data, i, logits, fitted.findings) for i in data.label if i not in every]
    print(f"{len(none)} responses have no sentence with a score, {sum(np.isfinite(none))} of them a finding")
    print("rule, findings, share labelled, base")
    for rule, (base, slope, n, share) in fitted.learnt.items():
        print(f"  {rule:18s} {n:5d} {share:.3f} base {base:+.2f} slope {slope:+.2f}")
    print("the sum and the trees count", fitted.how)
    for key, name in ((False, "prose"), (True, "json")):
        scaled = fitted.sentence.linear[key].weights * data.x[data.json == key].std(0)
        largest = sorted(zip(scaled, data.names), key=lambda t: -abs(t[0]))[:20]
        print(name, ", ".join(f"{n} {v:+.2f}" for v, n in largest))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--features", required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--rarity", action="store_true", help="only the word statistics")
    parser.add_argument("--predictions", type=Path, help="a file for the risks by fold, to fit a later stage on")
    parser.add_argument("--predict", nargs=2, metavar=("ROWS", "FILE"), help="risks of other rows of DATA by the whole model")
    arguments = parser.parse_args()
    if arguments.rarity:
        rarity(arguments)
        return
    hand = by_hand(arguments.out / "src/score/weights.rs")
    data = Data(arguments.features, arguments.data, FILES)
    logits, risks, tables = held_out(data, hand)
    if arguments.predictions:
        fold_of = lambda i: fold(data.source[i])
        predictions(arguments.predictions, data, logits, risks, lambda i: tables[fold_of(i)])
    fitted = Fitted(data, np.ones(len(data.y), bool), hand)
    show(data, logits, risks, fitted)
    if arguments.predict:
        rows, path = arguments.predict
        other = Data(arguments.features, arguments.data, [rows])
        own = fitted.logits(other, np.ones(len(other.y), bool))
        predictions(Path(path), other, own, fitted.risks(other, own), lambda _: fitted.findings)
    write(arguments.out, fitted)


if __name__ == "__main__":
    main()
