#include "model/checkpoint/pickle_torch.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "model/checkpoint/pickle.h"

namespace naclip::pickle {
namespace {

using namespace std::string_view_literals;

/// What a known name does when a pickle calls it.
enum class Callable {
  kOrderedDict,       ///< () -> dict
  kRebuildTensor,     ///< (storage, offset, shape, strides, ...) -> tensor
  kRebuildParameter,  ///< (tensor, ...) -> that tensor
  kFirstArgument,     ///< (value, ...) -> that value
  kDevice,            ///< (text, ...) -> nothing of use
};

constexpr std::array kCallables{
    std::pair{"collections.OrderedDict"sv, Callable::kOrderedDict},
    std::pair{"torch._utils._rebuild_tensor_v2"sv, Callable::kRebuildTensor},
    std::pair{"torch._utils._rebuild_parameter"sv, Callable::kRebuildParameter},
    std::pair{"torch.Size"sv, Callable::kFirstArgument},
    std::pair{"torch.device"sv, Callable::kDevice},
    std::pair{"torch.jit._pickle.build_intlist"sv, Callable::kFirstArgument},
    std::pair{"torch.jit._pickle.build_doublelist"sv, Callable::kFirstArgument},
    std::pair{"torch.jit._pickle.build_boollist"sv, Callable::kFirstArgument},
    std::pair{"torch.jit._pickle.build_tensorlist"sv, Callable::kFirstArgument},
    std::pair{"torch.jit._pickle.restore_type_tag"sv, Callable::kFirstArgument},
};

constexpr std::array kStorages{
    std::pair{"torch.HalfStorage"sv, ElementType::kFloat16},
    std::pair{"torch.BFloat16Storage"sv, ElementType::kBfloat16},
    std::pair{"torch.FloatStorage"sv, ElementType::kFloat32},
    std::pair{"torch.DoubleStorage"sv, ElementType::kFloat64},
    std::pair{"torch.CharStorage"sv, ElementType::kInt8},
    std::pair{"torch.ByteStorage"sv, ElementType::kUint8},
    std::pair{"torch.ShortStorage"sv, ElementType::kInt16},
    std::pair{"torch.IntStorage"sv, ElementType::kInt32},
    std::pair{"torch.LongStorage"sv, ElementType::kInt64},
    std::pair{"torch.BoolStorage"sv, ElementType::kBool},
};

constexpr std::array kDtypes{
    "torch.float16"sv, "torch.bfloat16"sv, "torch.float32"sv, "torch.float64"sv, "torch.half"sv,
    "torch.float"sv,   "torch.double"sv,   "torch.int8"sv,    "torch.uint8"sv,   "torch.int16"sv,
    "torch.int32"sv,   "torch.int64"sv,    "torch.long"sv,    "torch.bool"sv,
};

template <typename T, std::size_t kCount>
std::optional<T> find(const std::array<std::pair<std::string_view, T>, kCount> &table,
                      std::string_view name) {
  for (const auto &[known, value] : table)
    if (known == name) return value;
  return std::nullopt;
}

/// A class that a TorchScript archive defines in its own code, which is never looked at.
bool is_script_class(std::string_view name) {
  return name.starts_with("__torch__.");
}

/// A tensor's shape or strides.
std::vector<std::int64_t> integers(Document &document, Ref ref) {
  const std::vector<Ref> &items = document.as<Tuple>(ref, "shape").items;
  if (items.size() > kMaxRank) throw Damage("a tensor of too many dimensions");
  std::vector<std::int64_t> result;
  for (const Ref item : items) {
    result.push_back(document.as<std::int64_t>(item, "integer"));
    if (result.back() < 0) throw Damage("a negative size");
  }
  return result;
}

/// Whether every element of the tensor is one of the `stored`.
bool is_inside(const Tensor &tensor, std::int64_t stored) {
  const std::int64_t count = element_count(tensor.shape);
  if (tensor.offset < 0 || tensor.offset > stored || count < 0 || count > stored ||
      tensor.shape.size() != tensor.strides.size())
    return false;
  if (count == 0) return true;
  std::int64_t last = tensor.offset;  // the furthest element
  for (std::size_t i = 0; i < tensor.shape.size(); i++) {
    std::int64_t reach = 0;
    if (__builtin_mul_overflow(tensor.shape[i] - 1, tensor.strides[i], &reach) ||
        __builtin_add_overflow(last, reach, &last))
      return false;
  }
  return last < stored;
}

Ref rebuild_tensor(Document &document, std::span<const Ref> arguments) {
  if (arguments.size() < 4) throw Damage("a tensor of too few arguments");
  Tensor tensor{arguments[0], document.as<std::int64_t>(arguments[1], "offset"),
                integers(document, arguments[2]), integers(document, arguments[3])};
  if (!is_inside(tensor, document.as<Storage>(tensor.storage, "storage").count))
    throw Damage("a tensor outside its storage");
  return document.add(std::move(tensor));
}

class TorchMeanings : public Meanings {
 public:
  bool knows(const std::string &name) const override {
    return is_script_class(name) || find(kCallables, name) || find(kStorages, name) ||
           std::ranges::find(kDtypes, name) != kDtypes.end();
  }

  Ref call(Document &document, const std::string &name,
           std::span<const Ref> arguments) const override {
    const auto callable = find(kCallables, name);
    if (!callable) throw Damage(name + " is not to be called");
    if (*callable == Callable::kOrderedDict) {
      if (!arguments.empty()) throw Damage("an OrderedDict with arguments");
      return document.add(Dict{});
    }
    if (*callable == Callable::kRebuildTensor) return rebuild_tensor(document, arguments);
    if (*callable == Callable::kDevice) return document.add(None{});
    if (arguments.empty()) throw Damage(name + " without arguments");
    if (*callable == Callable::kRebuildParameter) document.as<Tensor>(arguments[0], "tensor");
    return arguments[0];
  }

  Ref create(Document &document, const std::string &name, Ref type) const override {
    if (!is_script_class(name)) throw Damage("no class of TorchScript");
    return document.add(Object{type});
  }

  /// A persistent id is ("storage", class, key, device, count).
  Ref look_up(Document &document, Ref identifier) const override {
    const std::vector<Ref> &parts = document.as<Tuple>(identifier, "persistent id").items;
    if (parts.size() != 5 || document.as<std::string>(parts[0], "storage") != "storage")
      throw Damage("an unknown persistent id");
    const std::string &name = document.as<Global>(parts[1], "storage class").name;
    const auto type = find(kStorages, name);
    if (!type) throw Damage(name + " is no storage");
    const std::string &key = document.as<std::string>(parts[2], "storage's key");
    const std::int64_t count = document.as<std::int64_t>(parts[4], "storage's size");
    std::int64_t bytes = 0;
    if (key.size() > kMaxName || count < 0 ||
        __builtin_mul_overflow(count, element_size(*type), &bytes))
      throw Damage("an impossible storage");
    return document.add(Storage{*type, key, count});
  }
};

}  // namespace

Document read_torch(std::span<const std::uint8_t> bytes) {
  return read(bytes, TorchMeanings());
}

}  // namespace naclip::pickle
