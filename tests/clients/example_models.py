#!/usr/bin/env python3
"""Writes examples/scoring/models: the model `delay` of docs/scoring.md in two versions, a few hand-made trees each, with a card that knows
the columns' names and the carriers. With --check, compares instead and exits with 1 where the files differ.
Usage: example_models.py [--check] SOURCE_DIR
"""
import json
import pathlib
import sys

import onnx_bytes as onnx

COLUMNS = ["carrier", "hour", "distance"]
CARRIERS = ["AA", "B6", "DL", "EV", "UA", "WN"]
# (column, threshold, below, from there on): a missing value goes the first way. Leaves add up to log odds.
TREES = {
    1: [("hour", 14.5, ("hour", 8.5, -0.9, -0.2), ("hour", 20.5, 0.6, 0.3)),
        ("carrier", 2.5, ("carrier", 0.5, -0.2, 0.1), ("carrier", 3.5, 0.5, ("carrier", 4.5, -0.1, 0.2))),
        ("distance", 1500.0, 0.05, -0.15)],
    2: [("hour", 13.5, ("hour", 7.5, -1.1, -0.3), ("hour", 19.5, 0.7, 0.4)),
        ("carrier", 2.5, ("carrier", 0.5, -0.3, 0.15), ("carrier", 3.5, 0.55, ("carrier", 4.5, -0.15, 0.25))),
        ("distance", 1200.0, 0.1, ("distance", 2400.0, -0.1, -0.2))],
}
BASE = {1: -1.0, 2: -0.95}
PROGRAM = {
    "schema": "edgewise.features.v1",
    "zone": "UTC",
    "features": [{"name": "carrier", "category": "carrier"}, {"name": "hour", "field": "hour"}, {"name": "distance", "field": "distance"}],
    "request": {"carrier": "text", "hour": {"min": 0, "max": 24}, "distance": {"min": 0, "max": 12000}},
    "vocabularies": {"carrier": CARRIERS},
}


def numbered(tree, nodes):
    """Appends the nodes of a tree, parents first; gives the number of its root."""
    number = len(nodes)
    nodes.append(None)
    if isinstance(tree, float):
        nodes[number] = (0, tree, 0, 0, "LEAF")
    else:
        column, threshold, below, above = tree
        nodes[number] = (COLUMNS.index(column), threshold, numbered(below, nodes), numbered(above, nodes), "BRANCH_LT")
    return number


def forest(version):
    rows = []  # (tree, node, column, value, below, above, mode)
    for index, tree in enumerate(TREES[version]):
        nodes = []
        numbered(tree, nodes)
        rows += [(index, number, *node) for number, node in enumerate(nodes)]
    leaves = [row for row in rows if row[6] == "LEAF"]
    column = lambda place, of=rows: [row[place] for row in of]
    classifier = onnx.node(
        "TreeEnsembleClassifier", ["features"], ["label", "probabilities"], "ai.onnx.ml",
        nodes_treeids=column(0), nodes_nodeids=column(1), nodes_featureids=column(2), nodes_modes=column(6),
        nodes_values=[0.0 if row[6] == "LEAF" else row[3] for row in rows], nodes_truenodeids=column(4), nodes_falsenodeids=column(5),
        nodes_missing_value_tracks_true=[0 if row[6] == "LEAF" else 1 for row in rows], base_values=[BASE[version]],
        class_treeids=column(0, leaves), class_nodeids=column(1, leaves), class_ids=[0] * len(leaves), class_weights=column(3, leaves),
        classlabels_int64s=[0, 1], post_transform="LOGISTIC")
    return onnx.model([classifier], [("features", "FP32", ["N", len(COLUMNS)])], [("probabilities", "FP32", ["N", 2])])


def card(version):
    program = ",\n".join(f"    {json.dumps(key)}: {json.dumps(value)}" for key, value in PROGRAM.items())
    return f'{{\n  "schema": "edgewise.model.v1",\n  "version": "made-by-hand-{version}",\n  "program": {{\n{program}\n  }}\n}}\n'


def main(arguments):
    folder = pathlib.Path(arguments[-1]) / "examples" / "scoring" / "models" / "delay"
    files = {f"{version}/model.onnx": forest(version) for version in TREES}
    files |= {f"{version}/model.json": card(version).encode() for version in TREES}
    if "--check" in arguments:
        different = [name for name, data in files.items() if (folder / name).read_bytes() != data]
        for name in different:
            print(f"examples/scoring/models/delay/{name} is not what tests/clients/example_models.py writes: run it")
        return 1 if different else 0
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
