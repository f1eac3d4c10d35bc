// Checks of the facade's arguments, and translation of libtorch's exceptions to Error.
#pragma once

#include <string>

#include "model/error.h"
#include "model/machine/device.h"
#include "model/options.h"
#include "model/picture.h"

namespace naclip {

/// Throws Error{kSettings}, saying `message`, unless `condition` holds.
void require(bool condition, const std::string &message);

/// Throws Error{kSettings} for what is out of range; `patch`: side of the model's patches, pixels.
void require_valid(const InferenceOptions &options, std::int64_t patch);
/// The same of an input's short side alone.
void require_input_size(int input_size, std::int64_t patch);

/// Throws Error{kSettings} for a picture without size or planes.
void require_valid(const Picture &picture);

/// Throws Error{kDevice} where the model cannot read the picture's memory: a device's pointers must
/// not be read where there is none to read them. accelerated: the model has a GPU's kernels.
void require_place(const Picture &picture, bool accelerated, const Compute &compute);

/// Throws the exception in flight as Error: kMemory where memory ran out, else kInference; an Error
/// and Interrupted as they are. Call it in a catch block alone.
[[noreturn]] void rethrow_translated(const std::string &doing);

/// Runs `work` and turns what libtorch throws into Error.
template <class Work>
auto translated(const std::string &doing, Work work) -> decltype(work()) {
  try {
    return work();
  } catch (...) {
    rethrow_translated(doing);
  }
}

}  // namespace naclip
