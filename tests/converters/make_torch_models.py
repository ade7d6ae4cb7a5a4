#!/usr/bin/env python3
"""As make_models.py, with PyTorch's own exporter: Debian's python3-torch, which is CPU only. Usage: make_torch_models.py FOLDER."""
import io
import sys
import warnings

import torch
from torch import nn

from model_case import Folder

warnings.filterwarnings("ignore")
torch.manual_seed(7)


def exported(model, inputs, names, outputs, axes):
    buffer = io.BytesIO()
    torch.onnx.export(model.eval(), inputs, buffer, input_names=names, output_names=outputs, dynamic_axes=axes, opset_version=13)
    return buffer.getvalue()


def scored(folder, name, model, inputs, outputs, axes, sent=None, batches=True):
    """Exports with `inputs` and scores `sent`, of another size where the axes let it."""
    onnx = exported(model, tuple(inputs.values()), list(inputs), outputs, axes)
    sent = sent or inputs
    with torch.no_grad():
        answers = model(*sent.values())
    answers = answers if isinstance(answers, tuple) else (answers,)
    folder.scored(name, onnx, {key: value.numpy() for key, value in sent.items()},
                  dict(zip(outputs, (answer.numpy() for answer in answers))), batches)


class TwoHeads(nn.Module):
    def __init__(self):
        super().__init__()
        self.left = nn.Linear(4, 3)
        self.right = nn.Linear(2, 3)

    def forward(self, a, b):
        both = torch.relu(self.left(a)) + self.right(b)
        return torch.softmax(both, 1), both.sum(1), both > 0


class Sequence(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(3, 5, batch_first=True)
        self.head = nn.Linear(5, 2)

    def forward(self, x):
        steps, _ = self.lstm(x)
        return self.head(steps)


class Mean(nn.Module):
    def forward(self, x):
        return x.mean()


def main():
    folder = Folder(sys.argv[1])
    rows = {0: "batch"}
    network = nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 2), nn.Softmax(1))
    scored(folder, "torch_network", network, {"x": torch.randn(1, 6)}, ["y"], {"x": rows, "y": rows}, {"x": torch.randn(9, 6)})
    scored(folder, "torch_fixed_rows", network, {"x": torch.randn(3, 6)}, ["y"], {}, batches=False)
    convolution = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3))
    image = {0: "batch", 2: "height", 3: "width"}
    scored(folder, "torch_image", convolution, {"image": torch.randn(1, 1, 8, 8)}, ["scores"], {"image": image, "scores": rows},
           {"image": torch.randn(4, 1, 11, 17)})
    both = {"a": torch.randn(2, 4), "b": torch.randn(2, 2)}
    scored(folder, "torch_two_inputs", TwoHeads(), both, ["share", "sum", "positive"],
           {name: rows for name in ("a", "b", "share", "sum", "positive")}, {"a": torch.randn(7, 4), "b": torch.randn(7, 2)})
    steps = {0: "batch", 1: "steps"}
    scored(folder, "torch_steps", Sequence(), {"x": torch.randn(2, 4, 3)}, ["y"], {"x": steps, "y": steps}, {"x": torch.randn(3, 9, 3)})
    words = nn.Sequential(nn.Embedding(10, 4), nn.Flatten(), nn.Linear(12, 1))
    scored(folder, "torch_words", words, {"ids": torch.randint(0, 10, (2, 3))}, ["y"], {"ids": rows, "y": rows},
           {"ids": torch.randint(0, 10, (5, 3))})
    scored(folder, "torch_double", nn.Linear(3, 2).double(), {"x": torch.randn(2, 3).double()}, ["y"], {"x": rows, "y": rows})
    scored(folder, "torch_scalar", Mean(), {"x": torch.randn(2, 3)}, ["y"], {"x": rows}, batches=False)
    print(f"{folder.count} models")


main()
