// The tensors of a zip archive that torch.save or torch.jit.save wrote.
#pragma once

#include <memory>
#include <set>
#include <string>

#include "model/checkpoint/raw_tensor.h"
#include "model/checkpoint/regular_file.h"

namespace naclip {

struct TorchArchive {
  bool torch_script = false;  ///< a TorchScript module, else a pickled state dict
  /// The classes of a TorchScript module's attributes "...mlp.gelu", without their packages: in
  /// OpenAI's models and OpenCLIP's the layers of that name are the activations.
  std::set<std::string> activations;
  /// By attribute path or key. A storage is read, and its CRC checked, when it is first asked for.
  RawTensors tensors;
};

/// Reads a state dict, alone or under the key "state_dict", "model_state_dict" or "model" of a training
/// checkpoint, or the parameters and buffers of a TorchScript module. Whatever else the file holds is passed over. Throws Error{kFormat}; nothing in the file is run.
TorchArchive read_torch_archive(const RegularFile &file);

}  // namespace naclip
