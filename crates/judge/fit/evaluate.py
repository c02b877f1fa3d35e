"""Measures the built judge on labelled answers: states, risks and spans by task. See README.md.

The weights were fitted on the same rows unless --files names others; `fit.py` prints the figures by held-out source."""

import argparse
import json
from collections import defaultdict
from pathlib import Path

import numpy as np

from common import FILES, report, run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--features", required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--files", nargs="*", default=FILES)
    arguments = parser.parse_args()
    rows = [json.loads(line) for line in run(arguments.features, "verdicts", arguments.data, arguments.files)]
    label = lambda row: int(row["unsupported"]) if row["unsupported"] is not None else int(bool(row["labels"]))
    tasks = sorted({row["task"] for row in rows})
    for task in [*tasks, "all"]:
        part = [row for row in rows if task in ("all", row["task"])]
        report(task, [label(row) for row in part], [row["risk"] for row in part])
        states = defaultdict(lambda: [0, 0])
        for row in part:
            states[row["state"]][label(row)] += 1
        print("   states (clean, hallucinated):", {state: tuple(count) for state, count in states.items()})
        if part[0]["labels"] is not None:
            characters(part)


def characters(rows) -> None:
    """Character overlap of spans at or over 0.5 with the labelled ones, and precision by kind."""
    hit = predicted = gold = 0
    kinds = defaultdict(lambda: [0, 0])
    for row in rows:
        marked = set()
        for l in row["labels"]:
            marked.update(range(l["start"], l["end"]))
        found = set()
        for span in row["spans"]:
            if span["risk"] >= 0.5:
                place = set(range(span["start"], span["end"]))
                found |= place
                kinds[span["kind"]][bool(place & marked)] += 1
        hit, predicted, gold = hit + len(found & marked), predicted + len(found), gold + len(marked)
    precision, recall = hit / max(1, predicted), hit / max(1, gold)
    print(f"   char spans: P {precision:.3f} R {recall:.3f} F1 {2 * precision * recall / max(1e-9, precision + recall):.3f}", {k: f"{v[1]}/{sum(v)}" for k, v in kinds.items()})


if __name__ == "__main__":
    main()
