# The gRPC server, a library of its own: rooms without gRPC do not link it.
edgewise_protobuf(inference_proto detail/open_inference.proto detail/health.proto)
edgewise_library(score_grpc
  SRCS grpc_server.cc detail/grpc_answer.cc detail/grpc_core.cc detail/grpc_infer_call.cc detail/grpc_inference.cc detail/grpc_lane.cc
    detail/grpc_models.cc detail/grpc_plain_call.cc detail/grpc_request.cc detail/grpc_service.cc detail/grpc_tensors.cc detail/grpc_values.cc
    detail/side_thread.cc detail/wire.cc detail/compression.cc detail/trace_context.cc
  HDRS grpc_server.h detail/grpc_answer.h detail/grpc_calls.h detail/grpc_core.h detail/grpc_inference.h detail/grpc_lane.h detail/grpc_models.h
    detail/grpc_request.h detail/grpc_service.h detail/grpc_tensors.h detail/side_thread.h detail/wire.h
  DEPS base net_door score_door score_repository inference_proto LIBS fmt::fmt simdjson::simdjson ZLIB::ZLIB)
edgewise_grpc_stubs(inference_stubs inference_proto detail/open_inference.proto detail/health.proto)
edgewise_test(grpc_server_test SRCS grpc_datatypes_test.cc grpc_flood_test.cc grpc_hostile_test.cc grpc_models_test.cc grpc_server_test.cc DEPS score_grpc score_engine inference_stubs LIBS ZLIB::ZLIB LABELS integration)
