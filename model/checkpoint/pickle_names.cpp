#include "model/checkpoint/pickle_names.h"

#include <string_view>
#include <unordered_map>
#include <unordered_set>

namespace naclip::pickle {
namespace {

template <typename T>
std::optional<T> find(const std::unordered_map<std::string, T> &map, const std::string &name) {
  const auto found = map.find(name);
  if (found == map.end()) return std::nullopt;
  return found->second;
}

bool is_dtype(const std::string &name) {
  static const std::unordered_set<std::string> dtypes{
      "torch.float16", "torch.bfloat16", "torch.float32", "torch.float64", "torch.half",
      "torch.float",   "torch.double",   "torch.int8",    "torch.uint8",   "torch.int16",
      "torch.int32",   "torch.int64",    "torch.long",    "torch.bool",
  };
  return dtypes.contains(name);
}

}  // namespace

bool is_script_class(const std::string &name) {
  return std::string_view(name).starts_with("__torch__.");
}

bool is_known(const std::string &name) {
  return is_script_class(name) || callable(name) || storage_type(name) || is_dtype(name);
}

std::optional<Callable> callable(const std::string &name) {
  static const std::unordered_map<std::string, Callable> callables{
      {"collections.OrderedDict", Callable::kOrderedDict},
      {"torch._utils._rebuild_tensor_v2", Callable::kRebuildTensor},
      {"torch._utils._rebuild_parameter", Callable::kRebuildParameter},
      {"torch.Size", Callable::kFirstArgument},
      {"torch.device", Callable::kDevice},
      {"torch.jit._pickle.build_intlist", Callable::kFirstArgument},
      {"torch.jit._pickle.build_doublelist", Callable::kFirstArgument},
      {"torch.jit._pickle.build_boollist", Callable::kFirstArgument},
      {"torch.jit._pickle.build_tensorlist", Callable::kFirstArgument},
      {"torch.jit._pickle.restore_type_tag", Callable::kFirstArgument},
  };
  return find(callables, name);
}

std::optional<ElementType> storage_type(const std::string &name) {
  static const std::unordered_map<std::string, ElementType> types{
      {"torch.HalfStorage", ElementType::kFloat16},
      {"torch.BFloat16Storage", ElementType::kBfloat16},
      {"torch.FloatStorage", ElementType::kFloat32},
      {"torch.DoubleStorage", ElementType::kFloat64},
      {"torch.CharStorage", ElementType::kInt8},
      {"torch.ByteStorage", ElementType::kUint8},
      {"torch.ShortStorage", ElementType::kInt16},
      {"torch.IntStorage", ElementType::kInt32},
      {"torch.LongStorage", ElementType::kInt64},
      {"torch.BoolStorage", ElementType::kBool},
  };
  return find(types, name);
}

}  // namespace naclip::pickle
