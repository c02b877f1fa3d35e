"""Tells whether runs differ by more than chance on the same answers: `python compare.py BASE OTHER…`.

Each is the folder of a run that `evaluate.py` scored; `A+B` is the mean of what several say of each word. Prints AUROC (an answer's risk: its two
riskiest sentences) and the characters' F1 (at each run's own best threshold, hence optimistic) by task, with 95 % intervals by
bootstrap over sources, and of each run its difference to BASE on the same draws. QA is weighted as in `evaluate.py`."""

import argparse
import json
from pathlib import Path

import numpy as np
from sklearn.metrics import roc_auc_score

from evaluate import RESPONSE, characters, label, weigh
from parts import TASKS

THRESHOLDS = [t / 20 for t in range(2, 19)]


def read(run: str, parts: list[str]) -> dict[str, dict]:
    """A run's scored answers, or the mean of several runs', by id."""
    several = []
    for folder in run.split("+"):
        lines = [line for part in parts for line in (Path(folder) / f"scores-{part}.jsonl").read_text().splitlines()]
        several.append({row["row"]: row for row in map(json.loads, lines)})
    shared = [key for key in several[0] if all(key in other for other in several)]
    for key in shared:
        for windows in zip(*(other[key]["windows"] for other in several), strict=True):
            if any(w["places"] != windows[0]["places"] for w in windows):
                raise SystemExit(f"{run}: {key} was read in different windows; score all runs with the same binary")
            windows[0]["tokens"] = np.mean([w["tokens"] for w in windows], axis=0).tolist()
            windows[0]["sentence"] = float(np.mean([w["sentence"] for w in windows]))
    return {key: several[0][key] for key in shared}


class Run:
    """What one run says of answers in a fixed order, so that a draw of the bootstrap is a choice of indices."""

    def __init__(self, rows: list[dict]):
        self.labels, self.weight = np.array([label(row) for row in rows]), weigh(rows)
        self.risks = np.array([RESPONSE["top-2 sentences"](row["windows"]) for row in rows])
        everything = np.arange(len(rows))
        self.counted = max((np.array([characters(row, t) for row in rows]) for t in THRESHOLDS), key=lambda counted: self.f1(everything, counted))

    def auroc(self, chosen) -> float:
        return float(roc_auc_score(self.labels[chosen], self.risks[chosen], sample_weight=self.weight[chosen]))

    def f1(self, chosen, counted=None) -> float:
        hit, predicted, gold = self.weight[chosen] @ (self.counted if counted is None else counted)[chosen]
        return float(2 * hit / max(1e-9, predicted + gold))


def drawn(rows: list[dict], draws: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Answers of as many sources as there are, drawn with replacement; draws with one kind of answer only are left out."""
    sources: dict[str, list[int]] = {}
    for i, row in enumerate(rows):
        sources.setdefault(row["source"], []).append(i)
    groups, labels = [np.array(own) for own in sources.values()], np.array([label(row) for row in rows])
    out = [np.concatenate([groups[g] for g in rng.integers(len(groups), size=len(groups))]) for _ in range(draws)]
    return [chosen for chosen in out if 0 < labels[chosen].mean() < 1]


def interval(values: np.ndarray, sign: str = "") -> str:
    low, high = np.percentile(values, [2.5, 97.5])
    return f"{low:{sign}.3f} to {high:{sign}.3f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", nargs="+", help="BASE, then what is held against it")
    parser.add_argument("--parts", nargs="+", default=["development", "calibration"])
    parser.add_argument("--draws", type=int, default=2000)
    arguments = parser.parse_args()
    scored = [read(run, arguments.parts) for run in arguments.runs]
    shared = [key for key in scored[0] if all(key in other for other in scored)]
    for task in (*TASKS, "all"):
        keys = [key for key in shared if task in ("all", scored[0][key]["task"])]
        rows = [scored[0][key] for key in keys]
        if len({label(row) for row in rows}) < 2:
            continue
        runs = [Run([other[key] for key in keys]) for other in scored]
        everything, draws = np.arange(len(rows)), drawn(rows, arguments.draws, np.random.default_rng(1))
        print(f"{task}: {len(rows)} answers of {len({row['source'] for row in rows})} sources, {np.mean([label(row) for row in rows]):.0%} with an error")
        for kind in ("auroc", "f1"):
            measure = lambda run, chosen: getattr(run, kind)(chosen)
            base = np.array([measure(runs[0], chosen) for chosen in draws])
            for name, run in zip(arguments.runs, runs):
                values = base if run is runs[0] else np.array([measure(run, chosen) for chosen in draws])
                line = f"   {kind:5s} {name:32s} {measure(run, everything):.3f} ({interval(values)})"
                if run is not runs[0]:
                    line += f"  difference {measure(run, everything) - measure(runs[0], everything):+.3f} ({interval(values - base, '+')})"
                print(line, flush=True)



if __name__ == "__main__":
    main()
