// The entries of a zip archive, by libzip.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "model/checkpoint/regular_file.h"

struct zip;

namespace naclip {

/// Bytes that were read from an entry.
struct ZipEntry {
  std::shared_ptr<const std::uint8_t> bytes;
  std::int64_t size = 0;
};

/// A zip archive whose entries are stored, not compressed, as PyTorch writes them. All that is ever
/// read is bounded by the file's own size, so that a small file cannot ask for much memory.
class ZipArchive {
 public:
  /// Throws Error{kFormat} where the file is no whole zip archive.
  explicit ZipArchive(const RegularFile &file);
  ~ZipArchive();
  ZipArchive(const ZipArchive &) = delete;
  ZipArchive &operator=(const ZipArchive &) = delete;

  /// The names of all entries, in the archive's order.
  const std::vector<std::string> &names() const { return names_; }

  bool has(const std::string &name) const;

  /// Reads one entry and checks its CRC. Throws Error{kFormat} where it is missing, compressed,
  /// encrypted or damaged, or where the entries read so far would together exceed the file (they
  /// overlap then).
  ZipEntry read(const std::string &name);

 private:
  zip *archive_ = nullptr;
  std::vector<std::string> names_;
  std::uint64_t budget_ = 0;  // bytes that may still be read
};

}  // namespace naclip
