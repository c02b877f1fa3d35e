"""Makes labelled answers out of faithful ones: rows of the same format, whose errors are known because they were put there.

Every made row keeps the `source_id` of the row it comes from, and sources held back (`parts.part`) are not touched. Kinds:
words of a faithful sentence swapped, negated or strengthened; BUMP's minimal edits; for structured data, attributes, hours and
ratings changed under a real answer, and sentences made from templates.
"""

import argparse
import difflib
import json
import random
import re
from pathlib import Path

import business
from parts import part, read

NUMBER = re.compile(r"(?<![\w.,:/-])\d[\d,]*(?:\.\d+)?(?![\w/-]|[.,:]\d)")
NAME = re.compile(r"(?<![.!?:\"“] )(?<!^)\b[A-Z][a-z]+(?:[ -](?:[A-Z][a-z]+|of [A-Z][a-z]+))*\b")
SENTENCE = re.compile(r"[^.!?\n]+(?:\.\d[^.!?\n]*)*[.!?]*")
CLAUSE_END = re.compile(r"[,;:.!?\n]| (?:and|but|because|while|although|which|who) ")
GROUPS = [
    "January February March April May June July August September October November December".split(),
    "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split(),
    "one two three four five six seven eight nine ten twelve fifteen twenty".split(),
    "minutes hours days weeks months years".split(),
    "thousand million billion".split(),
    "north south east west".split(),
    "inches feet miles".split(),
    "ounces pounds tons".split(),
    "teaspoons tablespoons cups".split(),
]
OPPOSITES = [
    ("more", "less"), ("before", "after"), ("increase", "decrease"), ("increases", "decreases"), ("increased", "decreased"),
    ("high", "low"), ("higher", "lower"), ("first", "last"), ("large", "small"), ("larger", "smaller"), ("early", "late"),
    ("male", "female"), ("men", "women"), ("hot", "cold"), ("warm", "cool"), ("best", "worst"), ("younger", "older"),
    ("above", "below"), ("inside", "outside"), ("with", "without"), ("maximum", "minimum"), ("always", "never"),
    ("accepted", "rejected"), ("won", "lost"), ("allowed", "forbidden"), ("safe", "dangerous"), ("legal", "illegal"),
    ("mother", "father"), ("son", "daughter"), ("brother", "sister"), ("husband", "wife"), ("left", "right"), ("public", "private"),
]
OPPOSITE = {a: b for pair in OPPOSITES for a, b in (pair, pair[::-1])}
STRONGER = {
    "may": "will", "might": "will", "could": "will", "can": "always", "some": "all", "many": "all", "often": "always",
    "usually": "always", "sometimes": "always", "most": "all", "several": "all", "about": "exactly", "approximately": "exactly",
    "allegedly": "", "reportedly": "", "possibly": "certainly", "likely": "certain", "generally": "always", "typically": "always",
    "suspected": "convicted", "accused of": "convicted of", "at least": "exactly", "up to": "exactly", "nearly": "over",
}
NEGATE = {
    "is": "is not", "are": "are not", "was": "was not", "were": "were not", "can": "cannot", "has": "does not have", "will": "will not",
    "should": "should not", "does not": "does", "do not": "do", "is not": "is", "are not": "are", "cannot": "can", "did not": "did",
    "was not": "was", "have been": "have not been", "has been": "has not been",
}
UNFOUNDED = [
    "according to experts in the field", "which has become increasingly popular in recent years", "as confirmed by several independent studies",
    "and it is widely considered the best option available", "which costs around $50 on average", "and it was first introduced in 1987",
    "making it one of the most important in the world", "which takes about two weeks to complete", "and is recommended by most doctors",
    "although results vary depending on age and health", "which was met with criticism from local residents", "and an investigation is still ongoing",
    "and officials declined to comment", "who is a father of two", "after months of negotiations", "with thousands of people in attendance",
    "due to its high quality and low price", "and should be consulted with a professional beforehand", "which helps to prevent further damage",
]


def sentences(text):
    return [(m.start(), m.end()) for m in SENTENCE.finditer(text) if len(m.group().split()) >= 5]


def word(text, at):
    return re.compile(r"\b" + re.escape(at) + r"\b")


def pick(rng, found):
    return rng.choice(found) if found else None


def numbers(rng, sentence, context):
    """A number of the context becomes another one."""
    known = {m.group() for m in NUMBER.finditer(context)}
    m = pick(rng, [m for m in NUMBER.finditer(sentence) if m.group() in known and len(m.group()) < 12])
    if m is None:
        return None
    old = m.group()
    value = float(old.replace(",", ""))
    others = [n for n in sorted(known) if n != old and len(n) == len(old) and n not in sentence]
    if others and rng.random() < 0.5:
        new = rng.choice(others)
    elif re.fullmatch(r"(1[5-9]|20)\d\d", old):
        new = str(int(value) + rng.choice([-10, -5, -3, -2, -1, 1, 2, 3, 5, 10]))
    else:
        factor = rng.choice([0.5, 2, 3, 10, 1.5, 0.8, 1.2])
        changed = value * factor if value * factor != value else value + 1
        new = f"{changed:.{len(old.split('.')[1])}f}" if "." in old else f"{max(1, round(changed)):,}" if "," in old else str(max(1, round(changed)))
    return None if new == old or new in known and rng.random() < 0.3 else [(m.start(), m.end(), new, m.start(), m.end())]


def groups(rng, sentence, context):
    """A month, weekday, unit or number word becomes another of its kind."""
    found = [(m, group) for group in GROUPS for w in group for m in word(sentence, w).finditer(sentence) if w in context]
    if not found:
        return None
    m, group = rng.choice(found)
    return [(m.start(), m.end(), rng.choice([w for w in group if w != m.group()]), m.start(), m.end())]


def names(rng, sentence, context):
    """A name becomes another one of the context."""
    found = [m for m in NAME.finditer(sentence) if m.group() in context and m.group() not in ("Passage", "Passages")]
    m = pick(rng, found)
    if m is None:
        return None
    width = len(m.group().split())
    others = sorted({o.group() for o in NAME.finditer(context) if len(o.group().split()) == width and o.group() not in sentence and m.group() not in o.group()})
    return [(m.start(), m.end(), rng.choice(others), m.start(), m.end())] if others else None


def exchange(rng, sentence, context):
    """Two names change places."""
    found = [m for m in NAME.finditer(sentence) if m.group() in context]
    pairs = [(a, b) for i, a in enumerate(found) for b in found[i + 1:] if a.group() != b.group() and a.group() not in b.group() and b.group() not in a.group()]
    if not pairs:
        return None
    a, b = rng.choice(pairs)
    if re.fullmatch(r",? (?:and|or) ", sentence[a.end():b.start()]):
        return None
    return [(a.start(), a.end(), b.group(), a.start(), a.end()), (b.start(), b.end(), a.group(), b.start(), b.end())]


def clause(sentence, at, words=7):
    """End of the clause that goes on at `at`, a few words at most."""
    m = CLAUSE_END.search(sentence, at + 1)
    end = m.start() if m else len(sentence)
    limit = re.compile(r"(?:\S+\s*){1,%d}" % words).match(sentence, at)
    return min(end, at + len(limit.group().rstrip())) if limit else end


def listed(table, whole):
    def change(rng, sentence, context):
        found = [m for w in table for m in word(sentence, w).finditer(sentence)]
        m = pick(rng, [m for m in found if sentence[m.end():m.end() + 4] != " not" or " not" in m.group()])
        if m is None:
            return None
        end = clause(sentence, m.end()) if whole else m.end()
        return [(m.start(), m.end(), table[m.group()], m.start(), max(end, m.end()))]
    return change


def appended(rng, sentence, context):
    """A clause that nothing supports, before the full stop."""
    body = sentence.rstrip(" .!?\n")
    if len(body) < 20 or body[-1] in ":,;*":
        return None
    return [(len(body), len(body), ", " + rng.choice(UNFOUNDED), len(body), len(body))]


CHANGES = [(numbers, 4), (groups, 2), (names, 4), (exchange, 2), (listed(NEGATE, True), 2), (listed(OPPOSITE, False), 2), (listed(STRONGER, True), 1), (appended, 1)]


def edited(text, edits):
    """Applies edits (start, end, new, labelled start, labelled end), which do not overlap; returns the text and the labelled ranges."""
    out, labels, at = "", [], 0
    for start, end, new, first, last in sorted(edits):
        out += text[at:start]
        begin = len(out)
        out += new
        at = end
        labels.append((begin, len(out) + (last - end)))
    out += text[at:]
    labels = [(a, min(b, len(out))) for a, b in labels]
    # A dropped word has nothing to label but what it qualified.
    return re.sub(r"^\s+", "", out) if not text[:1].isspace() and out[:1].isspace() else out, [(a, b) for a, b in labels if a < b]


def perturbed(rng, row, most):
    """An answer with up to `most` of its faithful sentences changed."""
    text, context = row["response"], row["context"]
    faithful = [s for s in sentences(text) if not any(l["start"] < s[1] and s[0] < l["end"] for l in row["labels"])]
    rng.shuffle(faithful)
    changed = []
    for start, end in faithful[: most * 2]:
        sentence = text[start:end]
        for _ in range(4):
            change = rng.choices([c for c, _ in CHANGES], [w for _, w in CHANGES])[0]
            edits = change(rng, sentence, context)
            if edits:
                changed.append((start, end, edits))
                break
        if len(changed) == most:
            break
    if not changed:
        return None
    edits = [(start + a, start + b, new, start + c, start + d) for start, _, found in changed for a, b, new, c, d in found]
    keep = [(l["start"], l["end"]) for l in row["labels"]]
    out, labels = edited(text, edits)
    # What was labelled before moves with the text.
    move = lambda p: p + sum(len(new) - (b - a) for a, b, new, _, _ in edits if a < p)
    labels += [(move(a), move(b)) for a, b in keep]
    return made(row, out, context, labels)


def made(row, response, context, labels):
    return {
        "id": "", "source_id": row["source_id"], "task": row["task"], "model": "made", "question": row["question"], "context": context,
        "response": response, "labels": [{"start": a, "end": b, "type": "made"} for a, b in sorted(labels)], "quality": "made",
    }


def bump(data):
    """BUMP's summaries, faithful and minimally edited."""
    seen = set()
    for item in json.loads((data / "bump-edited-summaries.json").read_text()):
        row = {"source_id": f"bump-{item['article_id']}", "task": "Summary", "question": ""}
        context, before, after = item["article"], item["reference_summary"], item["edited_summary"]
        if row["source_id"] not in seen:
            seen.add(row["source_id"])
            yield made(row, before, context, [])
        words = lambda text: [(m.group(), m.start(), m.end()) for m in re.finditer(r"\S+", text)]
        old, new = words(before), words(after)
        labels = []
        for kind, _, _, c, d in difflib.SequenceMatcher(None, [w for w, _, _ in old], [w for w, _, _ in new], autojunk=False).get_opcodes():
            if kind in ("replace", "insert"):
                labels.append((new[c][1], new[d - 1][2]))
            elif kind == "delete" and new:
                labels.append(new[min(c, len(new) - 1)][1:])
        if labels:
            yield made(row, after, context, labels)


def make(data: Path, out: Path, seed: int = 1) -> None:
    """Writes the made rows."""
    rng = random.Random(seed)
    rows = [row for row in read(data) if part(row["source_id"]) == "train"]
    found = []
    for row in rows:
        rounds = {"QA": 1, "Summary": 3, "Data2txt": 1}[row["task"]]
        if row["task"] == "QA" and rng.random() < 0.3:
            continue
        found += [perturbed(rng, row, 2) for _ in range(rounds)]
    structured = [row for row in rows if row["task"] == "Data2txt"]
    found += business.contradicted(rng, structured, made)
    found += business.templates(rng, structured, made)
    # An article that a source held back shares is held back, too.
    begins = lambda row: " ".join(row["context"].split())[:300]
    held = {begins(row) for row in read(data) if part(row["source_id"]) != "train"}
    edits = [row for row in bump(data) if part(row["source_id"]) == "train" and begins(row) not in held]
    found += edits
    found += [perturbed(rng, row, 1) for row in edits if not row["labels"]]
    found = [row for row in found if row]
    with out.open("w") as file:
        for number, row in enumerate(found):
            row["id"] = f"made-{number}"
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    print(f"{len(found)} rows made, {sum(bool(r['labels']) for r in found)} with errors", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    make(arguments.data, arguments.out, arguments.seed)


if __name__ == "__main__":
    main()
