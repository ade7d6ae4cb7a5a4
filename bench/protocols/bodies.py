"""Requests as bytes: rows made by a seed, in JSON, in JSON with binary tensors, and as a gRPC frame. Load tools replay them as they are."""
import json
import random
import struct


def make_rows(width, count, seed=7):
    """Four decimals: a float32 that JSON carries as people write it."""
    source = random.Random(seed)
    return [[round(source.uniform(-1, 1), 4) for _ in range(width)] for _ in range(count)]


def raw(rows):
    return b"".join(struct.pack(f"<{len(row)}f", *row) for row in rows)


def tensor(metadata, rows):
    first = metadata["inputs"][0]
    return {"name": first["name"], "shape": [len(rows), *map(int, first["shape"][1:])], "datatype": first["datatype"]}


def as_json(metadata, rows):
    """(body, headers)"""
    document = {"inputs": [tensor(metadata, rows) | {"data": [value for row in rows for value in row]}]}
    return json.dumps(document, separators=(",", ":")).encode(), {"Content-Type": "application/json"}


def as_binary(metadata, rows):
    """(body, headers): the tensor behind the JSON; the answer comes in the same form."""
    data = raw(rows)
    document = {"inputs": [tensor(metadata, rows) | {"parameters": {"binary_data_size": len(data)}}],
                "parameters": {"binary_data_output": True}}
    head = json.dumps(document, separators=(",", ":")).encode()
    return head + data, {"Content-Type": "application/octet-stream", "Inference-Header-Content-Length": str(len(head))}


def http_request(model, body, headers):
    lines = [f"POST /v2/models/{model}/infer HTTP/1.1", "Host: 127.0.0.1", *(f"{name}: {value}" for name, value in headers.items()),
             f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body


def write_requests(folder, model, metadata, form, rows, rows_each):
    """Fills a folder with one HTTP request a file; `form` is as_json or as_binary."""
    folder.mkdir(parents=True)
    for number, start in enumerate(range(0, len(rows), rows_each)):
        request = http_request(model, *form(metadata, rows[start:start + rows_each]))
        (folder / f"{number:04}.http").write_bytes(request)
    return folder


def varint(value):
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def field(number, data):
    return varint(number << 3 | 2) + varint(len(data)) + data


def infer_message(model, metadata, rows):
    """inference.ModelInferRequest: model_name 1, inputs 5 (name 1, datatype 2, shape 3), raw_input_contents 7."""
    described = tensor(metadata, rows)
    inside = field(1, described["name"].encode()) + field(2, described["datatype"].encode())
    inside += field(3, b"".join(varint(axis) for axis in described["shape"]))
    return field(1, model.encode()) + field(5, inside) + field(7, raw(rows))


def grpc_frame(message):
    return b"\0" + struct.pack(">I", len(message)) + message
