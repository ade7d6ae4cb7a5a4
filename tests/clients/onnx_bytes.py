"""Writes small ONNX models without the onnx package: the few messages of onnx.proto that a graph of plain nodes needs, as protobuf bytes.

Field numbers are those of https://github.com/onnx/onnx/blob/main/onnx/onnx.proto. Same arguments, same bytes.
"""
import struct

import numpy as np

# TensorProto.DataType by the Open Inference Protocol's names.
TYPES = {"FP32": 1, "UINT8": 2, "INT8": 3, "UINT16": 4, "INT16": 5, "INT32": 6, "INT64": 7, "BYTES": 8, "BOOL": 9, "FP16": 10, "FP64": 11,
         "UINT32": 12, "UINT64": 13, "BF16": 16}


def varint(value):
    value &= (1 << 64) - 1  # negative numbers are ten bytes
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def field(number, value):
    """One field: an int as varint, a float as fixed32, text, bytes and messages (bytes) with their length; a list as a repeated field."""
    if isinstance(value, (list, tuple)):
        return b"".join(field(number, each) for each in value)
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    if isinstance(value, float):
        return varint(number << 3 | 5) + struct.pack("<f", value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def tensor(name, array):
    """TensorProto of a float32 or int64 array."""
    kind = {"float32": "FP32", "int64": "INT64"}[array.dtype.name]
    return field(1, list(array.shape)) + field(2, TYPES[kind]) + field(8, name) + field(9, np.ascontiguousarray(array).tobytes())


def value(name, kind, shape):
    """ValueInfoProto. `shape`: numbers, and names for axes of any size."""
    dims = [field(2, axis) if isinstance(axis, str) else field(1, axis) for axis in shape]
    return field(1, name) + field(2, field(1, field(1, TYPES[kind]) + field(2, b"".join(field(1, each) for each in dims))))


def attribute(name, what):
    number, kind = {int: (3, 2), float: (2, 1), str: (4, 3)}.get(type(what), (0, 0))
    if isinstance(what, list):
        number, kind = {int: (8, 7), float: (7, 6), str: (9, 8)}[type(what[0])]
    return field(1, name) + field(number, what) + field(20, kind)


def node(operator, inputs, outputs, domain="", **attributes):
    written = [attribute(name, what) for name, what in attributes.items()]
    return field(1, inputs) + field(2, outputs) + field(4, operator) + field(5, written) + (field(7, domain) if domain else b"")


def model(nodes, inputs, outputs, constants=(), opset=17):
    """ModelProto, IR 8. `inputs`, `outputs`: (name, datatype, shape); `constants`: {name: array}."""
    graph = field(1, list(nodes)) + field(2, "graph") + field(5, [tensor(name, array) for name, array in dict(constants).items()])
    graph += field(11, [value(*each) for each in inputs]) + field(12, [value(*each) for each in outputs])
    opsets = [field(1, "") + field(2, opset), field(1, "ai.onnx.ml") + field(2, 3)]
    return field(1, 8) + field(2, "edgewise-tests") + field(7, graph) + field(8, opsets)
