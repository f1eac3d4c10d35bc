#include "model/checkpoint/checkpoint_file.h"

#include <glib.h>

#include <memory>
#include <utility>

#include "model/checkpoint/regular_file.h"
#include "model/checkpoint/shards.h"

namespace naclip {
namespace {

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
        throw Error(ErrorKind::kFormat,
                    "its tensors share their bytes; save clones of them, or save as safetensors");
    }
}

const char *naming_text(Naming naming) {
  switch (naming) {
    case Naming::kHuggingFace:
      return "Hugging Face";
    case Naming::kCustomText:
      return "OpenCLIP custom-text";
    default:
      return "OpenAI";
  }
}

/// shards: 0 for a checkpoint of one file
std::string layout_text(TensorFormat format, Naming naming, std::size_t shards) {
  const std::string names = naming_text(naming);
  const std::string in = shards == 0 ? "" : " in " + std::to_string(shards) + " shards";
  if (format == TensorFormat::kTorchScript) return names + " TorchScript archive" + in;
  const char *format_name =
      format == TensorFormat::kSafetensors ? "safetensors" : "pickled state dict";
  return format_name + in + " (" + names + " names)";
}

CheckpointFile complete(TensorFile file, std::uint64_t bytes, std::size_t shards) {
  CheckpointFile checkpoint;
  RawTensors tensors = without_module_prefix(std::move(file.tensors));
  checkpoint.naming = naming_of(tensors);
  checkpoint.layout = layout_text(file.format, checkpoint.naming, shards);
  checkpoint.bytes = bytes;
  checkpoint.sizes = derive_sizes(tensors, checkpoint.naming);
  checkpoint.expected = expected_tensors(checkpoint.sizes, checkpoint.naming);
  check_tensors(tensors, checkpoint.naming, checkpoint.expected);
  check_total(tensors, checkpoint.naming, checkpoint.expected, bytes);
  const auto scale = tensors.find("logit_scale");
  checkpoint.has_logit_scale = scale != tensors.end() && is_floating(scale->second.type) &&
                               element_count(scale->second.shape) == 1;
  checkpoint.tensors = std::move(tensors);
  checkpoint.format = file.format;
  checkpoint.activations = std::move(file.activations);
  return checkpoint;
}

CheckpointFile read_file(const std::string &path) {
  const auto file = RegularFile::open(path);
  if (!looks_like_index(beginning_of(*file)))
    return complete(read_tensor_file(file), file->size(), 0);
  Shards shards = read_shards(path, *file);
  return complete(std::move(shards.all), shards.bytes, shards.count);
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
