// A file of the file system, never mapped: whoever shortens a mapped file makes its readers fault.
#pragma once

#include <memory>
#include <string>

#include "model/checkpoint/byte_source.h"

namespace naclip {

/// A regular file, open for reading. Where it becomes shorter meanwhile, read() throws
/// Error{kRead}.
class RegularFile final : public ByteSource {
 public:
  /// Throws Error{kNotFound} where there is no file, kRead where it is no regular one or may not be
  /// read.
  static std::shared_ptr<const RegularFile> open(const std::string &path);

  std::uint64_t size() const override { return size_; }
  std::shared_ptr<const std::uint8_t> read(std::uint64_t offset,
                                           std::uint64_t count) const override;

  /// For libraries that read by themselves; its position is theirs to change.
  int descriptor() const { return descriptor_; }

  RegularFile(int descriptor, std::uint64_t size) : descriptor_(descriptor), size_(size) {}
  ~RegularFile() override;
  RegularFile(const RegularFile &) = delete;
  RegularFile &operator=(const RegularFile &) = delete;

 private:
  int descriptor_;
  std::uint64_t size_;
};

}  // namespace naclip
