"""Windows that the judge made (`examples/windows.rs`), as arrays and batches."""

import json
import random
import subprocess
from dataclasses import dataclass
from pathlib import Path

import torch

from parts import part


@dataclass(slots=True)
class Window:
    ids: list[int]
    question: int
    response: int
    sentence: int
    labels: list[int]
    task: str
    made: bool

    @property
    def positive(self) -> bool:
        return 1 in self.labels

    @property
    def kind(self) -> str:
        words = (["made"] if self.made else []) + ([] if self.positive else ["clean"])
        return " ".join(words) or "real"


def dump(binary: Path, mode: str, files: list[Path], out: Path) -> None:
    """Lets the judge make the windows of these rows, unless that was done."""
    if out.exists():
        return
    partial = out.with_suffix(".partial")
    with partial.open("w") as file:
        subprocess.run([str(binary), mode, *map(str, files)], check=True, stdout=file)
    partial.rename(out)


def load(path: Path, wanted: str) -> list[Window]:
    """The windows of the sources in that part."""
    found = []
    with path.open() as file:
        for line in file:
            w = json.loads(line)
            if part(w["source"]) == wanted:
                made = w["row"].startswith("made-")
                found.append(Window(w["ids"], w["question"], w["response"], w["sentence"], w["labels"], w["task"], made))
    return found


def epoch(windows: list[Window], rng: random.Random, size: int, share: dict[tuple[str, str], float]) -> list[list[Window]]:
    """Batches of one epoch: a share of each kind of window, alike in length, in random order."""
    chosen = [w for w in windows if rng.random() < share.get((w.task, w.kind), 1.0)]
    rng.shuffle(chosen)
    batches = []
    for at in range(0, len(chosen), size * 32):
        pool = sorted(chosen[at : at + size * 32], key=lambda w: len(w.ids))
        batches += [pool[i : i + size] for i in range(0, len(pool), size)]
    rng.shuffle(batches)
    return batches


def tensors(batch: list[Window], rng: random.Random | None = None, forget: float = 0.0):
    """ids, sides, mask, labels (-1: not scored). With a probability of `forget` a window loses its question (another application
    asks in other words, or nothing) and, independently, what stands before its sentence (it says more of the answer than of
    the sentence)."""
    rows = []
    for w in batch:
        ids, response, sentence = w.ids, w.response, w.sentence
        if rng is not None and rng.random() < forget:
            ids = ids[:1] + ids[1 + w.question :]
            response, sentence = response - w.question, sentence - w.question
        if rng is not None and rng.random() < forget:
            ids = ids[:response] + ids[sentence:]
            sentence = response
        rows.append((ids, response, sentence, w.labels))
    longest = max(len(ids) for ids, *_ in rows)
    shape = (len(rows), longest)
    ids, sides = torch.zeros(shape, dtype=torch.long), torch.zeros(shape, dtype=torch.long)
    mask, labels = torch.zeros(shape, dtype=torch.bool), torch.full(shape, -1.0)
    for i, (row, response, sentence, marks) in enumerate(rows):
        ids[i, : len(row)] = torch.tensor(row)
        sides[i, response : len(row)] = 1
        mask[i, : len(row)] = True
        labels[i, sentence : sentence + len(marks)] = torch.tensor(marks, dtype=torch.float)
    return ids, sides, mask, labels
