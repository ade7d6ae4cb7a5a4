#!/usr/bin/env python3
"""tritonclient.http against the scorer: what its users do, and what its code demands of a server. Usage: triton_http_test.py EDGEWISE"""
import asyncio
import http.client
import sys

import numpy as np
import tritonclient.http as triton
import tritonclient.http.aio as triton_aio
from tritonclient.utils import InferenceServerException, np_to_triton_dtype

import models
import suite


def tensor(name, array, binary=True):
    datatype = "BF16" if array.dtype.name == "bfloat16" else np_to_triton_dtype(array.dtype)
    return triton.InferInput(name, list(array.shape), datatype).set_data_from_numpy(array, binary_data=binary)


def wanted(*names, binary=True):
    return [triton.InferRequestedOutput(name, binary_data=binary) for name in names]


class Http(suite.Case):
    def setUp(self):
        self.client = triton.InferenceServerClient(self.served.http)
        self.addCleanup(self.client.close)

    def refuses(self, status, said, call, *arguments, **named):
        """The call is refused with this status and a text that names the thing, and the next honest request works."""
        with self.assertRaises(InferenceServerException) as caught:
            call(*arguments, **named)
        self.assertEqual(caught.exception.status(), status, caught.exception.message())
        self.assertIn(said, caught.exception.message())
        rows = models.mlp_rows(1)
        self.close_to(self.client.infer("mlp", [tensor("input", rows)]).as_numpy("output"), models.mlp(rows))


class Health(Http):
    def test_server_is_live_and_ready(self):
        self.assertTrue(self.client.is_server_live())
        self.assertTrue(self.client.is_server_ready())

    def test_loaded_models_are_ready_and_others_are_not(self):
        for name in models.MODELS:
            self.assertTrue(self.client.is_model_ready(name), name)
        self.assertTrue(self.client.is_model_ready("steps", "1"))
        self.assertFalse(self.client.is_model_ready("steps", "3"))
        self.assertFalse(self.client.is_model_ready("broken"))
        self.assertFalse(self.client.is_model_ready("nothing"))

    def test_ready_line_counts_the_models_that_are_served(self):
        self.assertEqual(self.served.models, models.COUNT - 1)  # one is broken

    def test_server_metadata_names_the_extensions(self):
        metadata = self.client.get_server_metadata()
        self.assertEqual(metadata["name"], "edgewise")
        self.assertTrue(metadata["version"])
        self.assertLessEqual({"binary_tensor_data", "model_repository", "model_configuration", "statistics"}, set(metadata["extensions"]))


class Metadata(Http):
    def test_model_metadata_is_the_graphs(self):
        metadata = self.client.get_model_metadata("pair")
        self.assertEqual(metadata["name"], "pair")
        self.assertEqual(metadata["platform"], "onnx_onnxv1")
        self.assertEqual(metadata["versions"], ["1"])
        tensors = [(each["name"], each["datatype"], each["shape"]) for each in metadata["inputs"] + metadata["outputs"]]
        self.assertEqual(tensors, [(name, "FP32", [-1, 4]) for name in ("a", "b", "sum", "difference")])

    def test_every_datatype_is_named(self):
        for datatype in models.DATATYPES:
            metadata = self.client.get_model_metadata(f"identity_{datatype}")
            self.assertEqual(metadata["inputs"], [{"name": "input", "datatype": datatype, "shape": [-1, -1]}])

    def test_model_configuration_fits_the_metadata(self):
        config = self.client.get_model_config("pair")
        self.assertEqual(config["name"], "pair")
        self.assertEqual(config["platform"], "onnxruntime_onnx")
        whole = [-1, 4] if config["max_batch_size"] == 0 else [4]  # with batches, the first axis goes without saying
        self.assertEqual([(each["name"], each["data_type"], each["dims"]) for each in config["input"] + config["output"]],
                         [(name, "TYPE_FP32", whole) for name in ("a", "b", "sum", "difference")])

    def test_text_is_type_string_in_the_configuration(self):
        self.assertEqual(self.client.get_model_config("identity_BYTES")["input"][0]["data_type"], "TYPE_STRING")

    def test_versions_are_listed(self):
        self.assertEqual(sorted(self.client.get_model_metadata("steps")["versions"]), ["1", "2"])


class Infer(Http):
    def test_infer_binary_and_json_in_all_four_combinations(self):
        rows = models.mlp_rows(5)
        for sent in (True, False):
            for returned in (True, False):
                with self.subTest(sent=sent, returned=returned):
                    result = self.client.infer("mlp", [tensor("input", rows, sent)], outputs=wanted("output", binary=returned))
                    self.close_to(result.as_numpy("output"), models.mlp(rows))
                    self.assertEqual("binary_data_size" in result.get_output("output").get("parameters", {}), returned)

    def test_infer_without_outputs_returns_all_of_them(self):
        a, b = np.arange(8, dtype=np.float32).reshape(2, 4), np.ones((2, 4), np.float32)
        result = self.client.infer("pair", [tensor("a", a), tensor("b", b)])
        self.same(result.as_numpy("sum"), a + b)
        self.same(result.as_numpy("difference"), a - b)

    def test_infer_mixes_binary_and_json_and_takes_inputs_in_any_order(self):
        a, b = np.arange(8, dtype=np.float32).reshape(2, 4), np.ones((2, 4), np.float32)
        result = self.client.infer("pair", [tensor("b", b, True), tensor("a", a, False)],
                                   outputs=wanted("difference", binary=False) + wanted("sum", binary=True))
        self.same(result.as_numpy("sum"), a + b)
        self.same(result.as_numpy("difference"), a - b)
        self.assertEqual([each["name"] for each in result.get_response()["outputs"]], ["difference", "sum"])

    def test_infer_returns_only_the_outputs_asked_for(self):
        a = np.ones((1, 4), np.float32)
        result = self.client.infer("pair", [tensor("a", a), tensor("b", a)], outputs=wanted("difference"))
        self.same(result.as_numpy("difference"), a - a)
        self.assertIsNone(result.as_numpy("sum"))

    def test_infer_every_datatype_in_binary(self):
        for datatype in models.DATATYPES:
            with self.subTest(datatype=datatype):
                sent = models.values(datatype)
                result = self.client.infer(f"identity_{datatype}", [tensor("input", sent)])
                self.assertEqual(result.get_output("output")["datatype"], datatype)
                self.same(result.as_numpy("output"), sent)

    def test_infer_every_datatype_in_json(self):
        for datatype in models.DATATYPES:
            if datatype in ("FP16", "BF16"):  # JSON has no form for them
                continue
            with self.subTest(datatype=datatype):
                sent = models.text_values() if datatype == "BYTES" else models.values(datatype)
                result = self.client.infer(f"identity_{datatype}", [tensor("input", sent, False)], outputs=wanted("output", binary=False))
                self.same(result.as_numpy("output"), sent)

    def test_infer_bytes_as_binary_comes_back_as_json(self):
        sent = models.text_values()
        result = self.client.infer("identity_BYTES", [tensor("input", sent)], outputs=wanted("output", binary=False))
        self.same(result.as_numpy("output"), sent)

    def test_infer_returns_the_id_with_model_and_version(self):
        rows = models.mlp_rows(1)
        for request in ("42", 'an "id" of größe \\'):
            result = self.client.infer("mlp", [tensor("input", rows)], request_id=request)
            self.close_to(result.as_numpy("output"), models.mlp(rows))
            self.assertEqual(result.get_response()["id"], request)
        self.assertEqual(result.get_response()["model_name"], "mlp")
        self.assertEqual(result.get_response()["model_version"], "1")
        self.assertNotIn("id", self.client.infer("mlp", [tensor("input", rows)]).get_response())

    def test_infer_by_version(self):
        sent = np.array([[1.5, -2]], np.float32)
        for version in ("1", "2"):
            result = self.client.infer("steps", [tensor("input", sent)], model_version=version)
            self.assertEqual(result.get_response()["model_version"], version)
            self.same(result.as_numpy("output"), sent * np.float32(version))
        self.same(self.client.infer("steps", [tensor("input", sent)]).as_numpy("output"), sent * np.float32(2))  # the newest

    def test_infer_takes_parameters_that_it_does_not_know(self):
        rows = models.mlp_rows(1)
        result = self.client.infer("mlp", [tensor("input", rows)], priority=1, timeout=60_000_000,
                                   parameters={"site": "north", "level": 3, "share": 0.5})
        self.close_to(result.as_numpy("output"), models.mlp(rows))

    def test_infer_asynchronously_on_several_connections(self):
        with triton.InferenceServerClient(self.served.http, concurrency=4) as client:
            sent = [models.mlp_rows(count) for count in range(1, 33)]
            requests = [client.async_infer("mlp", [tensor("input", rows)], request_id=str(len(rows))) for rows in sent]
            for rows, request in zip(sent, requests):
                result = request.get_result(timeout=suite.SECONDS)
                self.assertEqual(result.get_response()["id"], str(len(rows)))
                self.close_to(result.as_numpy("output"), models.mlp(rows))

    def test_infer_megabytes(self):
        sent = np.arange(1 << 20, dtype=np.float32).reshape(256, 4096)
        self.same(self.client.infer("identity_FP32", [tensor("input", sent)]).as_numpy("output"), sent)


class Compressed(Http):
    def test_infer_gzip_and_deflate_both_ways(self):
        small, large = models.mlp_rows(1), np.ones((4096, 20), np.float32)
        for rows in (small, large):
            for sent in (None, "gzip", "deflate"):
                for returned in (None, "gzip", "deflate"):
                    for binary in (True, False):
                        with self.subTest(rows=len(rows), sent=sent, returned=returned, binary=binary):
                            result = self.client.infer("mlp", [tensor("input", rows, binary)], outputs=wanted("output", binary=binary),
                                                       request_compression_algorithm=sent, response_compression_algorithm=returned)
                            self.close_to(result.as_numpy("output"), models.mlp(rows))

    def test_infer_answers_large_ones_in_the_coding_asked_for(self):
        rows = np.ones((4096, 20), np.float32)
        body, length = triton.InferenceServerClient.generate_request_body([tensor("input", rows)])
        for coding in ("gzip", "deflate"):
            connection = http.client.HTTPConnection(self.served.http, timeout=suite.SECONDS)
            connection.request("POST", "/v2/models/mlp/infer", body,
                               {"Inference-Header-Content-Length": str(length), "Accept-Encoding": coding})
            answer = connection.getresponse()
            self.assertEqual((answer.status, answer.headers["Content-Encoding"]), (200, coding))
            content = answer.read()
            self.assertLess(len(content), rows[:, :2].nbytes / 4)
            result = triton.InferenceServerClient.parse_response_body(
                content, header_length=int(answer.headers["Inference-Header-Content-Length"]), content_encoding=coding)
            self.close_to(result.as_numpy("output"), models.mlp(rows))
            connection.close()


class Repository(Http):
    def test_index_lists_every_model_with_its_state_and_the_reason(self):
        index = {(each["name"], each["version"]): each for each in self.client.get_model_repository_index()}
        expected = {(name, "1") for name in models.MODELS} | {("steps", "2"), ("broken", "1")}
        self.assertEqual(set(index), expected)
        self.assertEqual({key for key, each in index.items() if each["state"] == "READY"}, expected - {("broken", "1")})
        self.assertEqual(index["broken", "1"]["state"], "UNAVAILABLE")
        self.assertTrue(index["broken", "1"]["reason"])

    def test_infer_after_a_model_was_unloaded_and_loaded_again(self):
        a = np.ones((1, 4), np.float32)
        self.client.unload_model("pair")
        self.assertFalse(self.client.is_model_ready("pair"))
        self.refuses("503", "pair", self.client.infer, "pair", [tensor("a", a), tensor("b", a)])
        states = {each["name"]: each["state"] for each in self.client.get_model_repository_index()}
        self.assertEqual(states["pair"], "UNAVAILABLE")
        self.client.load_model("pair")
        self.assertTrue(self.client.is_model_ready("pair"))
        self.same(self.client.infer("pair", [tensor("a", a), tensor("b", a)]).as_numpy("sum"), a + a)

    def test_a_model_that_cannot_be_loaded_says_why(self):
        self.refuses("400", "broken", self.client.load_model, "broken")

    def test_loading_what_is_not_there_is_404(self):
        self.refuses("404", "nothing", self.client.load_model, "nothing")
        self.refuses("404", "nothing", self.client.unload_model, "nothing")


class Statistics(Http):
    def read(self, model, version=""):
        [only] = self.client.get_inference_statistics(model, version)["model_stats"]
        return only

    def test_statistics_count_requests_and_rows(self):
        before = self.read("mlp")
        for rows in (1, 2, 3):
            self.client.infer("mlp", [tensor("input", models.mlp_rows(rows))])
        after = self.read("mlp")
        self.assertEqual((after["name"], after["version"]), ("mlp", "1"))
        self.assertEqual(after["inference_count"] - before["inference_count"], 6)
        self.assertGreater(after["execution_count"], before["execution_count"])
        self.assertGreaterEqual(after["last_inference"], before["last_inference"])
        self.assertEqual(after["inference_stats"]["success"]["count"] - before["inference_stats"]["success"]["count"], 3)

    def test_statistics_have_every_field_that_clients_read(self):
        for name in ("success", "fail", "queue", "compute_input", "compute_infer", "compute_output", "cache_hit", "cache_miss"):
            self.assertLessEqual({"count", "ns"}, set(self.read("mlp")["inference_stats"][name]), name)
        self.assertIn("batch_stats", self.read("steps", "1"))

    def test_statistics_of_all_models(self):
        every = self.client.get_inference_statistics()["model_stats"]
        self.assertLessEqual(set(models.MODELS), {each["name"] for each in every})


class Refused(Http):
    def test_unknown_model_and_version_are_404(self):
        rows = tensor("input", models.mlp_rows(1))
        self.refuses("404", "nothing", self.client.infer, "nothing", [rows])
        self.refuses("404", "9", self.client.infer, "mlp", [rows], model_version="9")
        self.refuses("404", "nothing", self.client.get_model_metadata, "nothing")
        self.refuses("404", "nothing", self.client.get_model_config, "nothing")
        self.refuses("404", "nothing", self.client.get_inference_statistics, "nothing")

    def test_a_model_that_was_not_loaded_is_503_with_the_reason(self):
        self.refuses("503", "broken", self.client.infer, "broken", [tensor("input", models.mlp_rows(1))])

    def test_wrong_tensors_are_400_and_named(self):
        infer, row = self.client.infer, models.mlp_rows(1)
        self.refuses("400", "input", infer, "mlp", [tensor("input", row[:, :19])])
        self.refuses("400", "input", infer, "mlp", [tensor("input", row.astype(np.float64))])
        self.refuses("400", "features", infer, "mlp", [tensor("features", row)])
        self.refuses("400", "b", infer, "pair", [tensor("a", np.ones((1, 4), np.float32))])
        self.refuses("400", "input", infer, "mlp", [tensor("input", row), tensor("input", row)])
        self.refuses("400", "probabilities", infer, "mlp", [tensor("input", row)], outputs=wanted("probabilities"))

    def test_half_precision_has_no_json_form(self):
        sent = models.values("FP16")
        self.refuses("400", "FP16", self.client.infer, "identity_FP16", [tensor("input", sent, False)])
        self.refuses("400", "FP16", self.client.infer, "identity_FP16", [tensor("input", sent)], outputs=wanted("output", binary=False))

    def test_bytes_that_are_not_utf8_have_no_json_form(self):
        sent = np.array([[b"\xff"]], np.object_)
        self.refuses("400", "output", self.client.infer, "identity_BYTES", [tensor("input", sent)], outputs=wanted("output", binary=False))

    def test_a_lying_binary_size_is_400(self):
        lie = tensor("input", models.mlp_rows(1))
        lie._parameters["binary_data_size"] = 1 << 40
        self.refuses("400", "input", self.client.infer, "mlp", [lie])

    def test_extensions_that_are_not_offered_are_refused_not_ignored(self):
        rows = tensor("input", models.mlp_rows(1))
        elsewhere = triton.InferRequestedOutput("output")
        elsewhere.set_shared_memory("region", 8)
        for asked in (triton.InferRequestedOutput("output", class_count=2), elsewhere):
            self.refuses("400", "not offered", self.client.infer, "mlp", [rows], outputs=[asked])
        self.refuses("501", "configuration", self.client.load_model, "mlp", config='{"max_batch_size": 1}')

    def test_what_is_not_served_is_refused_in_a_form_that_the_client_reads(self):
        self.refuses("404", "", self.client.get_system_shared_memory_status)
        self.refuses("404", "", self.client.get_trace_settings)


class Asyncio(suite.Case):
    def test_infer_with_the_asyncio_client(self):
        async def walk():
            async with triton_aio.InferenceServerClient(self.served.http) as client:
                self.assertTrue(await client.is_server_ready())
                sent = [models.mlp_rows(count) for count in range(1, 9)]
                results = await asyncio.gather(*(client.infer("mlp", [tensor("input", rows)], request_compression_algorithm="gzip",
                                                              response_compression_algorithm="gzip") for rows in sent))
                for rows, result in zip(sent, results):
                    self.close_to(result.as_numpy("output"), models.mlp(rows))
        asyncio.run(walk())


if __name__ == "__main__":
    sys.exit(suite.main([Health, Metadata, Infer, Compressed, Repository, Statistics, Refused, Asyncio], promised=39))
