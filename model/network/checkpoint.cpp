#include "model/network/checkpoint.h"

#include <ATen/Parallel.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/tensor.h>

#include <array>
#include <atomic>
#include <exception>

#include "model/checkpoint/checkpoint_file.h"
#include "model/checkpoint/picture_statistics.h"

namespace naclip {
namespace {

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

/// The tensor over the bytes that were read; a copy only where it is a strided view.
at::Tensor to_tensor(const RawTensor &raw) {
  const std::shared_ptr<const std::uint8_t> storage = raw.storage();
  const std::uint8_t *start = storage.get() + raw.offset * element_size(raw.type);
  // libtorch has no read-only tensors; nothing in this library writes to weights.
  return at::from_blob(
             const_cast<std::uint8_t *>(start), raw.shape, raw.strides, [storage](void *) {},
             at::TensorOptions().dtype(scalar_type(raw.type)))
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

/// work(i) for each i below `count`, on all threads, whoever is free taking the next. Throws what the first of those that
/// failed threw.
template <typename Work>
void each_on_any_thread(std::size_t count, const Work &work) {
  std::atomic<std::size_t> next = 0;
  std::vector<std::exception_ptr> failures(count);
  at::parallel_for(0, at::get_num_threads(), 1, [&](std::int64_t, std::int64_t) {
    for (std::size_t i; (i = next++) < count;) {
      try {
        work(i);
      } catch (...) {
        failures[i] = std::current_exception();
      }
    }
  });
  for (const std::exception_ptr &failure : failures)
    if (failure) std::rethrow_exception(failure);
}

Checkpoint build(const CheckpointFile &file) {
  Checkpoint checkpoint;
  checkpoint.layout = file.layout;
  checkpoint.sizes = file.sizes;
  std::vector<at::Tensor> tensors(file.expected.size());
  each_on_any_thread(tensors.size(), [&](std::size_t i) {
    tensors[i] = assemble(file.tensors, source_of(file.naming, file.expected[i].name));
  });
  for (std::size_t i = 0; i < tensors.size(); ++i)
    checkpoint.tensors.emplace(file.expected[i].name, std::move(tensors[i]));
  if (file.has_logit_scale)
    checkpoint.tensors.emplace("logit_scale", load(file.tensors, "logit_scale"));
  for (const auto &entry : checkpoint.tensors) checkpoint.parameters += entry.second.numel();
  return checkpoint;
}

at::Tensor by_channel(const std::array<double, 3> &values) {
  return at::tensor(at::ArrayRef<double>(values), at::kDouble).view({1, 3, 1, 1});
}

/// Pictures are normalised by OpenAI's numbers, x = (v - m) / d; the model wants (v - n) / e, which is
/// x d / e + (m - n) / e. The factor goes into the patches' weights; what these make of the summand is the same
/// for every patch and goes into the patches' positions.
void adopt(const PictureStatistics &statistics, Checkpoint &checkpoint) {
  const at::Tensor deviation = by_channel(statistics.deviation);
  const at::Tensor factor = by_channel(kPictureDeviation) / deviation;
  const at::Tensor summand = (by_channel(kPictureMean) - by_channel(statistics.mean)) / deviation;
  at::Tensor &patches = checkpoint.tensors.at("visual.conv1.weight");
  at::Tensor &positions = checkpoint.tensors.at("visual.positional_embedding");
  const at::Tensor weight = patches.to(at::kDouble);
  at::Tensor shifted = positions.to(at::kDouble, /*non_blocking=*/false, /*copy=*/true);
  shifted.slice(0, 1) += (weight * summand).sum({1, 2, 3});
  patches = (weight * factor).to(at::kFloat);
  positions = shifted.to(at::kFloat);
}

}  // namespace

const at::Tensor &Checkpoint::at(const std::string &name) const {
  const auto found = tensors.find(name);
  if (found == tensors.end()) throw Error(ErrorKind::kModel, "tensor " + name + " is missing");
  return found->second;
}

Checkpoint Checkpoint::take(const std::string &prefix) {
  Checkpoint part{layout, sizes, activation, {}, 0};
  for (auto entry = tensors.begin(); entry != tensors.end();) {
    const auto own = entry++;
    if (own->first.starts_with(prefix)) part.tensors.insert(tensors.extract(own));
  }
  for (const auto &entry : part.tensors) part.parameters += entry.second.numel();
  parameters -= part.parameters;
  return part;
}

Checkpoint read_checkpoint(const std::string &path, Activation activation) {
  const CheckpointFile file = open_checkpoint(path);
  const ActivationInUse in_use = activation_in_use(file, path, activation);
  const auto statistics = configured_statistics(path);
  try {
    Checkpoint checkpoint = build(file);
    checkpoint.activation = in_use;
    if (statistics) adopt(*statistics, checkpoint);
    return checkpoint;
  } catch (const Error &error) {
    throw unusable_model(path, error);
  }
}

}  // namespace naclip
