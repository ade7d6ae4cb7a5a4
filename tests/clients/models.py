"""The models of tests/clients: a repository of one model for each promise, and what they must answer.

| model | inputs | outputs |
|---|---|---|
| `mlp` | `input` FP32 [-1,20] | `output` FP32 [-1,2]: two layers and a softmax |
| `pair` | `a`, `b` FP32 [-1,4] | `sum`, `difference` FP32 [-1,4] |
| `identity_TYPE` | `input` TYPE [-1,-1] | `output` the same, for every datatype of the protocol and BF16 |
| `steps` | `input` FP32 [-1,2] | `output`: the input times its version; versions 1 and 2 |
| `columns` | `hour` FP32 [-1,1], `carrier` BYTES [-1,1] | `twice` FP32, `who` BYTES: a column each, as converters of tables write them |
| `broken` | - | cannot be loaded |
"""
import pathlib

import numpy as np

import onnx_bytes as onnx

DATATYPES = ["BOOL", "UINT8", "UINT16", "UINT32", "UINT64", "INT8", "INT16", "INT32", "INT64", "FP16", "BF16", "FP32", "FP64", "BYTES"]
MODELS = sorted(["columns", "mlp", "pair", "steps", *(f"identity_{datatype}" for datatype in DATATYPES)])  # that can be loaded
COUNT = len(MODELS) + 1

_random = np.random.default_rng(20130208)
HIDDEN = _random.normal(scale=0.3, size=(20, 8)).astype(np.float32)
LAST = _random.normal(scale=0.3, size=(8, 2)).astype(np.float32)


def mlp(rows):
    """What the model `mlp` answers."""
    logits = np.maximum(rows @ HIDDEN, 0) @ LAST
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def mlp_rows(count):
    return np.random.default_rng(count).normal(size=(count, 20)).astype(np.float32)


def write_mlp(wrong):
    nodes = [onnx.node("MatMul", ["input", "hidden"], ["h"]), onnx.node("Relu", ["h"], ["r"]), onnx.node("MatMul", ["r", "last"], ["l"]),
             onnx.node("Softmax", ["l"], ["output"], axis=1)]
    constants = {"hidden": HIDDEN, "last": LAST[:, ::-1] if wrong else LAST}
    return onnx.model(nodes, [("input", "FP32", ["N", 20])], [("output", "FP32", ["N", 2])], constants)


def write_pair(wrong):
    names = ["difference", "sum"] if wrong else ["sum", "difference"]
    nodes = [onnx.node("Add", ["a", "b"], names[:1]), onnx.node("Sub", ["a", "b"], names[1:])]
    shape = ["N", 4]
    return onnx.model(nodes, [("a", "FP32", shape), ("b", "FP32", shape)], [("sum", "FP32", shape), ("difference", "FP32", shape)])


def write_identity(datatype, wrong):
    if wrong:  # another type's: what is sent does not fit
        datatype = DATATYPES[DATATYPES.index(datatype) - 1]
    shape = ["N", "M"]
    return onnx.model([onnx.node("Identity", ["input"], ["output"])], [("input", datatype, shape)], [("output", datatype, shape)])


def write_steps(version, wrong):
    nodes = [onnx.node("Mul", ["input", "factor"], ["output"])]
    shape = ["N", 2]
    return onnx.model(nodes, [("input", "FP32", shape)], [("output", "FP32", shape)], {"factor": np.array([version + wrong], np.float32)})


def write_columns(wrong):
    nodes = [onnx.node("Mul", ["hour", "two"], ["twice"]), onnx.node("Identity", ["carrier"], ["who"])]
    shape = ["N", 1]
    return onnx.model(nodes, [("hour", "FP32", shape), ("carrier", "BYTES", shape)], [("twice", "FP32", shape), ("who", "BYTES", shape)],
                      {"two": np.array([2 + wrong], np.float32)})


def write_repository(folder, wrong=False):
    """Writes all of them under `folder`. `wrong`: with the same names, but each answers something else; a test that passes then is none."""
    files = {"mlp/1": write_mlp(wrong), "pair/1": write_pair(wrong), "columns/1": write_columns(wrong)}
    files["broken/1"] = b"\x08\x08no model"
    files |= {f"steps/{version}": write_steps(version, wrong) for version in (1, 2)}
    files |= {f"identity_{datatype}/1": write_identity(datatype, wrong) for datatype in DATATYPES}
    for path, data in files.items():
        target = pathlib.Path(folder) / path / "model.onnx"
        target.parent.mkdir(parents=True)
        target.write_bytes(data)
    (pathlib.Path(folder) / "steps" / "serving.toml").write_text('versions = "all"\n')


def values(datatype):
    """Two rows of three values at the edges of a datatype, as numpy has them."""
    if datatype == "BOOL":
        return np.array([[True, False, True], [False, False, True]])
    if datatype == "BYTES":
        other = [b"\x00in the middle\x00", b"\xff\xfe not UTF-8", b'"quoted\\"\n']
        return np.array([[b"", "größer".encode(), b"a" * 300], other], np.object_)
    if datatype == "BF16":
        import ml_dtypes
        return np.array([[0, 1.5, -2], [3e38, np.inf, -0.0]], ml_dtypes.bfloat16)
    kind = np.dtype({"FP16": "float16", "FP32": "float32", "FP64": "float64"}.get(datatype, datatype.lower()))
    if kind.kind == "f":
        edges = np.finfo(kind)
        return np.array([[0, 1.5, -2], [edges.max, edges.tiny, -0.0]], kind)
    edges = np.iinfo(kind)
    return np.array([[0, 1, edges.max], [edges.min, edges.max - 1, 7]], kind)


def text_values():
    """BYTES that are UTF-8, for JSON."""
    return np.array([["", "größer", "a" * 300], ['"quoted\\"\n', "tab\t and \u0001", "\U0001f6eb"]], np.object_)
