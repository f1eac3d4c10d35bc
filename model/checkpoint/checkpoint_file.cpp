#include "model/checkpoint/checkpoint_file.h"

#include <glib.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

#include "model/checkpoint/pickle_torch.h"
#include "model/checkpoint/regular_file.h"
#include "model/checkpoint/safetensors.h"
#include "model/checkpoint/torch_archive.h"

namespace naclip {
namespace {

[[noreturn]] void refuse_format(const std::string &message) {
  throw Error(ErrorKind::kFormat, message);
}

bool starts_with(std::span<const std::uint8_t> bytes, std::string_view beginning) {
  return bytes.size() >= beginning.size() &&
         std::memcmp(bytes.data(), beginning.data(), beginning.size()) == 0;
}

/// A file of weights holds each byte once. One whose tensors overlap could ask for any amount of
/// memory.
void check_total(const RawTensors &tensors, Naming naming,
                 const std::vector<ExpectedTensor> &expected, std::size_t limit) {
  std::size_t total = 0;
  for (const ExpectedTensor &wanted : expected)
    for (const std::string &name : source_of(naming, wanted.name).names) {
      const RawTensor &tensor = tensors.at(name);
      total += static_cast<std::size_t>(element_count(tensor.shape) * element_size(tensor.type));
      if (total > limit)
        refuse_format("its tensors share their bytes; save clones of them, or save as safetensors");
    }
}

CheckpointFile complete(RawTensors tensors, std::size_t file_size) {
  CheckpointFile file;
  file.naming = naming_of(tensors);
  file.sizes = derive_sizes(tensors, file.naming);
  file.expected = expected_tensors(file.sizes, file.naming);
  check_tensors(tensors, file.naming, file.expected);
  check_total(tensors, file.naming, file.expected, file_size);
  const auto scale = tensors.find("logit_scale");
  file.has_logit_scale = scale != tensors.end() && is_floating(scale->second.type) &&
                         element_count(scale->second.shape) == 1;
  file.tensors = std::move(tensors);
  return file;
}

const char *naming_text(Naming naming) {
  return naming == Naming::kHuggingFace ? "Hugging Face" : "OpenAI";
}

CheckpointFile read_zip(const RegularFile &file) {
  TorchArchive archive = read_torch_archive(file);
  CheckpointFile checkpoint = complete(std::move(archive.tensors), file.size());
  const std::string naming = naming_text(checkpoint.naming);
  checkpoint.layout = archive.torch_script ? naming + " TorchScript archive"
                                           : "pickled state dict (" + naming + " names)";
  return checkpoint;
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

CheckpointFile read_file(const std::string &path) {
  constexpr std::uint64_t kBeginning = 64;
  const auto file = RegularFile::open(path);
  const std::uint64_t size = std::min(file->size(), kBeginning);
  const auto memory = file->read(0, size);
  const std::span beginning(memory.get(), size);
  if (starts_with(beginning, "PK\x03\x04")) return read_zip(*file);
  if (!looks_like_safetensors(beginning)) {
    if (starts_with(beginning, "\x80")) refuse_bare_pickle(*file);
    refuse_unknown(beginning);
  }
  CheckpointFile checkpoint = complete(read_safetensors(file), file->size());
  checkpoint.layout = std::string("safetensors (") + naming_text(checkpoint.naming) + " names)";
  return checkpoint;
}

}  // namespace

std::vector<const RawTensor *> CheckpointFile::parameter_tensors() const {
  std::vector<const RawTensor *> found;
  for (const ExpectedTensor &wanted : expected)
    for (const std::string &name : source_of(naming, wanted.name).names)
      found.push_back(&tensors.at(name));
  if (has_logit_scale) found.push_back(&tensors.at("logit_scale"));
  return found;
}

Error unusable_model(const std::string &path, const Error &error) {
  const std::unique_ptr<char, decltype(&g_free)> name(g_filename_display_name(path.c_str()),
                                                      g_free);
  return {error.kind(), std::string("Cannot use ") + name.get() + " as a model: " + error.what(),
          error.detail()};
}

CheckpointFile open_checkpoint(const std::string &path) {
  try {
    return read_file(path);
  } catch (const Error &error) {
    throw unusable_model(path, error);
  }
}

}  // namespace naclip
