"""The parts of the score: a weighted sum with bounded inputs, boosted trees, findings, the response. As `src/score`."""

import math
import struct

import lightgbm
import numpy as np
from sklearn.linear_model import LogisticRegression


# Chosen by folds: more trees, deeper ones or trees alone were no better (README.md).
TREES = dict(n_estimators=60, learning_rate=0.12, num_leaves=15, min_child_samples=20, subsample=0.8, subsample_freq=1,
             colsample_bytree=0.5, reg_lambda=5, n_jobs=1, verbose=-1, random_state=0, deterministic=True, force_row_wise=True)
SENTENCE_C, RESPONSE_C = 0.05, 0.3
# Inputs of more values than this are held to all but their outermost thousandths.
FEW_VALUES = 20
LEAF = 255


def sigmoid(x):
    return 1 / (1 + np.exp(-np.asarray(x, float)))


class Linear:
    """Logistic regression on standardised inputs, kept as weights of the raw ones; inputs are held to the range seen."""

    def __init__(self, x, y, w, c):
        few = np.array([len(np.unique(column)) <= FEW_VALUES for column in x.T])
        least, most = np.quantile(x, 0.001, axis=0), np.quantile(x, 0.999, axis=0)
        # As they will be written.
        self.least = np.float32(np.where(few, x.min(0), least).round(4)).astype(float)
        self.most = np.float32(np.where(few, x.max(0), most).round(4)).astype(float)
        x = np.clip(x, self.least, self.most)
        mean, scale = x.mean(0), x.std(0)
        scale[scale < 1e-6] = 1.0
        model = LogisticRegression(C=c, max_iter=3000).fit((x - mean) / scale, y, sample_weight=w)
        self.weights = model.coef_[0] / scale
        self.bias = float(model.intercept_[0] - (self.weights * mean).sum())

    def logits(self, x):
        return np.clip(x, self.least, self.most) @ self.weights + self.bias


class Sentence:
    """Log-odds of sentences: one weighted sum for prose and one for JSON, and trees over both, put together by `stack`."""

    def __init__(self, data, rows):
        self.linear = {}
        for key in (False, True):
            part = rows & (data.json == key)
            self.linear[key] = Linear(data.x[part], data.y[part], data.w[part], SENTENCE_C)
        self.trees = lightgbm.LGBMClassifier(**TREES).fit(data.x[rows], data.y[rows], sample_weight=data.w[rows])

    def parts(self, data, rows):
        """Log-odds by the sum and by the trees."""
        out = np.zeros((rows.sum(), 2))
        for key, linear in self.linear.items():
            part = data.json[rows] == key
            out[part, 0] = linear.logits(data.x[rows][part])
        out[:, 1] = self.trees.predict(data.x[rows], raw_score=True)
        return out


def parts_by_fold(data, rows):
    """The two log-odds of each of `rows` by a model that saw nothing of its fold; of other rows 0."""
    out = np.zeros((len(data.y), 2))
    for k in np.unique(data.fold[rows]):
        held = rows & (data.fold == k)
        out[held] = Sentence(data, rows & ~held).parts(data, held)
    return out


def stack(data, parts, rows):
    """How much each part counts, and the bias."""
    model = LogisticRegression(C=1e3).fit(parts[rows], data.y[rows], sample_weight=data.w[rows])
    return model.coef_[0], float(model.intercept_[0])


def stacked(parts, how):
    return parts @ how[0] + how[1]


def fit_findings(data, logits, chosen):
    """Base log-odds by rule and slope on the sentence's log-odds, with a weak prior: base 0, slope 0.2.

    Unweighted: whether an absent number is wrong depends little on how often a model hallucinates."""
    grouped, table = {}, {}
    for i in filter(chosen, list(data.findings)):
        for at, rule, _, _, hit in data.findings[i]:
            grouped.setdefault(rule, []).append((0.0 if at is None else float(np.clip(logits[at], -3, 3)), hit))
    for rule, found in sorted(grouped.items()):
        x = np.array([[1.0, f[0]] for f in found])
        hit = np.array([f[1] for f in found], float)
        prior, precision = np.array([0.0, 0.2]), np.diag([0.5, 25.0])
        beta = prior.copy()
        for _ in range(50):
            p = sigmoid(x @ beta)
            gradient = x.T @ (hit - p) - precision @ (beta - prior)
            hessian = (x * (p * (1 - p))[:, None]).T @ x + precision
            beta = beta + np.linalg.solve(hessian, gradient)
        table[rule] = (beta[0], beta[1], len(found), hit.mean())
    return table


def finding_logit(table, rule, logit):
    base, slope = table.get(rule, (0.0, 0.0))[:2]
    return base + slope * (0.0 if logit is None else float(np.clip(logit, -3, 3)))


def top_finding(data, i, logits, table):
    """The highest log-odds of a finding of response `i`; none: -inf."""
    found = [finding_logit(table, rule, None if at is None else logits[at]) for at, rule, *_ in data.findings.get(i, [])]
    return max(found, default=-np.inf)


def response_inputs(data, logits, table):
    """Inputs of the response score, as `score/response.rs`."""
    out = []
    for i, setting in zip(data.responses, data.setting):
        own = np.clip(logits[data.rows[i]], -8, 8)
        top = list(np.sort(own)[::-1][:3]) + [-6.0] * 3
        p = sigmoid(own)
        found = np.clip(top_finding(data, i, logits, table), -3, 3)
        out.append([*top[:3], p.mean(), math.log1p(p.sum()), 1 - np.exp(np.log(1 - p).sum()), math.log(len(own)), found,
                    math.log1p(data.unscored[i]), *setting])
    return np.array(out)


class Response:
    """Risk of responses, one weighted sum for prose and one for JSON."""

    def __init__(self, data, inputs, rows):
        labels = np.array([data.label[i] for i in data.responses])
        weights = np.array([data.weight[i] for i in data.responses])
        parts = {key: rows & (data.response_json == key) for key in (False, True)}
        self.linear = {key: Linear(inputs[part], labels[part], weights[part], RESPONSE_C) for key, part in parts.items()}

    def risk(self, data, inputs, logits, table):
        out = np.zeros(len(data.responses))
        for key, linear in self.linear.items():
            part = data.response_json == key
            out[part] = sigmoid(linear.logits(inputs[part]))
        found = np.array([top_finding(data, i, logits, table) for i in data.responses])
        # Never below the risk of one of its sentences or findings.
        return np.maximum.reduce([out, sigmoid(found), sigmoid(inputs[:, 0])])


def below(threshold: float) -> float:
    """The greatest 32-bit number that is not above: of 32-bit inputs the same are not above it."""
    narrow = np.float32(threshold)
    return float(narrow if float(narrow) <= threshold else np.nextafter(narrow, np.float32(-np.inf)))


def table(model, scale: float, base: float) -> bytes:
    """The trees as `src/score/trees.rs` reads them; what they add is multiplied by `scale`."""
    dump = model.booster_.dump_model()
    inputs = dump["max_feature_idx"] + 1

    def nodes(node):
        if "leaf_value" in node:
            return struct.pack("<BBf", LEAF, 0, node["leaf_value"] * scale)
        assert node["decision_type"] == "<=" and node["split_feature"] < LEAF, node
        left, right = nodes(node["left_child"]), nodes(node["right_child"])
        return struct.pack("<BBf", node["split_feature"], len(left) // 6 + 1, below(node["threshold"])) + left + right

    trees = [nodes(tree["tree_structure"]) for tree in dump["tree_info"]]
    return struct.pack("<HHf", inputs, len(trees), base) + b"".join(trees)
