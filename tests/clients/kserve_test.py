#!/usr/bin/env python3
"""The kserve SDK's inference clients (REST in protocol v1 and v2, gRPC) against the scorer. Usage: kserve_test.py EDGEWISE

Not in one process with tritonclient.grpc: both register the protocol's messages. The package's own __init__ is passed by, as it imports
kserve's server and its Kubernetes client (requirements.txt says what is installed); the clients themselves are the SDK's, unchanged.
"""
import asyncio
import importlib.util
import logging
import sys
import types

package = types.ModuleType("kserve")
package.__path__ = importlib.util.find_spec("kserve").submodule_search_locations
sys.modules["kserve"] = package
logging.disable()  # the SDK logs each refusal with its stack

import grpc
import httpx
import numpy as np
from kserve.errors import UnsupportedProtocol
from kserve.inference_client import InferenceGRPCClient, InferenceRESTClient, RESTConfig
from kserve.protocol.infer_type import InferInput, InferRequest, RequestedOutput
from kserve.utils.numpy_codec import from_np_dtype

import models
import suite


def request(model, arrays, binary, outputs=None, **more):
    inputs = []
    for name, array in arrays.items():
        each = InferInput(name, list(array.shape), from_np_dtype(array.dtype))
        each.set_data_from_numpy(array, binary_data=binary)
        inputs.append(each)
    return InferRequest(model, inputs, request_outputs=outputs, **more)


def output(response, name):
    return response.get_output_by_name(name).as_numpy()


class Client(suite.Case, suite.unittest.IsolatedAsyncioTestCase):
    pass


class RestV2(Client):
    async def asyncSetUp(self):
        self.url = f"http://{self.served.http}"
        self.client = InferenceRESTClient(RESTConfig(protocol="v2", verify=False))
        self.addAsyncCleanup(self.client.close)

    async def test_server_is_live_and_ready(self):
        self.assertIs(await self.client.is_server_live(self.url), True)
        self.assertIs(await self.client.is_server_ready(self.url), True)

    async def test_loaded_models_are_ready_and_others_are_not(self):
        self.assertTrue(await self.client.is_model_ready(self.url, "mlp"))
        self.assertFalse(await self.client.is_model_ready(self.url, "broken"))
        self.assertFalse(await self.client.is_model_ready(self.url, "nothing"))

    async def test_infer_json_and_binary(self):
        rows = models.mlp_rows(4)
        for binary in (False, True):
            for returned in (False, True):
                with self.subTest(binary=binary, returned=returned):
                    answer = await self.client.infer(self.url, request("mlp", {"input": rows}, binary, request_id="42",
                                                                       parameters={"binary_data_output": returned}), "mlp")
                    self.close_to(output(answer, "output"), models.mlp(rows))
                    self.assertEqual((answer.id, answer.model_name), ("42", "mlp"))

    async def test_infer_returns_the_outputs_asked_for_as_asked_for(self):
        a, b = np.arange(4, dtype=np.float32).reshape(1, 4), np.ones((1, 4), np.float32)
        asked = [RequestedOutput("difference", {"binary_data": True}), RequestedOutput("sum", {"binary_data": False})]
        answer = await self.client.infer(self.url, request("pair", {"a": a, "b": b}, False, asked), "pair")
        self.assertEqual([each.name for each in answer.outputs], ["difference", "sum"])
        self.same(output(answer, "difference"), a - b)
        self.same(output(answer, "sum"), a + b)

    async def test_infer_every_datatype_in_binary(self):
        for datatype in models.DATATYPES:
            if datatype == "BF16":  # the SDK does not know it
                continue
            with self.subTest(datatype=datatype):
                sent = models.text_values() if datatype == "BYTES" else models.values(datatype)
                asked = [RequestedOutput("output", {"binary_data": True})]
                model = f"identity_{datatype}"
                answer = await self.client.infer(self.url, request(model, {"input": sent}, True, asked), model)
                self.same(output(answer, "output"), sent)

    async def test_infer_every_datatype_in_json(self):
        for datatype in models.DATATYPES:
            if datatype in ("BF16", "FP16"):
                continue
            with self.subTest(datatype=datatype):
                sent = models.text_values() if datatype == "BYTES" else models.values(datatype)
                answer = await self.client.infer(self.url, request(f"identity_{datatype}", {"input": sent}, False), f"identity_{datatype}")
                self.same(output(answer, "output"), sent)

    async def test_infer_many_at_once(self):
        sent = [models.mlp_rows(count) for count in range(1, 33)]
        answers = await asyncio.gather(*(self.client.infer(self.url, request("mlp", {"input": rows}, True), "mlp") for rows in sent))
        for rows, answer in zip(sent, answers):
            self.close_to(output(answer, "output"), models.mlp(rows))

    async def test_refusals_come_with_status_and_text(self):
        row = {"input": models.mlp_rows(1)}
        for model, arrays, status in (("nothing", row, 404), ("broken", row, 503), ("mlp", {"features": row["input"]}, 400)):
            with self.assertRaises(httpx.HTTPStatusError) as caught:
                await self.client.infer(self.url, request(model, arrays, False), model)
            self.assertEqual(caught.exception.response.status_code, status)
            said = str(caught.exception).split(", '")[0]  # the SDK reads the text only of an answer of exactly application/json
            self.assertIn("features" if model == "mlp" else model, said)
            self.close_to(output(await self.client.infer(self.url, request("mlp", row, False), "mlp"), "output"), models.mlp(row["input"]))


class RestV1(Client):
    async def asyncSetUp(self):
        self.url = f"http://{self.served.http}"
        self.client = InferenceRESTClient(RESTConfig(protocol="v1", verify=False))
        self.addAsyncCleanup(self.client.close)

    async def test_server_is_live(self):
        self.assertTrue(await self.client.is_server_live(self.url))
        with self.assertRaises(UnsupportedProtocol):  # v1 has no such question
            await self.client.is_server_ready(self.url)

    async def test_loaded_models_are_ready_and_others_are_not(self):
        self.assertTrue(await self.client.is_model_ready(self.url, "mlp"))
        self.assertFalse(await self.client.is_model_ready(self.url, "broken"))
        with self.assertRaises(httpx.HTTPStatusError) as caught:
            await self.client.is_model_ready(self.url, "nothing")
        self.assertEqual(caught.exception.response.status_code, 404)

    async def test_infer_instances(self):
        rows = models.mlp_rows(3)
        answer = await self.client.infer(self.url, {"instances": rows.tolist()}, "mlp")
        self.close_to(np.array(answer["predictions"], np.float32), models.mlp(rows))

    async def test_infer_instances_by_name_of_column(self):
        instances = [{"hour": 17, "carrier": "UA"}, {"carrier": "B6", "hour": 1.5}]
        answer = await self.client.infer(self.url, {"instances": instances}, "columns")
        self.assertEqual(answer["predictions"], [{"twice": [34], "who": ["UA"]}, {"twice": [3], "who": ["B6"]}])

    async def test_refusals_come_with_status_and_text(self):
        for model, rows, status in (("nothing", [[0.0] * 20], 404), ("broken", [[0.0] * 20], 503), ("mlp", [[0.0] * 19], 400)):
            with self.assertRaises(httpx.HTTPStatusError) as caught:
                await self.client.infer(self.url, {"instances": rows}, model)
            self.assertEqual(caught.exception.response.status_code, status)
            self.assertIn(model, str(caught.exception).split(", '")[0])


class Grpc(Client):
    async def asyncSetUp(self):
        self.client = InferenceGRPCClient(self.served.grpc, retries=0)
        self.addAsyncCleanup(self.client.close)

    async def test_server_is_live_and_ready(self):
        self.assertTrue(await self.client.is_server_live())
        self.assertTrue(await self.client.is_server_ready())

    async def test_loaded_models_are_ready_and_others_are_not(self):
        self.assertTrue(await self.client.is_model_ready("mlp"))
        self.assertFalse(await self.client.is_model_ready("broken"))

    async def test_infer_every_datatype_raw_and_typed(self):
        for datatype in models.DATATYPES:
            if datatype == "BF16":  # the SDK does not know it
                continue
            for raw in (True, False):
                if datatype == "FP16" and not raw:  # the protocol has no typed field for it
                    continue
                with self.subTest(datatype=datatype, raw=raw):
                    sent = models.values(datatype) if raw or datatype != "BYTES" else models.text_values()
                    answer = await self.client.infer(request(f"identity_{datatype}", {"input": sent}, raw))
                    got = output(answer, "output")
                    if datatype == "BYTES" and not raw:  # typed or raw: bytes come back
                        sent = np.array([[each.encode() for each in row] for row in sent], np.object_)
                    self.same(got, sent)

    async def test_infer_returns_the_id_and_the_outputs_asked_for(self):
        a, b = np.arange(4, dtype=np.float32).reshape(1, 4), np.ones((1, 4), np.float32)
        answer = await self.client.infer(request("pair", {"a": a, "b": b}, True, [RequestedOutput("difference")], request_id="42"))
        self.assertEqual((answer.id, answer.model_name, answer.model_version), ("42", "pair", "1"))
        self.assertEqual([each.name for each in answer.outputs], ["difference"])
        self.same(output(answer, "difference"), a - b)

    async def test_infer_by_version(self):
        sent = np.array([[1.5, -2]], np.float32)
        for version in ("1", "2"):
            answer = await self.client.infer(request("steps", {"input": sent}, True, model_version=version))
            self.same(output(answer, "output"), sent * np.float32(version))

    async def test_refusals_come_with_status_and_text(self):
        row = {"input": models.mlp_rows(1)}
        for model, arrays, code in (("nothing", row, grpc.StatusCode.NOT_FOUND), ("broken", row, grpc.StatusCode.UNAVAILABLE),
                                    ("mlp", {"features": row["input"]}, grpc.StatusCode.INVALID_ARGUMENT)):
            with self.assertRaises(grpc.RpcError) as caught:
                await self.client.infer(request(model, arrays, True))
            self.assertEqual(caught.exception.code(), code)
            self.assertIn("features" if model == "mlp" else model, caught.exception.details())


if __name__ == "__main__":
    sys.exit(suite.main([RestV2, RestV1, Grpc], promised=19))
