// Pickles of weights: what PyTorch's names mean in them.
#pragma once

#include <cstdint>
#include <span>

#include "model/checkpoint/pickle_document.h"

namespace naclip::pickle {

/// Reads one pickle as torch.save and torch.jit.save write it. Known names are
/// collections.OrderedDict, PyTorch's storages, dtypes, rebuilders of tensors, and TorchScript's
/// own classes. Errors are those of read().
Document read_torch(std::span<const std::uint8_t> bytes);

}  // namespace naclip::pickle
