#include "model/plain/decode.h"

#include <cstring>

#include "model/cuda/device_scope.h"
#include "model/cuda/kernels.h"
#include "model/cuda/operations.h"

namespace naclip::cuda {

namespace {

constexpr std::int64_t kSumBytes = sizeof(kernel::Wide);
constexpr double kUnit = 1.0 / 4294967296.0;

/// Labels and sums in one piece of memory, sums first since they need the alignment.
struct Answer {
  std::size_t regions;
  int height, width, bytes_per_label;

  std::int64_t sums_bytes() const { return 2 * kSumBytes * static_cast<std::int64_t>(regions); }
  std::int64_t label_bytes() const {
    return static_cast<std::int64_t>(height) * width * bytes_per_label;
  }
  std::int64_t bytes() const { return sums_bytes() + label_bytes(); }
};

Segmentation read(const Answer &answer, const std::uint8_t *bytes) {
  Segmentation result;
  result.width = answer.width;
  result.height = answer.height;
  result.bytes_per_label = answer.bytes_per_label;
  result.labels.assign(bytes + answer.sums_bytes(), bytes + answer.bytes());
  std::vector<kernel::Wide> sums(2 * answer.regions);
  std::memcpy(sums.data(), bytes, static_cast<std::size_t>(answer.sums_bytes()));
  const double pixels = static_cast<double>(answer.width) * answer.height;
  for (std::size_t region = 0; region < answer.regions; ++region) {
    const auto count = static_cast<double>(sums[region]);
    const double confidence = static_cast<double>(sums[answer.regions + region]) * kUnit;
    result.regions.push_back({count / pixels, count > 0 ? confidence / count : 0.0});
  }
  return result;
}

}  // namespace

Segmentation decode(const at::Tensor &scores, int height, int width, const DecodeOptions &options) {
  const Kernels *kernels = Kernels::of(scores.device());
  if (kernels == nullptr) return plain::decode(scores, height, width, options);
  const Answer layout{options.regions, height, width, options.regions > 256 ? 2 : 1};
  const at::TensorOptions pinned = at::TensorOptions().pinned_memory(true);

  const auto queries = static_cast<std::int64_t>(options.region_of_query.size());
  const at::Tensor region_of_query = at::empty({queries}, pinned.dtype(at::kInt));
  std::copy(options.region_of_query.begin(), options.region_of_query.end(),
            region_of_query.data_ptr<int>());
  const at::Tensor regions_on_device = region_of_query.to(scores.device(), /*non_blocking=*/true);

  const at::Tensor answer = at::empty({layout.bytes()}, scores.options().dtype(at::kByte));
  answer.slice(0, 0, layout.sums_bytes()).zero_();
  std::uint8_t *const device_bytes = answer.data_ptr<std::uint8_t>();
  kernels->decode({scores.data_ptr<float>(), scores.stride(1), scores.stride(2), scores.stride(3),
                   static_cast<int>(scores.size(1)), static_cast<int>(scores.size(2)),
                   static_cast<int>(scores.size(3))},
                  {regions_on_device.data_ptr<int>(), static_cast<float>(options.logit_scale),
                   static_cast<float>(options.threshold), height, width},
                  static_cast<int>(options.regions), layout.bytes_per_label,
                  device_bytes + layout.sums_bytes(),
                  reinterpret_cast<kernel::Wide *>(device_bytes));

  const at::Tensor host = at::empty({layout.bytes()}, pinned.dtype(at::kByte));
  host.copy_(answer, /*non_blocking=*/true);
  synchronize(scores.device());
  return read(layout, host.data_ptr<std::uint8_t>());
}

}  // namespace naclip::cuda
