// Finds out what a checkpoint file is and reads it. Internal to libnaclip.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <unordered_map>

#include "model/checkpoint/activation_in_use.h"
#include "model/checkpoint/network_sizes.h"
#include "model/options.h"

namespace naclip {

/// A checked checkpoint, whatever its file's layout.
struct Checkpoint {
  std::string layout;  ///< for people, e.g. "OpenAI TorchScript archive"
  NetworkSizes sizes;
  ActivationInUse activation;
  /// By OpenAI's names and in OpenAI's orientation, on the CPU, in the file's own floating-point
  /// dtypes (they may differ from tensor to tensor). Every tensor that the network needs is there,
  /// has the shape that `sizes` says and is finite; `logit_scale` only where the file has it.
  /// Tensors may share memory: never write to them in place. Where a
  /// configuration beside the file says that pictures were normalised by other numbers than OpenAI's,
  /// `visual.conv1.weight` and `visual.positional_embedding` are float32 and take pictures that are
  /// normalised by OpenAI's.
  std::unordered_map<std::string, at::Tensor> tensors;
  std::int64_t parameters = 0;  ///< elements of all tensors

  /// The tensor of that name; throws Error{kModel} where there is none.
  const at::Tensor &at(const std::string &name) const;

  /// The same with those tensors alone whose names begin so, which are no longer here: whoever takes a network's weights
  /// piece by piece needs their memory once.
  Checkpoint take(const std::string &prefix);
};

/// Reads OpenAI's TorchScript archives, pickled state dicts (torch.save; OpenCLIP's training
/// checkpoints among them) and safetensors with OpenAI's, OpenCLIP's or Hugging Face's names, and
/// shards of these by their index. The layout is told from the content alone. Nothing in the file is
/// run. `activation`: see activation_in_use(); by what pictures are normalised:
/// configured_statistics(). Throws Error{kNotFound |
/// kRead} where the file cannot be opened, kFormat where it is none of these or damaged, kModel
/// where a tensor is missing, unknown, misshapen or not finite.
Checkpoint read_checkpoint(const std::string &path, Activation activation = Activation::kAuto);

}  // namespace naclip
