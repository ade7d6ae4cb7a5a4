#pragma once

#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace edgewise::bench {

/// Bytes of one protobuf message, built field by field. libprotobuf promises no order of its own; a benchmark's model keeps its digest.
class ProtoBytes {
 public:
  ProtoBytes& Integer(int field, std::uint64_t value);
  ProtoBytes& Text(int field, std::string_view text);
  ProtoBytes& Inside(int field, const ProtoBytes& message) { return Text(field, message.bytes_); }
  const std::string& bytes() const { return bytes_; }

 private:
  void Varint(std::uint64_t value);
  std::string bytes_;
};

/// A small float32 network: operators in a row, each with weights made by a seed. One input [N, shape...], one output [N, outputs].
/// Lifecycle: add operators in order, then take bytes(). The same calls give the same bytes.
class OnnxGraph {
 public:
  OnnxGraph(std::string_view input, std::vector<std::int64_t> shape);

  void Dense(std::int64_t inputs, std::int64_t outputs);              ///< x * W + b
  void Convolution(std::int64_t inputs, std::int64_t outputs);        ///< 3x3, same size
  void HalveSize();                                                   ///< 2x2 maxima
  void Plain(std::string_view operation) { Add(operation, {}, {}); }  ///< Relu, Flatten, GlobalAveragePool
  std::string bytes(std::string_view output, std::int64_t outputs);   ///< The finished model: Softmax at its end, opset 17.

 private:
  std::string Weights(const std::vector<std::int64_t>& shape, std::int64_t inputs);
  void Add(std::string_view operation, const std::vector<std::string>& weights, const std::vector<ProtoBytes>& attributes);

  std::mt19937 random_{7};  // a fixed sequence by the standard, unlike the library's distributions
  std::string input_, last_;
  std::vector<std::int64_t> shape_;
  int names_ = 0;
  ProtoBytes graph_;
};

}  // namespace edgewise::bench
