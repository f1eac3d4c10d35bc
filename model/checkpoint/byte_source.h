// Bytes that are read where and when they are asked for.
#pragma once

#include <cstdint>
#include <memory>

namespace naclip {

/// Thread-safe.
class ByteSource {
 public:
  virtual ~ByteSource() = default;

  virtual std::uint64_t size() const = 0;

  /// `count` bytes from `offset` on, which must lie within size(); aligned to 64 bytes where they
  /// were copied. Throws Error{kRead | kMemory}.
  virtual std::shared_ptr<const std::uint8_t> read(std::uint64_t offset,
                                                   std::uint64_t count) const = 0;
};

}  // namespace naclip
