// A whole file as read-only memory.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

typedef struct _GMappedFile GMappedFile;

namespace naclip {

/// A regular file mapped privately for reading; unmapped with the last reference. Whoever shortens
/// the file meanwhile makes readers fault, as with every mapping: replace checkpoints by renaming.
class MappedFile {
 public:
  /// Throws Error{kNotFound} where there is no file, kRead where it is a folder or may not be read.
  static std::shared_ptr<const MappedFile> open(const std::string &path);

  std::span<const std::uint8_t> bytes() const { return bytes_; }

  explicit MappedFile(GMappedFile *file);  ///< takes the reference over
  ~MappedFile();
  MappedFile(const MappedFile &) = delete;
  MappedFile &operator=(const MappedFile &) = delete;

 private:
  GMappedFile *file_;
  std::span<const std::uint8_t> bytes_;
};

}  // namespace naclip
