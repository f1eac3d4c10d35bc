// Which Python names a pickle of weights may mention.
#pragma once

#include <optional>
#include <string>

#include "model/checkpoint/raw_tensor.h"

namespace naclip::pickle {

/// What a known name does when a pickle calls it.
enum class Callable {
  kOrderedDict,       ///< () -> dict
  kRebuildTensor,     ///< (storage, offset, shape, strides, ...) -> tensor
  kRebuildParameter,  ///< (tensor, ...) -> that tensor
  kFirstArgument,     ///< (value, ...) -> that value
  kDevice,            ///< (text, ...) -> nothing of use
};

/// True for names that may be mentioned at all.
bool is_known(const std::string &name);

/// True for classes that a TorchScript archive defines in its own code, which is never looked at.
bool is_script_class(const std::string &name);

/// How to call it, where it can be called.
std::optional<Callable> callable(const std::string &name);

/// The element type of a storage class such as "torch.HalfStorage".
std::optional<ElementType> storage_type(const std::string &name);

}  // namespace naclip::pickle
