"""The encoder: BERT as all-MiniLM-L6-v2 has it, with a head per token and one per sentence.

Written out rather than taken from a library so that what is exported has one matrix product for query, key and value and no
padding mask: in service one window is read at a time."""

from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import nn
from torch.nn import functional as F

WIDTH, HEADS, INNER, POSITIONS = 384, 12, 1536, 256
# Of the base model.
LAYERS = range(6)
PIECES = (Path(__file__).resolve().parent.parent / "crates/encoder/model/vocab.txt").read_text().splitlines()


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.qkv, self.out = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.up, self.down = nn.Linear(WIDTH, INNER), nn.Linear(INNER, WIDTH)
        self.norm_attention, self.norm_output = nn.LayerNorm(WIDTH, 1e-12), nn.LayerNorm(WIDTH, 1e-12)
        self.dropout = nn.Dropout(0.1)

    def forward(self, x, mask):
        batch, length, _ = x.shape
        split = lambda t: t.view(batch, length, HEADS, WIDTH // HEADS).transpose(1, 2)
        query, key, value = (split(t) for t in self.qkv(x).split(WIDTH, -1))
        if torch.onnx.is_in_onnx_export():
            weights = (query * (WIDTH // HEADS) ** -0.5) @ key.transpose(2, 3)
            mixed = weights.softmax(-1) @ value
        else:
            mixed = F.scaled_dot_product_attention(query, key, value, mask)
        mixed = mixed.transpose(1, 2).reshape(batch, length, WIDTH)
        x = self.norm_attention(x + self.dropout(self.out(mixed)))
        return self.norm_output(x + self.dropout(self.down(F.gelu(self.up(x)))))


class Encoder(nn.Module):
    def __init__(self, layers: int = len(LAYERS)):
        super().__init__()
        self.words, self.places, self.sides = nn.Embedding(len(PIECES), WIDTH), nn.Embedding(POSITIONS, WIDTH), nn.Embedding(2, WIDTH)
        self.norm, self.dropout = nn.LayerNorm(WIDTH, 1e-12), nn.Dropout(0.1)
        self.layers = nn.ModuleList(Layer() for _ in range(layers))
        self.token, self.sentence = nn.Linear(WIDTH, 1), nn.Linear(WIDTH, 1)
        for head in (self.token, self.sentence):
            nn.init.normal_(head.weight, std=0.02)
            nn.init.zeros_(head.bias)
        self.words.weight.requires_grad = False

    def forward(self, ids, sides, mask=None):
        """Logits: per token (batch, length), and of the sentence (batch)."""
        x = self.words(ids) + self.places.weight[: ids.shape[1]] + self.sides(sides)
        x = self.dropout(self.norm(x))
        attends = None if mask is None else mask[:, None, None, :]
        for layer in self.layers:
            x = layer(x, attends)
        return self.token(x).squeeze(-1), self.sentence(x[:, 0]).squeeze(-1)

    def load_base(self, folder: Path, layers: Sequence[int] = LAYERS) -> None:
        """Takes the weights of the base model (`model.safetensors`): these of its layers, and of the words those that our vocabulary kept."""
        rows = {piece: n for n, piece in enumerate((folder / "vocab.txt").read_text().splitlines())}
        base = load_file(folder / "model.safetensors")
        get = lambda name: base[name] if name in base else base[f"bert.{name}"]
        own = self.state_dict()
        own["words.weight"] = get("embeddings.word_embeddings.weight")[[rows[piece] for piece in PIECES]]
        own["places.weight"] = get("embeddings.position_embeddings.weight")[:POSITIONS]
        own["sides.weight"] = get("embeddings.token_type_embeddings.weight")
        for kind in ("weight", "bias"):
            own[f"norm.{kind}"] = get(f"embeddings.LayerNorm.{kind}")
            for n, kept in enumerate(layers):
                theirs = f"encoder.layer.{kept}."
                parts = [get(f"{theirs}attention.self.{p}.{kind}") for p in ("query", "key", "value")]
                own[f"layers.{n}.qkv.{kind}"] = torch.cat(parts)
                own[f"layers.{n}.out.{kind}"] = get(f"{theirs}attention.output.dense.{kind}")
                own[f"layers.{n}.norm_attention.{kind}"] = get(f"{theirs}attention.output.LayerNorm.{kind}")
                own[f"layers.{n}.up.{kind}"] = get(f"{theirs}intermediate.dense.{kind}")
                own[f"layers.{n}.down.{kind}"] = get(f"{theirs}output.dense.{kind}")
                own[f"layers.{n}.norm_output.{kind}"] = get(f"{theirs}output.LayerNorm.{kind}")
        self.load_state_dict(own)
