"""One case of tests/converters: NAME.onnx and NAME.json beside it, which says what to send and what the library itself answers:
{"inputs": [{"name", "datatype", "shape", "data"}], "outputs": [{"name", "shape", "data"}], "batches": bool}, or {"refused": TEXT}.
"""
import json
import math
import pathlib

import numpy as np

DATATYPES = {"float32": "FP32", "float64": "FP64", "float16": "FP16", "int64": "INT64", "int32": "INT32", "bool": "BOOL", "object": "BYTES"}


def plain(value):
    """A value as JSON has it: NaN is null."""
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, str):
        return value
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    return None if math.isnan(value) else value


def tensor(name, array):
    array = np.asarray(array)
    if array.dtype.kind in "US":
        array = array.astype(object)
    return {
        "name": name,
        "datatype": DATATYPES[array.dtype.name],
        "shape": list(array.shape),
        "data": [plain(value) for value in array.ravel().tolist()],
    }


class Folder:
    """Where the cases go; counts them."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.path.mkdir(parents=True, exist_ok=True)
        self.count = 0

    def write(self, name, onnx, case):
        (self.path / f"{name}.onnx").write_bytes(onnx)
        (self.path / f"{name}.json").write_text(json.dumps(case))
        self.count += 1

    def scored(self, name, onnx, inputs, outputs, batches=True):
        """`inputs` and `outputs`: arrays by tensor name. Outputs that are not named are not looked at."""
        self.write(name, onnx, {
            "inputs": [tensor(key, value) for key, value in inputs.items()],
            "outputs": [tensor(key, value) for key, value in outputs.items()],
            "batches": batches,
        })

    def refused(self, name, onnx, reason):
        self.write(name, onnx, {"refused": reason})
