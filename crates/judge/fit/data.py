"""The labelled answers as arrays: a row for each sentence with a score, and what is known of each response."""

import json
from collections import defaultdict

import numpy as np

from common import fold, run

# Share of hallucinated answers that QA responses are weighted to: the training half lacks the better models, which the test
# half and real traffic have (published prevalence of the whole test set: 0.18).
QA_PREVALENCE = 0.2
# What a response's risk depends on besides its sentences, in the order of `score/response.rs`.
SETTING = ("evidence_bytes", "evidence_sentences", "summary", "question_words", "materials")


class Data:
    """Sentences (`x, y, ids, places, fold, json, w`), findings by response and facts by response."""

    def __init__(self, binary: str, folder, files):
        lines = run(binary, "features", folder, files)
        self.names = lines[0].split("\t")[7:]
        rows = [json.loads(line) for name in files for line in open(folder / name)]
        self.task = {row["id"]: row["task"] for row in rows}
        self.source = {row["id"]: row["source_id"] for row in rows}
        self.label = {row["id"]: bool(row["labels"] if "labels" in row else row["unsupported"]) for row in rows}
        x, y, ids, self.places = [], [], [], []
        # Per finding: row of its sentence or none, rule, first and last scalar value, whether labelled.
        self.findings = defaultdict(list)
        self.unscored = defaultdict(int)
        for line in lines[1:]:
            cells = line.split("\t")
            scored = len(cells) > 8
            at = len(x) if scored else None
            if scored:
                x.append([float(v) for v in cells[7:]])
                y.append(int(cells[5]))
                ids.append(cells[0])
                self.places.append((int(cells[3]), int(cells[4])))
            else:
                self.unscored[cells[0]] += 1
            for finding in filter(None, cells[6].split(",")):
                rule, start, end, hit = finding.split(":")
                self.findings[cells[0]].append((at, rule, int(start), int(end), int(hit)))
        self.x, self.y, self.ids = np.array(x, np.float32).astype(float), np.array(y), np.array(ids)
        self.fold = np.array([fold(self.source[i]) for i in ids])
        self.json = self.x[:, self.names.index("json")] > 0
        self.weight = self.weights()
        self.w = np.array([self.weight[i] for i in ids])
        # The rows of each response, which follow one another.
        self.rows = defaultdict(list)
        for at, i in enumerate(ids):
            self.rows[i].append(at)
        self.responses = [i for i in self.label if i in self.rows]
        first = np.array([self.rows[i][0] for i in self.responses])
        self.setting = self.x[first][:, [self.names.index(name) for name in SETTING]]
        self.response_json = self.json[first]
        self.response_fold = np.array([fold(self.source[i]) for i in self.responses])

    def weights(self):
        answers = [i for i in self.label if self.task[i] == "QA"]
        positive = np.mean([self.label[i] for i in answers]) if answers else 0.5
        odds = QA_PREVALENCE / (1 - QA_PREVALENCE) / (positive / (1 - positive))
        return {i: odds if self.task[i] == "QA" and self.label[i] else 1.0 for i in self.label}
