#include "checkpoint.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <glib.h>

#include <cstring>
#include <string_view>

#include "checkpoint_names.h"
#include "checkpoint_shapes.h"
#include "error.h"
#include "mapped_file.h"
#include "pickle.h"
#include "raw_tensor.h"
#include "safetensors.h"
#include "torch_archive.h"

namespace naclip {
namespace {

[[noreturn]] void refuse_format(const std::string &message) {
  throw Error(ErrorKind::kFormat, message);
}

at::ScalarType scalar_type(ElementType type) {
  switch (type) {
    case ElementType::kFloat16:
      return at::kHalf;
    case ElementType::kBfloat16:
      return at::kBFloat16;
    case ElementType::kFloat32:
      return at::kFloat;
    case ElementType::kFloat64:
      return at::kDouble;
    default:
      throw Error(ErrorKind::kModel, "only floating-point tensors were expected");
  }
}

bool starts_with(std::span<const std::uint8_t> bytes, std::string_view beginning) {
  return bytes.size() >= beginning.size() &&
         std::memcmp(bytes.data(), beginning.data(), beginning.size()) == 0;
}

/// The tensor over the file's own bytes; a copy only where it is a strided view, or lies askew in
/// the file.
at::Tensor to_tensor(const RawTensor &raw) {
  const std::shared_ptr<const std::uint8_t> storage = raw.storage();
  const std::int64_t size = element_size(raw.type);
  const std::uint8_t *start = storage.get() + raw.offset * size;
  const at::TensorOptions options = at::TensorOptions().dtype(scalar_type(raw.type));
  const bool aligned =
      reinterpret_cast<std::uintptr_t>(start) % static_cast<std::uintptr_t>(size) == 0;
  // safetensors promise no alignment, but their tensors are dense, so that a plain copy will do.
  if (!aligned) {
    const at::Tensor copy = at::empty(raw.shape, options);
    std::memcpy(copy.data_ptr(), start, copy.nbytes());
    return copy;
  }
  // libtorch has no read-only tensors; nothing in this library writes to weights.
  return at::from_blob(
             const_cast<std::uint8_t *>(start), raw.shape, raw.strides, [storage](void *) {},
             options)
      .contiguous();
}

/// True where no element's exponent is all ones, which NaN and the infinities have.
template <typename Bits>
bool exponents_finite(const void *data, std::int64_t count, Bits exponent) {
  const Bits *elements = static_cast<const Bits *>(data);
  unsigned bad = 0;
  for (std::int64_t i = 0; i < count; i++) bad |= (elements[i] & exponent) == exponent;
  return bad == 0;
}

/// `tensor` is contiguous. On bits, since this meets every byte of a large file: libtorch would
/// fill several tensors of the same size on the way.
bool is_finite(const at::Tensor &tensor) {
  const void *data = tensor.data_ptr();
  switch (tensor.scalar_type()) {
    case at::kHalf:
      return exponents_finite<std::uint16_t>(data, tensor.numel(), 0x7c00);
    case at::kBFloat16:
      return exponents_finite<std::uint16_t>(data, tensor.numel(), 0x7f80);
    case at::kFloat:
      return exponents_finite<std::uint32_t>(data, tensor.numel(), 0x7f800000);
    default:
      return exponents_finite<std::uint64_t>(data, tensor.numel(), 0x7ff0000000000000);
  }
}

at::Tensor load(const RawTensors &tensors, const std::string &name) {
  const at::Tensor tensor = to_tensor(tensors.at(name));
  if (!is_finite(tensor))
    throw Error(ErrorKind::kModel, "tensor " + name + " of shape " +
                                       shape_text(tensors.at(name).shape) +
                                       " holds NaN or infinity, but finite numbers were expected; "
                                       "fetch or train the checkpoint again");
  return tensor;
}

at::Tensor assemble(const RawTensors &tensors, const TensorSource &source) {
  if (source.names.size() == 1) {
    const at::Tensor tensor = load(tensors, source.names.front());
    return source.transposed ? tensor.t().contiguous() : tensor;
  }
  std::vector<at::Tensor> parts;
  for (const std::string &name : source.names) {
    parts.push_back(load(tensors, name));
    if (parts.back().scalar_type() != parts.front().scalar_type())
      throw Error(ErrorKind::kModel,
                  "tensor " + name + " has another dtype than " + source.names.front());
  }
  return at::cat(parts);
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

Checkpoint build(const RawTensors &tensors, std::size_t file_size) {
  const Naming naming = naming_of(tensors);
  Checkpoint checkpoint;
  checkpoint.sizes = derive_sizes(tensors, naming);
  const std::vector<ExpectedTensor> expected = expected_tensors(checkpoint.sizes, naming);
  check_tensors(tensors, naming, expected);
  check_total(tensors, naming, expected, file_size);
  for (const ExpectedTensor &wanted : expected)
    checkpoint.tensors.emplace(wanted.name, assemble(tensors, source_of(naming, wanted.name)));
  const auto scale = tensors.find("logit_scale");
  if (scale != tensors.end() && is_floating(scale->second.type) &&
      element_count(scale->second.shape) == 1)
    checkpoint.tensors.emplace("logit_scale", load(tensors, "logit_scale"));
  for (const auto &entry : checkpoint.tensors) checkpoint.parameters += entry.second.numel();
  return checkpoint;
}

const char *naming_text(const RawTensors &tensors) {
  return naming_of(tensors) == Naming::kHuggingFace ? "Hugging Face" : "OpenAI";
}

Checkpoint read_zip(const std::shared_ptr<const MappedFile> &file) {
  const TorchArchive archive = read_torch_archive(file);
  Checkpoint checkpoint = build(archive.tensors, file->bytes().size());
  const std::string naming = naming_text(archive.tensors);
  checkpoint.layout = archive.torch_script ? naming + " TorchScript archive"
                                           : "pickled state dict (" + naming + " names)";
  return checkpoint;
}

/// Files that begin like a pickle: PyTorch's format before 1.6, or something else altogether.
[[noreturn]] void refuse_bare_pickle(std::span<const std::uint8_t> bytes) {
  // PyTorch's magic number, pickled.
  constexpr std::string_view kLegacy = "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.";
  if (starts_with(bytes, kLegacy))
    refuse_format(
        "it was written in PyTorch's old format, which is no longer read; load it with a current "
        "PyTorch "
        "and save it again with torch.save");
  pickle::read(bytes);  // names what a hostile one asks for
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

Checkpoint read_file(const std::string &path) {
  const auto file = MappedFile::open(path);
  const auto bytes = file->bytes();
  if (starts_with(bytes, "PK\x03\x04")) return read_zip(file);
  if (!looks_like_safetensors(bytes)) {
    if (starts_with(bytes, "\x80")) refuse_bare_pickle(bytes);
    refuse_unknown(bytes);
  }
  const RawTensors tensors = read_safetensors(file);
  Checkpoint checkpoint = build(tensors, bytes.size());
  checkpoint.layout = std::string("safetensors (") + naming_text(tensors) + " names)";
  return checkpoint;
}

}  // namespace

const at::Tensor &Checkpoint::at(const std::string &name) const {
  const auto found = tensors.find(name);
  if (found == tensors.end()) throw Error(ErrorKind::kModel, "tensor " + name + " is missing");
  return found->second;
}

Checkpoint read_checkpoint(const std::string &path) {
  try {
    return read_file(path);
  } catch (const Error &error) {
    const std::unique_ptr<char, decltype(&g_free)> name(g_filename_display_name(path.c_str()),
                                                        g_free);
    throw Error(error.kind(),
                std::string("Cannot use ") + name.get() + " as a model: " + error.what(),
                error.detail());
  }
}

}  // namespace naclip
