"""Averages the weights of runs that began alike and saw their batches in another order, and exports the mean:
`python average.py --out DIR RUN RUN…` (Wortsman et al., 2022, arXiv 2203.05482). Costs nothing in service. See README.md."""

import argparse
import json
from pathlib import Path

import torch

import export
from model import Encoder


def weights(run: Path) -> dict[str, torch.Tensor]:
    """What the run would export: the moving average of its weights."""
    return torch.load(run / "checkpoint.pt", weights_only=True)["average"]


def mean(runs: list[dict[str, torch.Tensor]]) -> Encoder:
    """The encoder with the mean of these weights, which must be of as many layers."""
    if any(run.keys() != runs[0].keys() for run in runs):
        raise SystemExit("the runs kept different numbers of layers: weights of the same layers alone can be averaged")
    net = Encoder(sum(name.endswith(".qkv.weight") for name in runs[0]))
    net.load_state_dict({name: torch.stack([run[name] for run in runs]).mean(0) for name in runs[0]})
    return net


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", type=Path, nargs="+", help="folders of train.py with --out, each trained to its end")
    parser.add_argument("--out", type=Path, required=True, help="folder for the artefact")
    arguments = parser.parse_args()
    if len(arguments.runs) < 2:
        parser.error("two runs or more are needed")
    arguments.out.mkdir(parents=True, exist_ok=True)
    summary = export.export(mean([weights(run) for run in arguments.runs]), arguments.out)
    of = [json.loads((run / "summary.json").read_text())["sha256"] for run in arguments.runs]
    (arguments.out / "summary.json").write_text(json.dumps({**summary, "mean_of": of}, indent=1) + "\n")
    print(summary)


if __name__ == "__main__":
    main()
