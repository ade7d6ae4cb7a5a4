// Groups Tensors and Names: bytes in, verdict out.
#include "score/hostile_request_test.h"

namespace edgewise::score::test {
namespace {

Hostile Binary(std::string name, std::string_view type, std::string_view shape, std::string_view size, std::string bytes, int status = 400,
               std::string length = "", std::string target = "") {
  auto json =
      fmt::format(R"({{"inputs":[{{"name":"x","shape":{},"datatype":"{}","parameters":{{"binary_data_size":{}}}}}]}})", shape, type, size);
  if (length.empty()) length = std::to_string(json.size());
  if (target.empty()) target = "/v2/models/table/infer";
  return {std::move(name),
          std::move(json) + std::move(bytes),
          status,
          {{"Inference-Header-Content-Length", std::move(length)}},
          std::move(target)};
}

TEST_F(HostileRequestTest, Tensors) {
  const std::string two_floats(8, '\1');
  std::string axes = "1";
  for (int i = 1; i < 65; ++i) axes += ",1";
  Try({
      {"shape [2^40,2]", Infer("[1099511627776,2]", "[1,2]")},
      {"shape [-1,2]", Infer("[-1,2]", "[1,2]")},
      {"shape [0]", Infer("[0]", "[]")},
      {"shape [0,2]", Infer("[0,2]", "[]")},
      {"shape [2^31,2^31]", Infer("[2147483648,2147483648]", "[1,2]")},
      {"shape [2^63]", Infer("[9223372036854775808]", "[1,2]")},
      {"65 axes", Infer("[" + axes + "]", "[1]"), 400, {}, "/v2/models/free/infer"},
      {"65 axes of a table", Infer("[" + axes + "]", "[1]")},
      {"a million axes", Infer("[1" + Times(1'000'000, ",1") + "]", "[1]")},
      {"product overflows to 0", Infer("[1,4294967296,4294967296]", "[1,2]"), 400, {}, "/v2/models/free/infer"},
      {"product overflows to 2", Infer("[2,9223372036854775809,1]", "[1,2]"), 400, {}, "/v2/models/free/infer"},
      {"product overflows to 4", Infer("[1,4611686018427387905,4]", "[1,2,3,4]"), 400, {}, "/v2/models/free/infer"},
      {"shape of floats", Infer("[1.0,2]", "[1,2]")},
      {"shape of text", Infer(R"(["1","2"])", "[1,2]")},
      {"shape is null", Infer("null", "[1,2]")},
      {"data shorter", Infer("[1,2]", "[1]")},
      {"data longer", Infer("[1,2]", "[1,2,3]")},
      {"data empty", Infer("[1,2]", "[]")},
      {"data is null", Infer("[1,2]", "null")},
      {"null in data", Infer("[1,2]", "[1,null]")},
      {"text in data", Infer("[1,2]", R"([1,"2"])")},
      {"true in data", Infer("[1,2]", "[1,true]")},
      {"object in data", Infer("[1,2]", "[1,{}]")},
      {"three columns, not two", Infer("[1,3]", "[1,2,3]")},
      {"one column, not two", Infer("[2,1]", "[1,2]")},
      {"FP64 for FP32", Infer("[1,2]", "[1,2]", "FP64")},
      {"INT32 for FP32", Infer("[1,2]", "[1,2]", "INT32")},
      {"datatype unknown", Infer("[1,2]", "[1,2]", "FP31")},
      {"datatype of another case", Infer("[1,2]", "[1,2]", "fp32")},
      {"datatype is a number", Inputs(R"({"name":"x","shape":[1,2],"datatype":32,"data":[1,2]})")},
      {"bool 7", Infer("[1,2]", "[true,7]", "BOOL"), 400, {}, "/v2/models/flags/infer"},
      Binary("binary bool 7", "BOOL", "[1,2]", "2", "\1\7", 400, "", "/v2/models/flags/infer"),
      {"fp16 as text", Infer("[1,2]", R"(["1","2"])", "FP16"), 400, {}, "/v2/models/half/infer"},
      {"fp16 as numbers", Infer("[1,2]", "[1,2]", "FP16"), 400, {}, "/v2/models/half/infer"},
      Binary("text longer than the body", "BYTES", "[1,2]", "10",
             std::string("\xff\xff\xff\x7f"
                         "ab\0\0\0\0",
                         10),
             400, "", "/v2/models/text/infer"),
      Binary("text that ends in a length", "BYTES", "[1,2]", "7", std::string("\1\0\0\0a\1\0", 7), 400, "", "/v2/models/text/infer"),
      Binary("text of 2^30 elements", "BYTES", "[536870912,2]", "8", std::string(8, '\0'), 400, "", "/v2/models/text/infer"),
      {"ragged", Infer("[2,2]", "[[1,2],[3]]")},
      {"ragged the other way", Infer("[2,2]", "[[1,2,3],[4]]")},
      {"lists and numbers", Infer("[2,2]", "[[1,2],3,4]")},
      {"numbers and lists", Infer("[2,2]", "[1,2,[3,4]]")},
      {"deeper than its shape", Infer("[2,2]", "[[[1,2],[3,4]]]")},
      Binary("size -1", "FP32", "[1,2]", "-1", two_floats),
      Binary("size over the body", "FP32", "[1,2]", "16", two_floats),
      Binary("size of 8 GB", "FP32", "[1,2]", "8589934592", two_floats),
      Binary("size of 8 GB and a shape to match", "FP32", "[1024,2097152]", "8589934592", two_floats),
      Binary("size 2^64", "FP32", "[1,2]", "18446744073709551616", two_floats),
      Binary("size as text", "FP32", "[1,2]", "\"8\"", two_floats),
      Binary("size below the shape", "FP32", "[1,2]", "4", two_floats),
      Binary("size not whole elements", "FP32", "[1,2]", "7", two_floats),
      Binary("bytes that nobody claims", "FP32", "[1,2]", "8", two_floats + "x"),
      Binary("honest", "FP32", "[1,2]", "8", two_floats, 200),
      Binary("header length -1", "FP32", "[1,2]", "8", two_floats, 400, "-1"),
      Binary("header length +5", "FP32", "[1,2]", "8", two_floats, 400, "+5"),
      Binary("header length over the body", "FP32", "[1,2]", "8", two_floats, 400, "100000"),
      Binary("header length 2^64", "FP32", "[1,2]", "8", two_floats, 400, "18446744073709551616"),
      Binary("header length 0", "FP32", "[1,2]", "8", two_floats, 400, "0"),
      Binary("header length in hex", "FP32", "[1,2]", "8", two_floats, 400, "0x10"),
      {"binary size and no bytes", Inputs(R"({"name":"x","shape":[1,2],"datatype":"FP32","parameters":{"binary_data_size":8}})")},
      {"binary size and data", Inputs(R"({"name":"x","shape":[1,2],"datatype":"FP32","parameters":{"binary_data_size":0},"data":[1,2]})")},
      {"unknown input", Inputs(Tensor("[1,2]", "[1,2]", "FP32", "z"))},
      {"input in another case", Inputs(Tensor("[1,2]", "[1,2]", "FP32", "X"))},
      {"input twice", Inputs(Tensor("[1,2]", "[1,2]") + "," + Tensor("[1,2]", "[1,2]"))},
      {"an input missing", Inputs(Tensor("[1,2]", "[1,2]")), 400, {}, "/v2/models/pair/infer"},
      {"inputs of different rows",
       Inputs(Tensor("[1,2]", "[1,2]") + "," + Tensor("[2,2]", "[1,2,3,4]", "FP32", "y")),
       400,
       {},
       "/v2/models/pair/infer"},
      {"no inputs", R"({"inputs":[]})"},
      {"inputs is an object", R"({"inputs":{}})"},
      {"an input is a number", R"({"inputs":[1]})"},
      {"10k inputs", Inputs(Tensor("[1,2]", "[1,2]") + Times(9'999, "," + Tensor("[1,2]", "[1,2]")))},
      {"10k unknown inputs", Inputs(Tensor("[1,2]", "[1,2]", "FP32", "z") + Times(9'999, "," + Tensor("[1,2]", "[1,2]", "FP32", "z")))},
      {"a batch of 10^6", Infer("[1000000,2]", "[1" + Times(1'999'999, ",1") + "]")},
      {"an output 10k times", Honest(R"("outputs":[{"name":"echo_x"})" + Times(9'999, R"(,{"name":"echo_x"})") + "],")},
      {"unknown output", Honest(R"("outputs":[{"name":"echo"}],)")},
      {"an output without a name", Honest(R"("outputs":[{}],)")},
      {"a key of 1 MB", Honest(R"("parameters":{")" + Times(1u << 20, "k") + R"(":1},)")},
      {"a value of 1 MB", Honest(R"("parameters":{"k":")" + Times(1u << 20, "v") + R"("},)"), 200},
      {"a parameter that is a list", Honest(R"("parameters":{"k":[1]},)")},
      {"a parameter that is null", Honest(R"("parameters":{"k":null},)")},
      {"timeout -1", Honest(R"("parameters":{"timeout":-1},)")},
      {"timeout as text", Honest(R"("parameters":{"timeout":"1"},)")},
      {"binary_data_output 1", Honest(R"("parameters":{"binary_data_output":1},)")},
      {"shared memory",
       Inputs(R"({"name":"x","shape":[1,2],"datatype":"FP32","parameters":{"shared_memory_region":"r","shared_memory_byte_size":8}})")},
      {"id is a number", Honest(R"("id":7,)")},
      {"denormal", Infer("[1,2]", "[1e-45,-1e-45]"), 200},
      {"over a float", Infer("[1,2]", "[1,3.5e38]")},
  });
}

TEST_F(HostileRequestTest, Names) {
  std::vector<Hostile> table;
  for (const std::string& name : {std::string("%2e%2e%2fx"),
                                  std::string(".."),
                                  std::string("."),
                                  std::string("CON"),
                                  std::string(300, 'a'),
                                  std::string("a/b"),
                                  std::string("a%2fb"),
                                  std::string("table%00"),
                                  std::string("%00"),
                                  std::string("%E2%80%AEelbat"),
                                  std::string("%EF%BD%94able"),
                                  std::string("TABLE"),
                                  std::string("table%20"),
                                  std::string("%252e%252e"),
                                  std::string("%c0%ae"),
                                  std::string("..%5c.."),
                                  std::string("table;"),
                                  std::string("table%0d%0aX:%20y"),
                                  std::string("%"),
                                  std::string("%7"),
                                  std::string("%zz"),
                                  std::string("table%")}) {
    table.push_back({"model " + name.substr(0, 40), Honest(), 404, {}, "/v2/models/" + name + "/infer"});
  }
  table.push_back({"a model without a name", Honest(), 404, {}, "/v2/models//infer"});
  table.push_back({"a name that is encoded and right", Honest(), 200, {}, "/v2/models/%74able/infer"});
  for (const auto* version : {"-1", "01", "18446744073709551616", "latest;", "1.0", "+1", "%31%31", "1%00", "", "../1"}) {
    table.push_back({fmt::format("version {}", version), Honest(), 404, {}, fmt::format("/v2/models/table/versions/{}/infer", version)});
  }
  table.push_back({"the right version", Honest(), 200, {}, "/v2/models/table/versions/1/infer"});
  for (const auto* name : {"..%2f..%2fetc", "nothing", "%00"}) {
    table.push_back({fmt::format("load {}", name), "", 404, {}, fmt::format("/v2/repository/models/{}/load", name)});
  }
  Try(table);
}

}  // namespace
}  // namespace edgewise::score::test
