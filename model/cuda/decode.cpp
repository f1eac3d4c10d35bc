#include "model/plain/decode.h"

#include <cstring>

#include "model/cuda/device_scope.h"
#include "model/cuda/kernels.h"
#include "model/cuda/operations.h"
#include "model/cuda/plain_forms.h"
#include "model/cuda/score_map.h"

namespace naclip::cuda {

namespace {

constexpr std::int64_t kSumBytes = sizeof(kernel::Wide);
constexpr double kUnit = 1.0 / 4294967296.0;

/// The pictures' sums and labels in one piece of memory, sums first since they need the alignment.
struct Answer {
  int pictures, regions, height, width, bytes_per_label;

  std::int64_t sums_bytes() const { return 2 * kSumBytes * regions; }  // of one picture
  std::int64_t label_bytes() const {
    return static_cast<std::int64_t>(height) * width * bytes_per_label;
  }
  std::int64_t labels_begin() const { return pictures * sums_bytes(); }
  std::int64_t bytes() const { return pictures * (sums_bytes() + label_bytes()); }
};

Segmentation read(const Answer &answer, const std::uint8_t *bytes, int picture) {
  Segmentation result;
  result.width = answer.width;
  result.height = answer.height;
  result.bytes_per_label = answer.bytes_per_label;
  const std::uint8_t *labels = bytes + answer.labels_begin() + picture * answer.label_bytes();
  result.labels.assign(labels, labels + answer.label_bytes());
  const auto regions = static_cast<std::size_t>(answer.regions);
  std::vector<kernel::Wide> sums(2 * regions);
  std::memcpy(sums.data(), bytes + picture * answer.sums_bytes(),
              static_cast<std::size_t>(answer.sums_bytes()));
  const double pixels = static_cast<double>(answer.width) * answer.height;
  for (std::size_t region = 0; region < regions; ++region) {
    const auto count = static_cast<double>(sums[region]);
    const double confidence = static_cast<double>(sums[regions + region]) * kUnit;
    result.regions.push_back({count / pixels, count > 0 ? confidence / count : 0.0});
  }
  return result;
}

}  // namespace

std::function<std::vector<Segmentation>()> begin_decode(const at::Tensor &scores, int height,
                                                        int width, const DecodeOptions &options) {
  const Kernels *kernels = Kernels::of(scores.device());
  // The kernels keep no pixel's probability and decide once.
  if (kernels == nullptr || options.confidences || options.area_threshold > 0.0)
    return plain_forms::begin_decode(scores, height, width, options);
  const Answer layout{static_cast<int>(scores.size(0)), static_cast<int>(options.regions), height,
                      width, options.regions > 256 ? 2 : 1};
  const at::Tensor answer = at::empty({layout.bytes()}, scores.options().dtype(at::kByte));
  answer.slice(0, 0, layout.labels_begin()).zero_();
  std::uint8_t *const device_bytes = answer.data_ptr<std::uint8_t>();
  const Kernels::Decoded decoded{layout.pictures, layout.regions, layout.bytes_per_label,
                                 device_bytes + layout.labels_begin(),
                                 reinterpret_cast<kernel::Wide *>(device_bytes)};
  const kernel::Decoding decoding{options.region_of_query.data_ptr<int>(),
                                  static_cast<float>(options.logit_scale),
                                  static_cast<float>(options.threshold),
                                  height,
                                  width,
                                  options.threshold_of_query.defined()
                                      ? options.threshold_of_query.data_ptr<float>()
                                      : nullptr};
  if (scores.scalar_type() == at::kHalf)
    kernels->decode(score_map<kernel::Half>(scores), decoding, decoded);
  else
    kernels->decode(score_map<float>(scores), decoding, decoded);

  const at::Tensor host =
      at::empty({layout.bytes()}, at::TensorOptions().dtype(at::kByte).pinned_memory(true));
  host.copy_(answer, /*non_blocking=*/true);
  return [layout, host] {
    std::vector<Segmentation> results;
    for (int picture = 0; picture < layout.pictures; ++picture)
      results.push_back(read(layout, host.data_ptr<std::uint8_t>(), picture));
    return results;
  };
}

void wait(const at::Device &device) {
  if (device.is_cuda()) synchronize(device);
}

}  // namespace naclip::cuda
