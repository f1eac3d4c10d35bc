// The safetensors format: https://huggingface.co/docs/safetensors
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "mapped_file.h"
#include "raw_tensor.h"

namespace naclip {

/// True for bytes that begin like a safetensors file, be it whole or not.
bool looks_like_safetensors(std::span<const std::uint8_t> bytes);

/// Reads the header and checks that the tensors fill the rest of the file without gap or overlap.
/// Tensors share the mapping, nothing is copied. Throws Error{kFormat}.
RawTensors read_safetensors(const std::shared_ptr<const MappedFile> &file);

/// As above, of bytes that the caller keeps alive for as long as `owner` lives.
RawTensors read_safetensors(std::span<const std::uint8_t> bytes,
                            const std::shared_ptr<const void> &owner);

}  // namespace naclip
