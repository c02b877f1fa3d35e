"""Measures the artefact on answers it was not trained on: `python evaluate.py --data DIR --out DIR --scores BINARY`.

Lets the judge's example `scores` run the int8 artefact over the development sources, the calibration sources and newer models' answers
(`DIR/scores-*.jsonl`), and prints AUROC, best F1 and the overlap of spans by task. QA is weighted to 18 % of answers with an
error, as the published test set has; the training answers have 43 %."""

import argparse
import hashlib
import json
import subprocess
from pathlib import Path

import numpy as np
from sklearn.metrics import roc_auc_score

from parts import FILES, NEWER, TASKS, part, read

PREVALENCE = 0.18


def score(binary: Path, model: Path, rows: list[dict], name: str, out: Path) -> list[dict]:
    """The artefact's scores of these rows; goes on where an earlier run was stopped."""
    file = out / f"scores-{name}.jsonl"
    done = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
    known = {row["row"] for row in done}
    rest = [row for row in rows if row["id"] not in known]
    if rest:
        wanted = out / f"rows-{name}.jsonl"
        wanted.write_text("".join(json.dumps(row) + "\n" for row in rest))
        sha256 = hashlib.sha256(model.read_bytes()).hexdigest()
        with file.open("a") as output:
            subprocess.run([str(binary), str(model), sha256, str(wanted)], check=True, stdout=output)
        wanted.unlink()
        done = [json.loads(line) for line in file.read_text().splitlines()]
    return done


def top(values, count: int) -> float:
    return float(np.mean(sorted(values, reverse=True)[:count])) if values else 0.0


RESPONSE = {
    "top-3 tokens": lambda windows: top([p for w in windows for p in w["tokens"]], 3),
    "top-10 tokens": lambda windows: top([p for w in windows for p in w["tokens"]], 10),
    "worst sentence": lambda windows: top([w["sentence"] for w in windows], 1),
    "top-2 sentences": lambda windows: top([w["sentence"] for w in windows], 2),
    "any sentence": lambda windows: float(1 - np.prod([1 - w["sentence"] for w in windows])),
    "worst sentence and top-3 tokens": lambda windows: 0.5 * (top([w["sentence"] for w in windows], 1) + top([p for w in windows for p in w["tokens"]], 3)),
}


def label(row) -> int:
    return int(row["unsupported"]) if row["unsupported"] is not None else int(bool(row["labels"]))


def weights(labels, task):
    labels = np.asarray(labels)
    if task != "QA" or len(set(labels)) < 2:
        return np.ones(len(labels))
    return np.where(labels == 1, PREVALENCE / labels.mean(), (1 - PREVALENCE) / (1 - labels.mean()))


def weigh(rows) -> np.ndarray:
    """The weight of each of these answers."""
    out = np.empty(len(rows))
    for task in TASKS:
        own = [i for i, row in enumerate(rows) if row["task"] == task]
        out[own] = weights([label(rows[i]) for i in own], task)
    return out


def best_f1(labels, risks, weight):
    """The best F1 over all thresholds, with its precision, recall and threshold."""
    order = np.argsort(-risks, kind="stable")
    y, w, r = labels[order], weight[order], risks[order]
    hits, flagged, total = np.cumsum(w * y), np.cumsum(w), (weight * labels).sum()
    f1 = 2 * hits / (flagged + total)
    last = np.append(r[1:] != r[:-1], True)
    at = int(np.argmax(np.where(last, f1, 0)))
    return f1[at], hits[at] / flagged[at], hits[at] / total, r[at]


def characters(row, threshold):
    """How many characters of tokens at or over the threshold are labelled, how many there are, and how many are labelled; gaps of
    two characters are closed."""
    length = max([l["end"] for l in row["labels"]] + [p[1] for x in row["windows"] for p in x["places"]] + [1])
    marked, found = np.zeros(length, bool), np.zeros(length, bool)
    for l in row["labels"]:
        marked[l["start"] : l["end"]] = True
    before = None
    for window in row["windows"]:
        for (start, end), p in zip(window["places"], window["tokens"]):
            if p >= threshold:
                found[start:end] = True
                if before is not None and 0 <= start - before <= 2:
                    found[before:start] = True
                before = end
    return (marked & found).sum(), found.sum(), marked.sum()


def spans(rows, weight, threshold):
    """Precision, recall and F1 of the characters of tokens at or over the threshold."""
    counted = np.array([characters(row, threshold) for row in rows])
    hit, predicted, gold = np.asarray(weight) @ counted
    precision, recall = hit / max(1e-9, predicted), hit / max(1e-9, gold)
    return precision, recall, 2 * precision * recall / max(1e-9, precision + recall)


def report(name: str, rows: list[dict], out: dict) -> None:
    for task in (*TASKS, "all"):
        chosen = [row for row in rows if task in ("all", row["task"])]
        labels = np.array([label(row) for row in chosen])
        if len(set(labels)) < 2:
            continue
        by_row = weigh(chosen)
        print(f"{name} {task}: {len(chosen)} answers, {labels.mean():.0%} with an error" + (f", QA weighted to {PREVALENCE:.0%}" if task in ("QA", "all") else ""))
        measured = {"answers": len(chosen), "with_error": round(float(labels.mean()), 4), "response": {}}
        for kind, of in RESPONSE.items():
            risks = np.array([of(row["windows"]) for row in chosen])
            auroc = roc_auc_score(labels, risks, sample_weight=by_row)
            f1, precision, recall, threshold = best_f1(labels, risks, by_row)
            plain = best_f1(labels, risks, np.ones(len(labels)))[0]
            print(f"   {kind:32s} AUROC {auroc:.3f}  best F1 {f1:.3f} (P {precision:.3f} R {recall:.3f} at {threshold:.3f}); unweighted {plain:.3f}")
            measured["response"][kind] = {"auroc": round(float(auroc), 4), "best_f1": round(float(f1), 4), "threshold": round(float(threshold), 4), "best_f1_unweighted": round(float(plain), 4)}
        if chosen[0]["labels"] is not None:
            best = max((spans(chosen, by_row, t / 20)[2], t / 20) for t in range(2, 19))
            precision, recall, f1 = spans(chosen, by_row, best[1])
            plain = spans(chosen, np.ones(len(chosen)), best[1])[2]
            print(f"   characters at {best[1]:.2f}: P {precision:.3f} R {recall:.3f} F1 {f1:.3f}; unweighted {plain:.3f}")
            measured["spans"] = {"threshold": best[1], "precision": round(float(precision), 4), "recall": round(float(recall), 4), "f1": round(float(f1), 4), "f1_unweighted": round(float(plain), 4)}
        out[f"{name} {task}"] = measured


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True, help="folder with encoder.onnx; gets scores and metrics")
    parser.add_argument("--scores", type=Path, required=True, help="the judge's example, built")
    parser.add_argument("--parts", nargs="*", default=["development", "calibration", "newer"])
    arguments = parser.parse_args()
    model = arguments.out / "encoder.onnx"
    measured: dict = {}
    for name in arguments.parts:
        if name == "newer":
            rows = list(read(arguments.data, [NEWER]))
        else:
            rows = [row for row in read(arguments.data, FILES) if part(row["source_id"]) == name]
        scored = score(arguments.scores, model, rows, name, arguments.out)
        report(name, scored, measured)
        if name == "newer":
            # Sources of the training answers apart: their contexts were seen.
            report("newer, unseen sources", [row for row in scored if part(row["source"]) != "train"], measured)
    (arguments.out / "metrics.json").write_text(json.dumps(measured, indent=1) + "\n")


if __name__ == "__main__":
    main()
