#include "model/checkpoint/configuration.h"

#include "model/checkpoint/regular_file.h"

namespace naclip {
namespace {

constexpr std::uint64_t kMaxBytes = 1u << 20;  // OpenAI's has 4 kB
constexpr int kMaxNesting = 16;

}  // namespace

JsonText read_configuration(const std::string &path) {
  const auto file = RegularFile::open(path);
  if (file->size() > kMaxBytes) throw JsonDamage("it is too large");
  const auto bytes = file->read(0, file->size());
  return {{reinterpret_cast<const char *>(bytes.get()), file->size()}, kMaxNesting};
}

}  // namespace naclip
