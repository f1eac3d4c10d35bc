#include "model/checkpoint/zip_archive.h"

#include <fcntl.h>
#include <unistd.h>
#include <zip.h>

#include <cerrno>
#include <cstdio>

#include "model/base/file_error.h"
#include "model/error.h"

namespace naclip {
namespace {

[[noreturn]] void damaged(const std::string &cause) {
  throw Error(ErrorKind::kFormat, "the archive is damaged or incomplete; fetch the file again",
              cause);
}

using EntryFile = std::unique_ptr<zip_file_t, decltype(&zip_fclose)>;

}  // namespace

ZipArchive::ZipArchive(const RegularFile &file) : budget_(file.size()) {
  zip_error_t error;
  zip_error_init(&error);
  const std::unique_ptr<zip_error_t, decltype(&zip_error_fini)> cleared(&error, zip_error_fini);
  const int own = fcntl(file.descriptor(), F_DUPFD_CLOEXEC, 0);
  FILE *stream = own >= 0 ? fdopen(own, "rb") : nullptr;
  if (stream == nullptr) {
    const int cause = errno;
    if (own >= 0) close(own);
    throw file_error("", cause);
  }
  zip_source_t *source = zip_source_filep_create(stream, 0, -1, &error);
  if (source == nullptr) {
    std::fclose(stream);
    throw Error(ErrorKind::kMemory, "out of memory", zip_error_strerror(&error));
  }
  archive_ = zip_open_from_source(source, ZIP_RDONLY, &error);
  if (archive_ == nullptr) {
    zip_source_free(source);
    damaged(zip_error_strerror(&error));
  }
  const zip_int64_t count = zip_get_num_entries(archive_, 0);
  for (zip_int64_t index = 0; index < count; index++) {
    const char *name = zip_get_name(archive_, static_cast<zip_uint64_t>(index), ZIP_FL_ENC_RAW);
    names_.emplace_back(name != nullptr ? name : "");
  }
}

ZipArchive::~ZipArchive() {
  zip_discard(archive_);
}

bool ZipArchive::has(const std::string &name) const {
  return zip_name_locate(archive_, name.c_str(), ZIP_FL_ENC_RAW) >= 0;
}

ZipEntry ZipArchive::read(const std::string &name) {
  const zip_int64_t index = zip_name_locate(archive_, name.c_str(), ZIP_FL_ENC_RAW);
  zip_stat_t status;
  zip_stat_init(&status);
  if (index < 0 || zip_stat_index(archive_, static_cast<zip_uint64_t>(index), 0, &status) != 0)
    damaged("no entry " + name);
  constexpr zip_uint64_t kNeeded =
      ZIP_STAT_SIZE | ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;
  if ((status.valid & kNeeded) != kNeeded) damaged("no size for entry " + name);
  if (status.comp_method != ZIP_CM_STORE || status.encryption_method != ZIP_EM_NONE)
    throw Error(ErrorKind::kFormat,
                "the archive is compressed or encrypted; save the weights again with torch.save",
                "entry " + name);
  if (status.size > budget_) damaged("entry " + name + " is larger than the file allows");
  budget_ -= status.size;

  const EntryFile entry(zip_fopen_index(archive_, static_cast<zip_uint64_t>(index), 0), zip_fclose);
  if (entry == nullptr) damaged(name + ": " + zip_strerror(archive_));
  const std::shared_ptr<std::uint8_t[]> bytes(new std::uint8_t[status.size + 1]);
  zip_uint64_t done = 0;
  while (done < status.size) {
    const zip_int64_t got = zip_fread(entry.get(), bytes.get() + done, status.size - done);
    if (got <= 0) damaged(name + ": " + zip_file_strerror(entry.get()));
    done += static_cast<zip_uint64_t>(got);
  }
  // libzip compares the CRC when it meets the end, hence one more byte is asked for.
  if (zip_fread(entry.get(), bytes.get() + done, 1) != 0)
    damaged(name + ": " + zip_file_strerror(entry.get()));
  return {std::shared_ptr<const std::uint8_t>(bytes, bytes.get()),
          static_cast<std::int64_t>(status.size)};
}

}  // namespace naclip
