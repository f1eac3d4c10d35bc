// What the shapes in a checkpoint say about the network, and whether they agree with one another.
#pragma once

#include <string>
#include <vector>

#include "model/checkpoint/checkpoint_names.h"
#include "model/checkpoint/network_sizes.h"
#include "model/checkpoint/raw_tensor.h"

namespace naclip {

/// The network's sizes out of the shapes of the few tensors that fix them. Throws Error{kModel}
/// naming the tensor where one of those is missing or impossible, or where the network is no vision
/// transformer.
NetworkSizes derive_sizes(const RawTensors &tensors, Naming naming);

/// One tensor that the network needs.
struct ExpectedTensor {
  std::string name;                 ///< OpenAI's
  std::vector<std::int64_t> shape;  ///< in OpenAI's orientation
  std::string reason;  ///< where the shape follows from, e.g. "visual.conv1.weight says width 768"
};

/// All tensors of a network of these sizes.
std::vector<ExpectedTensor> expected_tensors(const NetworkSizes &sizes, Naming naming);

/// Checks that each expected tensor is there in its shape and in a floating-point type, and that no
/// other is. Throws Error{kModel} naming the tensor as the file does.
void check_tensors(const RawTensors &tensors, Naming naming,
                   const std::vector<ExpectedTensor> &expected);

}  // namespace naclip
