// The safetensors format: https://huggingface.co/docs/safetensors
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>

#include "model/checkpoint/byte_source.h"
#include "model/checkpoint/raw_tensor.h"

namespace naclip {

/// True for bytes that begin like a safetensors file, be it whole or not.
bool looks_like_safetensors(std::span<const std::uint8_t> bytes);

/// Reads the header and checks that the tensors fill the rest of the file without gap or overlap. A
/// tensor's bytes are read when they are asked for. `metadata`, where it is not null, becomes the texts
/// in the header's __metadata__. Throws Error{kFormat}, and what `file` throws.
RawTensors read_safetensors(const std::shared_ptr<const ByteSource> &file,
                            std::map<std::string, std::string> *metadata = nullptr);

}  // namespace naclip
