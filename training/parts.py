"""What the scripts share: the rows, and which part each source belongs to."""

import hashlib
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "crates" / "judge" / "fit"))

from common import FILES, TASKS, fold  # noqa: E402, F401  crates/judge/fit/common.py

MADE = "made.jsonl"
NEWER = "modern-llm-open.jsonl"


def part(source: str) -> str:
    """`development`: fold 0, only measured on. `calibration`: half of fold 1, for what combines the signals. `train`: the rest."""
    number = fold(source)
    if number == 0:
        return "development"
    second = int(hashlib.sha256(f"calibration:{source}".encode()).hexdigest(), 16) % 2
    return "calibration" if number == 1 and second == 0 else "train"


def read(data: Path, files=FILES):
    for name in files:
        with (data / name).open() as file:
            yield from map(json.loads, file)
