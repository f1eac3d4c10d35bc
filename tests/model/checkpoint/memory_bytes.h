// Bytes in memory, where a test has no file.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

#include "model/checkpoint/byte_source.h"

namespace naclip::test {

class MemoryBytes final : public ByteSource {
 public:
  explicit MemoryBytes(std::string bytes)
      : bytes_(std::make_shared<std::string>(std::move(bytes))) {}

  std::uint64_t size() const override { return bytes_->size(); }
  std::shared_ptr<const std::uint8_t> read(std::uint64_t offset,
                                           std::uint64_t count) const override {
    if (offset + count > bytes_->size()) throw std::out_of_range("bytes beyond the end");
    return {bytes_, reinterpret_cast<const std::uint8_t *>(bytes_->data()) + offset};
  }

 private:
  std::shared_ptr<std::string> bytes_;
};

}  // namespace naclip::test
