"""Asks for two scores with binary tensors over HTTP. Usage: tensors.py 127.0.0.1:8000"""
import sys

import numpy
import tritonclient.http as client

# carrier (its place in the model's vocabulary: UA is 4, AA is 0), hour, distance; NaN where a value is missing
rows = numpy.array([[4, 17, 1400], [0, 6, numpy.nan]], numpy.float32)
features = client.InferInput("features", rows.shape, "FP32").set_data_from_numpy(rows)
with client.InferenceServerClient(sys.argv[1]) as server:
    answer = server.infer("delay", [features], model_version="stable")
print(answer.as_numpy("probabilities")[:, 1])
