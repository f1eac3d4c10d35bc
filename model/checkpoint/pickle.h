// A pickle reader that only ever builds plain values: nothing in the file is imported or run.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "model/checkpoint/raw_tensor.h"

namespace naclip::pickle {

/// Index into Document::values. Values refer to one another by index and not by pointer, so that
/// cycles leak nothing and deep nesting needs no recursion to clean up.
using Ref = std::uint32_t;

struct None {};
struct List {
  std::vector<Ref> items;
};
struct Tuple {
  std::vector<Ref> items;
};
struct Dict {
  std::vector<std::pair<Ref, Ref>>
      items;  ///< in the order written; keys may repeat, the last counts
};
/// A Python name that is known to be harmless, e.g. "torch.HalfStorage".
struct Global {
  std::string name;
};
/// An instance of one of TorchScript's `__torch__` classes: a bag of attributes.
struct Object {
  std::optional<Ref> state;  ///< whatever BUILD was given, a Dict as a rule
};
/// The place of a tensor's bytes, kept in an archive entry of its own.
struct Storage {
  ElementType type;
  std::string key;
  std::int64_t count;  ///< elements
};
struct Tensor {
  Ref storage;  ///< a Storage; shape, strides and offset stay inside it
  std::int64_t offset;
  std::vector<std::int64_t> shape;
  std::vector<std::int64_t> strides;
};

using Value = std::variant<None, bool, std::int64_t, double, std::string, List, Tuple, Dict, Global,
                           Object, Storage, Tensor>;

struct Document {
  std::vector<Value> values;
  Ref root = 0;

  /// The value if it is a T, else null.
  template <typename T>
  const T *get(Ref ref) const {
    return std::get_if<T>(&values[ref]);
  }
};

/// Larger pickles are refused; that of a CLIP with its optimiser has some 300 kB.
inline constexpr std::size_t kMaxBytes = 16u << 20;
/// As are pickles of more values.
inline constexpr std::size_t kMaxValues = 500'000;

/// Reads one pickle as torch.save and torch.jit.save write it (protocol 2; of the later protocols
/// what torch.save(pickle_protocol=4) needs). Known names are collections.OrderedDict, PyTorch's
/// storages, dtypes, rebuilders of tensors, and TorchScript's own classes. Throws Error{kFormat}
/// where the file asks for any other name, naming it, and where the pickle is damaged or beyond the
/// limits.
Document read(std::span<const std::uint8_t> bytes);

}  // namespace naclip::pickle
