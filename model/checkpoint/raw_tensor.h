// A tensor as a file describes it: no libtorch here, so that the readers of formats stay free of
// it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace naclip {

/// What the elements of a tensor in a file may be.
enum class ElementType {
  kFloat16,
  kBfloat16,
  kFloat32,
  kFloat64,
  kInt8,
  kUint8,
  kInt16,
  kInt32,
  kInt64,
  kBool,
};

/// Bytes of one element.
std::int64_t element_size(ElementType type);

/// True for the four floating-point types.
bool is_floating(ElementType type);

/// For messages, e.g. "float16".
const char *element_name(ElementType type);

/// Tensors have at most this many dimensions; CLIP's have four.
inline constexpr std::size_t kMaxRank = 8;

/// One tensor in a file. The reader that made it has checked that offset, shape and strides stay
/// inside the storage and that it has no more elements than its storage.
struct RawTensor {
  ElementType type = ElementType::kFloat32;
  std::vector<std::int64_t> shape;    ///< each >= 0, at most kMaxRank
  std::vector<std::int64_t> strides;  ///< elements, as many as `shape`
  std::int64_t offset = 0;            ///< of the first element from the storage's start, elements
  /// Gives the storage's bytes; the pointer keeps them alive. Tensors may share them.
  /// May read the file, so ask only for what is needed. Thread-safe. Throws Error{kFormat | kRead | kMemory}.
  std::function<std::shared_ptr<const std::uint8_t>()> storage;
};

/// By name, in the file's own naming.
using RawTensors = std::map<std::string, RawTensor>;

/// The product of the dimensions, or -1 where one is negative or the product overflows.
std::int64_t element_count(const std::vector<std::int64_t> &shape);

/// For messages, e.g. "[768, 3, 16, 16]".
std::string shape_text(const std::vector<std::int64_t> &shape);

/// A name out of a file, fit for a message: valid UTF-8, no control characters, of bearable length.
std::string printable(std::string_view text);

}  // namespace naclip
