"""The trained model as ONNX, float and int8, with its hash."""

import hashlib
from pathlib import Path

import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic

from model import Encoder

FLOAT, ARTEFACT = "encoder-float.onnx", "encoder.onnx"


class Probabilities(torch.nn.Module):
    """One window: ids and sides (length) → probability per token (length) and of the sentence (1)."""

    def __init__(self, net: Encoder):
        super().__init__()
        self.net = net

    def forward(self, ids, sides):
        token, sentence = self.net(ids, sides)
        return token.sigmoid(), sentence.sigmoid()


def export(net: Encoder, out: Path) -> dict:
    net.eval()
    ids = torch.randint(1000, 2000, (1, 64))
    sides = torch.zeros_like(ids)
    sides[:, 40:] = 1
    torch.onnx.export(
        Probabilities(net), (ids, sides), str(out / FLOAT), dynamo=False, opset_version=17, do_constant_folding=True,
        input_names=["ids", "sides"], output_names=["tokens", "sentence"], dynamic_axes={"ids": {1: "length"}, "sides": {1: "length"}, "tokens": {1: "length"}},
    )
    # The two heads are tiny and decide everything: they stay in float.
    graph = onnx.load(out / FLOAT).graph
    heads = [node.name for node in graph.node if node.op_type in ("MatMul", "Gemm") and any(p in node.name for p in ("/net/token/", "/net/sentence/"))]
    quantize_dynamic(
        str(out / FLOAT), str(out / ARTEFACT), weight_type=QuantType.QInt8, per_channel=True, reduce_range=False,
        op_types_to_quantize=["MatMul", "Gather"], nodes_to_exclude=heads, extra_options={"MatMulConstBOnly": True},
    )
    data = (out / ARTEFACT).read_bytes()
    return {"artefact": ARTEFACT, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
