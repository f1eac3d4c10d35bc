// What a checkpoint file is and which tensors it holds. No libtorch here, so that a program that
// only describes files does without it.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "model/checkpoint/checkpoint_names.h"
#include "model/checkpoint/checkpoint_shapes.h"
#include "model/checkpoint/network_sizes.h"
#include "model/checkpoint/raw_tensor.h"
#include "model/checkpoint/tensor_file.h"
#include "model/error.h"

namespace naclip {

/// A checkpoint whose tensors' names, shapes and types were checked, and whose weights are still to
/// be read.
struct CheckpointFile {
  std::string layout;  ///< for people, e.g. "OpenAI TorchScript archive"
  TensorFormat format = TensorFormat::kSafetensors;
  std::uint64_t bytes = 0;            ///< of the file, or of all shards
  std::set<std::string> activations;  ///< that it names itself, see TensorFile
  Naming naming = Naming::kOpenAi;
  NetworkSizes sizes;
  RawTensors tensors;                    ///< all that the file holds, by its own names
  std::vector<ExpectedTensor> expected;  ///< those that the network needs, each of them there
  bool has_logit_scale = false;          ///< the one tensor beside them that is a parameter too

  /// By the file's own names: the tensors that the network's parameters are read from.
  std::vector<const RawTensor *> parameter_tensors() const;
};

/// Opens a file of any layout that read_checkpoint() reads, by its content alone, or the index of
/// shards with these, and reads no weights. Throws Error{kNotFound | kRead | kFormat | kModel} as that does.
CheckpointFile open_checkpoint(const std::string &path);

/// An error of a file's reader, with the file's name in front.
Error unusable_model(const std::string &path, const Error &error);

}  // namespace naclip
