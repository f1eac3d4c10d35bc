// What a pickle holds: plain values that refer to one another.
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
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
  /// In the order written; keys may repeat, the last counts.
  std::vector<std::pair<Ref, Ref>> items;
};
/// A Python name that is known to be harmless, e.g. "torch.HalfStorage".
struct Global {
  std::string name;
};
/// An instance of a class whose code is never looked at: a bag of attributes.
struct Object {
  Ref type;                       ///< its class, a Global
  std::optional<Ref> state = {};  ///< whatever BUILD was given, a Dict as a rule
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

/// A pickle that is not as one should be; read() says at which byte.
class Damage : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Pickles of more values are refused.
inline constexpr std::size_t kMaxValues = 500'000;
/// As are longer Python names and keys of storages, in bytes.
inline constexpr std::size_t kMaxName = 255;

struct Document {
  std::vector<Value> values;
  Ref root = 0;

  /// Throws Damage beyond kMaxValues.
  Ref add(Value value) {
    if (values.size() >= kMaxValues) throw Damage("too many values");
    values.push_back(std::move(value));
    return static_cast<Ref>(values.size() - 1);
  }

  /// The value if it is a T, else null.
  template <typename T>
  const T *get(Ref ref) const {
    return std::get_if<T>(&values[ref]);
  }

  /// The value, which has to be a T: throws Damage("no WHAT") where it is not. Holds until
  /// something is added.
  template <typename T>
  T &as(Ref ref, const char *what) {
    T *value = std::get_if<T>(&values[ref]);
    if (value == nullptr) throw Damage(std::string("no ") + what);
    return *value;
  }
};

}  // namespace naclip::pickle
