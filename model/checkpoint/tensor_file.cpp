#include "model/checkpoint/tensor_file.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <span>
#include <string_view>

#include "model/checkpoint/pickle_torch.h"
#include "model/checkpoint/safetensors.h"
#include "model/checkpoint/torch_archive.h"
#include "model/error.h"

namespace naclip {
namespace {

[[noreturn]] void refuse_format(const std::string &message) {
  throw Error(ErrorKind::kFormat, message);
}

bool starts_with(std::span<const std::uint8_t> bytes, std::string_view beginning) {
  return bytes.size() >= beginning.size() &&
         std::memcmp(bytes.data(), beginning.data(), beginning.size()) == 0;
}

TensorFile read_zip(const RegularFile &file) {
  TorchArchive archive = read_torch_archive(file);
  return {archive.torch_script ? TensorFormat::kTorchScript : TensorFormat::kPickle,
          std::move(archive.tensors), std::move(archive.activations)};
}

TensorFile read_safetensors_file(const std::shared_ptr<const RegularFile> &file) {
  std::map<std::string, std::string> metadata;
  TensorFile result{TensorFormat::kSafetensors, read_safetensors(file, &metadata), {}};
  if (const auto named = metadata.find("activation"); named != metadata.end())
    result.activations.insert(named->second);
  return result;
}

/// Files that begin like a pickle: PyTorch's format before 1.6, or something else altogether.
[[noreturn]] void refuse_bare_pickle(const RegularFile &file) {
  constexpr std::uint64_t kMostRead = 16u << 20;
  const std::uint64_t size = std::min(file.size(), kMostRead);
  const auto memory = file.read(0, size);
  const std::span bytes(memory.get(), size);
  // PyTorch's magic number, pickled.
  constexpr std::string_view kLegacy = "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.";
  if (starts_with(bytes, kLegacy))
    refuse_format(
        "it was written in PyTorch's old format, which is no longer read; load it with a current "
        "PyTorch "
        "and save it again with torch.save");
  pickle::read_torch(bytes);  // names what a hostile one asks for
  refuse_format(
      "it is a pickle without weights; give a checkpoint that torch.save wrote, or safetensors");
}

[[noreturn]] void refuse_unknown(std::span<const std::uint8_t> bytes) {
  if (bytes.empty()) refuse_format("the file is empty; fetch it again");
  if (starts_with(bytes, "version https://git-lfs"))
    refuse_format("it is only a pointer of Git LFS; fetch the file itself with `git lfs pull`");
  if (starts_with(bytes, "<"))
    refuse_format("it is a web page, not a checkpoint; fetch the file itself");
  refuse_format(
      "it is no checkpoint; expected is OpenAI's TorchScript archive, a pickled state dict, or "
      "safetensors");
}

}  // namespace

std::string beginning_of(const RegularFile &file) {
  constexpr std::uint64_t kBeginning = 64;
  const std::uint64_t size = std::min(file.size(), kBeginning);
  const auto memory = file.read(0, size);
  return {reinterpret_cast<const char *>(memory.get()), size};
}

TensorFile read_tensor_file(const std::shared_ptr<const RegularFile> &file) {
  const std::string text = beginning_of(*file);
  const std::span beginning(reinterpret_cast<const std::uint8_t *>(text.data()), text.size());
  if (starts_with(beginning, "PK\x03\x04")) return read_zip(*file);
  if (looks_like_safetensors(beginning)) return read_safetensors_file(file);
  if (starts_with(beginning, "\x80")) refuse_bare_pickle(*file);
  refuse_unknown(beginning);
}

}  // namespace naclip
