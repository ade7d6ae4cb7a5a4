// Group JSON: bytes in, verdict out.
#include "score/hostile_request_test.h"

namespace edgewise::score::test {
namespace {

TEST_F(HostileRequestTest, Json) {
  const auto with = [](std::string_view value) { return Infer("[1,2]", fmt::format("[1,{}]", value)); };
  const std::string key_and_colon = R"("a":)";
  Try({
      {"empty", ""},
      {"spaces", "   \n"},
      {"100k brackets", Times(100'000, "[")},
      {"100k brackets in data", Infer("[1,2]", Times(100'000, "["))},
      {"100k nested lists that end", Infer("[1,2]", Times(100'000, "[") + Times(100'000, "]"))},
      {"100k nested lists as an unknown member", Honest(key_and_colon + Times(100'000, "[") + Times(100'000, "]") + ",")},
      {"100k nested objects", Honest(key_and_colon + Times(100'000, R"({"a":)") + "1" + Times(100'000, "}") + ",")},
      {"60 nested lists as an unknown member", Honest(key_and_colon + Times(60, "[") + Times(60, "]") + ","), 200},
      {"inputs twice", Honest(R"("inputs":[],)")},
      {"id twice", Honest(R"("id":"a","id":"b",)")},
      {"parameters twice", Honest(R"("parameters":{},"parameters":{},)")},
      {"outputs twice", Honest(R"("outputs":[{"name":"echo_x"}],"outputs":[{"name":"echo_x"}],)")},
      {"name twice", Inputs(R"({"name":"x","name":"x","shape":[1,2],"datatype":"FP32","data":[1,2]})")},
      {"shape twice", Inputs(R"({"name":"x","shape":[1,2],"shape":[1,2],"datatype":"FP32","data":[1,2]})")},
      {"datatype twice", Inputs(R"({"name":"x","shape":[1,2],"datatype":"FP32","datatype":"FP32","data":[1,2]})")},
      {"data twice", Inputs(R"({"name":"x","shape":[1,2],"datatype":"FP32","data":[1,2],"data":[1,2]})")},
      {"data twice, early", Inputs(R"({"data":[1,2],"data":[1,2],"name":"x","shape":[1,2],"datatype":"FP32"})")},
      {"a parameter twice", Honest(R"("parameters":{"timeout":1000000,"timeout":1000000},)")},
      {"1e400", with("1e400")},
      {"-1e400", with("-1e400")},
      {"-0", with("-0"), 200},
      {"1e-400", with("1e-400"), 200},
      {"NaN", with("NaN")},
      {"Infinity", with("Infinity")},
      {"-Infinity", with("-Infinity")},
      {"2^64 into int64", Infer("[1,2]", "[1,18446744073709551616]", "INT64"), 400, {}, "/v2/models/whole/infer"},
      {"2^63 into int64", Infer("[1,2]", "[1,9223372036854775808]", "INT64"), 400, {}, "/v2/models/whole/infer"},
      {"a million digits", with(Times(1'000'000, "7"))},
      {"a million digits behind the point", with("0." + Times(1'000'000, "7")), 200},
      {"lone surrogate", Honest(R"("id":"\ud800",)")},
      {"lone low surrogate", Honest(R"("id":"\udc00",)")},
      {"half a surrogate pair", Honest(R"("id":"\ud800\u0041",)")},
      {"invalid UTF-8", Honest("\"id\":\"\xff\","), 400},
      {"overlong UTF-8", Honest("\"id\":\"\xc0\xaf\",")},
      {"surrogate as UTF-8", Honest("\"id\":\"\xed\xa0\x80\",")},
      {"byte order mark", "\xEF\xBB\xBF" + Honest()},
      {"UTF-16", std::string("\xff\xfe{\0}\0", 6)},
      {"trailing garbage", Honest() + "x"},
      {"trailing bracket", Honest() + "]"},
      {"two documents", Honest() + Honest()},
      {"two documents, a line each", Honest() + "\n" + Honest()},
      {"NUL behind", Honest() + std::string(1, '\0')},
      {"comment", Honest() + "/* */"},
      {"comment inside", Honest("/* */")},
      {"trailing comma", Infer("[1,2]", "[1,2,]")},
      {"trailing comma in object", Honest(R"("parameters":{"a":1,},)")},
      {"single quotes", R"({'inputs':[]})"},
      {"control character in text", Honest("\"id\":\"a\nb\",")},
      {"bad escape", Honest(R"("id":"\x41",)")},
      {"hash-collision keys, 20k", Honest([] {
         std::string keys;
         for (int i = 0; i < 20'000; ++i) keys += fmt::format("\"k{}\":{},", i, i);
         return keys;
       }()),
       200},
      {"broken unknown member", Honest(R"("a":[1 2],)")},
      {"broken number in an unknown member", Honest(R"("a":01,)")},
      {"literal in an unknown member", Honest(R"("a":nul,)")},
      {"text for an object", R"("inputs")"},
      {"null", "null"},
      {"a list", "[]"},
      {"truncated", Honest().substr(0, 40)},
  });
}

}  // namespace
}  // namespace edgewise::score::test
