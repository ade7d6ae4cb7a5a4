#!/usr/bin/env python3
"""tritonclient.grpc against the scorer: what its users do, and what its code demands of a server. Usage: triton_grpc_test.py EDGEWISE"""
import queue
import sys

import grpc
import numpy as np
import tritonclient.grpc as triton
from tritonclient.utils import InferenceServerException, np_to_triton_dtype

import models
import suite


def tensor(name, array):
    return triton.InferInput(name, list(array.shape), np_to_triton_dtype(array.dtype)).set_data_from_numpy(array)


class Grpc(suite.Case):
    def setUp(self):
        self.client = triton.InferenceServerClient(self.served.grpc)
        self.addCleanup(self.client.close)

    def refuses(self, status, said, call, *arguments, **named):
        """The call is refused with this status and a text that names the thing, and the next honest request works."""
        with self.assertRaises(InferenceServerException) as caught:
            call(*arguments, **named)
        self.assertEqual(caught.exception.status(), f"StatusCode.{status}", caught.exception.message())
        self.assertIn(said, caught.exception.message())
        rows = models.mlp_rows(1)
        self.close_to(self.client.infer("mlp", [tensor("input", rows)]).as_numpy("output"), models.mlp(rows))


class Health(Grpc):
    def test_server_is_live_and_ready(self):
        self.assertTrue(self.client.is_server_live())
        self.assertTrue(self.client.is_server_ready())

    def test_loaded_models_are_ready_and_others_are_not(self):
        for name in models.MODELS:
            self.assertTrue(self.client.is_model_ready(name), name)
        self.assertTrue(self.client.is_model_ready("steps", "1"))
        self.assertFalse(self.client.is_model_ready("broken"))

    def test_standard_health_service_answers(self):
        with grpc.insecure_channel(self.served.grpc) as channel:
            check = channel.unary_unary("/grpc.health.v1.Health/Check")
            self.assertEqual(check(b"", timeout=suite.SECONDS), b"\x08\x01")  # status = SERVING
            with self.assertRaises(grpc.RpcError) as caught:
                check(b"\x0a\x07nothing", timeout=suite.SECONDS)
            self.assertEqual(caught.exception.code(), grpc.StatusCode.NOT_FOUND)


class Metadata(Grpc):
    def test_server_metadata_names_the_extensions(self):
        metadata = self.client.get_server_metadata()
        self.assertEqual(metadata.name, "edgewise")
        self.assertLessEqual({"model_repository", "model_configuration", "statistics"}, set(metadata.extensions))

    def test_model_metadata_is_the_graphs(self):
        metadata = self.client.get_model_metadata("pair")
        self.assertEqual((metadata.name, metadata.platform, list(metadata.versions)), ("pair", "onnx_onnxv1", ["1"]))
        tensors = [(each.name, each.datatype, list(each.shape)) for each in [*metadata.inputs, *metadata.outputs]]
        self.assertEqual(tensors, [(name, "FP32", [-1, 4]) for name in ("a", "b", "sum", "difference")])

    def test_model_configuration_fits_the_metadata(self):
        config = self.client.get_model_config("pair").config
        self.assertEqual(config.name, "pair")
        whole = [-1, 4] if config.max_batch_size == 0 else [4]  # with batches, the first axis goes without saying
        kind = triton.model_config_pb2.DataType.Value("TYPE_FP32")
        self.assertEqual([(each.name, each.data_type, list(each.dims)) for each in [*config.input, *config.output]],
                         [(name, kind, whole) for name in ("a", "b", "sum", "difference")])


class Infer(Grpc):
    def test_infer_every_datatype(self):
        for datatype in models.DATATYPES:
            with self.subTest(datatype=datatype):
                sent = models.values(datatype)
                result = self.client.infer(f"identity_{datatype}", [tensor("input", sent)])
                self.assertEqual(result.get_output("output").datatype, datatype)
                self.same(result.as_numpy("output"), sent)

    def test_infer_returns_the_id_with_model_and_version(self):
        rows = models.mlp_rows(3)
        result = self.client.infer("mlp", [tensor("input", rows)], request_id="größe 42")
        self.close_to(result.as_numpy("output"), models.mlp(rows))
        answer = result.get_response()
        self.assertEqual((answer.id, answer.model_name, answer.model_version), ("größe 42", "mlp", "1"))

    def test_infer_several_inputs_and_outputs_in_any_order(self):
        a, b = np.arange(8, dtype=np.float32).reshape(2, 4), np.ones((2, 4), np.float32)
        result = self.client.infer("pair", [tensor("b", b), tensor("a", a)])
        self.same(result.as_numpy("sum"), a + b)
        self.same(result.as_numpy("difference"), a - b)
        asked = [triton.InferRequestedOutput("difference"), triton.InferRequestedOutput("sum")]
        result = self.client.infer("pair", [tensor("a", a), tensor("b", b)], outputs=asked)
        self.assertEqual([each.name for each in result.get_response().outputs], ["difference", "sum"])
        self.same(result.as_numpy("difference"), a - b)
        result = self.client.infer("pair", [tensor("a", a), tensor("b", b)], outputs=asked[:1])
        self.assertIsNone(result.as_numpy("sum"))

    def test_infer_by_version(self):
        sent = np.array([[1.5, -2]], np.float32)
        for version in ("1", "2"):
            result = self.client.infer("steps", [tensor("input", sent)], model_version=version)
            self.assertEqual(result.get_response().model_version, version)
            self.same(result.as_numpy("output"), sent * np.float32(version))
        self.same(self.client.infer("steps", [tensor("input", sent)]).as_numpy("output"), sent * np.float32(2))  # the newest

    def test_infer_with_gzip_and_deflate(self):
        rows = np.ones((4096, 20), np.float32)
        for coding in (None, "gzip", "deflate"):
            result = self.client.infer("mlp", [tensor("input", rows)], compression_algorithm=coding)
            self.close_to(result.as_numpy("output"), models.mlp(rows))

    def test_infer_more_than_four_megabytes(self):
        sent = np.arange(2 << 20, dtype=np.float32).reshape(512, 4096)
        self.same(self.client.infer("identity_FP32", [tensor("input", sent)]).as_numpy("output"), sent)

    def test_infer_takes_parameters_that_it_does_not_know(self):
        rows = models.mlp_rows(1)
        result = self.client.infer("mlp", [tensor("input", rows)], priority=1, timeout=60_000_000,
                                   parameters={"site": "north", "level": 3, "share": 0.5, "dry": True}, headers={"x-site": "north"})
        self.close_to(result.as_numpy("output"), models.mlp(rows))

    def test_infer_asynchronously(self):
        answers = queue.Queue()
        keep = lambda result, error: answers.put((result, error))
        for count in range(1, 33):
            self.client.async_infer("mlp", [tensor("input", models.mlp_rows(count))], callback=keep, request_id=str(count))
        seen = set()
        for _ in range(32):
            result, error = answers.get(timeout=suite.SECONDS)
            self.assertIsNone(error)
            count = int(result.get_response().id)
            self.close_to(result.as_numpy("output"), models.mlp(models.mlp_rows(count)))
            seen.add(count)
        self.assertEqual(seen, set(range(1, 33)))

    def test_infer_after_calls_that_were_given_up(self):
        rows = models.mlp_rows(256)
        for _ in range(50):  # of a model whose requests no case counts
            self.client.async_infer("identity_FP32", [tensor("input", rows)], callback=lambda result, error: None).cancel()
        self.same(self.client.infer("identity_FP32", [tensor("input", rows)]).as_numpy("output"), rows)

    def test_infer_by_stream_answers_in_order_and_outlives_a_refusal(self):
        answers = queue.Queue()
        self.client.start_stream(callback=lambda result, error: answers.put((result, error)))
        for count in range(1, 9):
            self.client.async_stream_infer("mlp", [tensor("input", models.mlp_rows(count))], request_id=str(count))
        for count in range(1, 9):
            result, error = answers.get(timeout=suite.SECONDS)
            self.assertIsNone(error)
            self.assertEqual(result.get_response().id, str(count))
            self.close_to(result.as_numpy("output"), models.mlp(models.mlp_rows(count)))
        self.client.async_stream_infer("nothing", [tensor("input", models.mlp_rows(1))])
        result, error = answers.get(timeout=suite.SECONDS)
        self.assertIn("nothing", error.message())
        self.client.async_stream_infer("mlp", [tensor("input", models.mlp_rows(2))])
        result, error = answers.get(timeout=suite.SECONDS)
        self.assertIsNone(error)
        self.client.stop_stream()


class Repository(Grpc):
    def test_index_lists_every_model_with_its_state_and_the_reason(self):
        index = {(each.name, each.version): each for each in self.client.get_model_repository_index().models}
        expected = {(name, "1") for name in models.MODELS} | {("steps", "2"), ("broken", "1")}
        self.assertEqual(set(index), expected)
        self.assertEqual({key for key, each in index.items() if each.state == "READY"}, expected - {("broken", "1")})
        self.assertTrue(index["broken", "1"].reason)

    def test_infer_after_a_model_was_unloaded_and_loaded_again(self):
        a = np.ones((1, 4), np.float32)
        self.client.unload_model("pair")
        self.assertFalse(self.client.is_model_ready("pair"))
        self.refuses("UNAVAILABLE", "pair", self.client.infer, "pair", [tensor("a", a), tensor("b", a)])
        self.client.load_model("pair")
        self.assertTrue(self.client.is_model_ready("pair"))
        self.same(self.client.infer("pair", [tensor("a", a), tensor("b", a)]).as_numpy("sum"), a + a)

    def test_a_model_that_cannot_be_loaded_says_why(self):
        self.refuses("INVALID_ARGUMENT", "broken", self.client.load_model, "broken")
        self.refuses("NOT_FOUND", "nothing", self.client.load_model, "nothing")
        self.refuses("NOT_FOUND", "nothing", self.client.unload_model, "nothing")


class Statistics(Grpc):
    def test_statistics_count_requests_and_rows(self):
        read = lambda: self.client.get_inference_statistics("mlp").model_stats[0]
        before = read()
        for rows in (1, 2, 3):
            self.client.infer("mlp", [tensor("input", models.mlp_rows(rows))])
        after = read()
        self.assertEqual((after.name, after.version), ("mlp", "1"))
        self.assertEqual(after.inference_count - before.inference_count, 6)
        self.assertEqual(after.inference_stats.success.count - before.inference_stats.success.count, 3)
        self.assertGreater(after.inference_stats.success.ns, before.inference_stats.success.ns)

    def test_statistics_of_all_models(self):
        every = self.client.get_inference_statistics().model_stats
        self.assertLessEqual(set(models.MODELS), {each.name for each in every})


class Refused(Grpc):
    def test_unknown_model_and_version_are_not_found(self):
        rows = tensor("input", models.mlp_rows(1))
        self.refuses("NOT_FOUND", "nothing", self.client.infer, "nothing", [rows])
        self.refuses("NOT_FOUND", "9", self.client.infer, "mlp", [rows], model_version="9")
        self.refuses("NOT_FOUND", "nothing", self.client.get_model_metadata, "nothing")
        self.refuses("NOT_FOUND", "nothing", self.client.get_model_config, "nothing")
        self.refuses("NOT_FOUND", "nothing", self.client.get_inference_statistics, "nothing")

    def test_a_model_that_was_not_loaded_is_unavailable_with_the_reason(self):
        self.refuses("UNAVAILABLE", "broken", self.client.infer, "broken", [tensor("input", models.mlp_rows(1))])

    def test_wrong_tensors_are_invalid_and_named(self):
        infer, row = self.client.infer, models.mlp_rows(1)
        self.refuses("INVALID_ARGUMENT", "input", infer, "mlp", [tensor("input", row[:, :19])])
        self.refuses("INVALID_ARGUMENT", "input", infer, "mlp", [tensor("input", row.astype(np.float64))])
        self.refuses("INVALID_ARGUMENT", "features", infer, "mlp", [tensor("features", row)])
        self.refuses("INVALID_ARGUMENT", "b", infer, "pair", [tensor("a", np.ones((1, 4), np.float32))])
        self.refuses("INVALID_ARGUMENT", "probabilities", infer, "mlp", [tensor("input", row)],
                     outputs=[triton.InferRequestedOutput("probabilities")])

    def test_raw_bytes_that_do_not_fit_the_shape_are_invalid(self):
        lie = tensor("input", models.mlp_rows(1))
        lie._raw_content = lie._raw_content[:-1]
        self.refuses("INVALID_ARGUMENT", "input", self.client.infer, "mlp", [lie])

    def test_extensions_that_are_not_offered_are_refused_not_ignored(self):
        rows = tensor("input", models.mlp_rows(1))
        elsewhere = triton.InferRequestedOutput("output")
        elsewhere.set_shared_memory("region", 8)
        for asked in (triton.InferRequestedOutput("output", class_count=2), elsewhere):
            self.refuses("INVALID_ARGUMENT", "not offered", self.client.infer, "mlp", [rows], outputs=[asked])
        self.refuses("UNIMPLEMENTED", "config", self.client.load_model, "mlp", config='{"max_batch_size": 1}')

    def test_what_is_not_served_is_unimplemented(self):
        self.refuses("UNIMPLEMENTED", "", self.client.get_system_shared_memory_status)
        self.refuses("UNIMPLEMENTED", "", self.client.get_trace_settings)


if __name__ == "__main__":
    sys.exit(suite.main([Health, Metadata, Infer, Repository, Statistics, Refused], promised=27))
