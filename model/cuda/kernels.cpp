#include "model/cuda/kernels.h"

#include <c10/cuda/CUDAStream.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>
#include <string_view>

#include "model/cuda/kernel_arguments.h"
#include "model/cuda/kernel_compiler.h"
#include "model/cuda/kernel_grids.h"
#include "model/cuda/kernel_source.h"
#include "model/cuda/preprocess_arguments.h"
#include "model/error.h"

namespace naclip::cuda {

namespace {

// What every device gives a block without being asked.
constexpr std::size_t kSharedBytes = std::size_t{48} * 1024;
struct Entry {
  std::unique_ptr<const Kernels> kernels;
  std::string failure;
};

/// By the environment: as though the kernels could not be had.
bool turned_off() {
  const char *value = std::getenv("NACLIP_CUDA_KERNELS");
  return value != nullptr && std::string_view(value) == "0";
}

std::mutex entries_mutex;
std::map<int, Entry> &entries() {
  static auto *all = new std::map<int, Entry>;  // never freed: the driver may be gone by then
  return *all;
}

}  // namespace

const Kernels *Kernels::of(const c10::Device &device) {
  if (!device.is_cuda() || turned_off()) return nullptr;
  const std::lock_guard lock(entries_mutex);
  const auto found = entries().find(device.index());
  if (found != entries().end()) return found->second.kernels.get();
  Entry &entry = entries()[device.index()];
  try {
    entry.kernels.reset(new Kernels(device));
  } catch (const Error &error) {
    entry.failure =
        std::string(error.what()) + (error.detail().empty() ? "" : " (" + error.detail() + ")");
  }
  return entry.kernels.get();
}

std::string Kernels::failure_of(const c10::Device &device) {
  if (turned_off()) return "NACLIP_CUDA_KERNELS is 0";
  const std::lock_guard lock(entries_mutex);
  const auto found = entries().find(device.index());
  return found == entries().end() ? "" : found->second.failure;
}

Kernels::Kernels(const c10::Device &device) : device_(device) {
  const CompiledKernels compiled = compile_kernels(kernel_source(), compute_capability(device));
  Module module = nullptr;
  require_success(driver().load_module(&module, compiled.image.data()), "to load the kernels");
  const auto find = [&](const char *name) {
    Function function = nullptr;
    require_success(driver().find_function(&function, module, name), "to find a kernel");
    return function;
  };
  const auto find_transformer = [&](const std::string &type) -> Transformer {
    return {find(("naclip_add_and_normalise_" + type).c_str()),
            find(("naclip_quick_gelu_" + type).c_str()), find(("naclip_gelu_" + type).c_str())};
  };
  preprocess_ = find("naclip_preprocess");
  shrink_ = find("naclip_shrink");
  stitch_ = find("naclip_stitch");
  weights_ = find("naclip_refine_weights");
  steps_ = {find("naclip_refine_step_1"), find("naclip_refine_step_2"),
            find("naclip_refine_step_3"), find("naclip_refine_step_many")};
  stretch_half_ = find("naclip_stretch_half");
  step_half_ = find("naclip_refine_step_half");
  decode_ = find("naclip_decode");
  decode_half_ = find("naclip_decode_half");
  float32_ = find_transformer("float32");
  bfloat16_ = find_transformer("bfloat16");
  float16_ = find_transformer("float16");
}

template <class Arguments>
void Kernels::launch(Function function, KernelGrid grid, std::size_t shared_bytes,
                     Arguments arguments) const {
  auto parameters = std::apply(
      [](auto &...each) { return std::array<void *, sizeof...(each)>{&each...}; }, arguments);
  require_success(driver().launch(function, static_cast<unsigned>(grid.x),
                                  static_cast<unsigned>(grid.y), static_cast<unsigned>(grid.z),
                                  kBlockWidth, kBlockHeight, 1, static_cast<unsigned>(shared_bytes),
                                  c10::cuda::getCurrentCUDAStream(device_.index()).stream(),
                                  parameters.data(), nullptr),
                  "to start a kernel");
}

void Kernels::preprocess(const kernel::Frame &frame, int height, int width, float *out) const {
  launch(preprocess_, pixel_grid(height, width), 0,
         PreprocessArguments{frame, kernel_normalisation(), height, width, out});
}

void Kernels::shrink(const unsigned char *plane, std::ptrdiff_t stride, int step, int factor,
                     int height, int width, unsigned char *out) const {
  launch(shrink_, pixel_grid(height, width * step), 0,
         ShrinkArguments{plane, stride, step, factor, height, width, out});
}

void Kernels::stitch(const kernel::WindowGrids &grids, int pictures, int height, int width,
                     float *out) const {
  launch(stitch_, pixel_grid(height, width * grids.scores.queries, pictures), 0,
         StitchArguments{grids, height, width, out});
}

void Kernels::refine_weights(const Maps &maps, const float *picture, float *weights,
                             kernel::Half *halves) const {
  launch(weights_, pixel_grid(maps.height, maps.width, maps.pictures), 0,
         WeightsArguments{picture, maps.height, maps.width, maps.dilations, weights, halves});
}

void Kernels::refine_step(const Maps &maps, const float *scores, const float *weights, int channels,
                          float *out) const {
  const int which = std::min(maps.dilations.count, static_cast<int>(steps_.size())) - 1;
  const ChannelGrid grid = channel_grid(maps.height, maps.width, channels, maps.pictures);
  launch(steps_.at(static_cast<std::size_t>(which)), grid.grid, 0,
         StepArguments{scores, weights, maps.height, maps.width, maps.dilations, channels,
                       grid.share, out});
}

void Kernels::stretch_half(const Maps &maps, const kernel::ScoreMap<float> &scores,
                           const float *zeros, int packs, kernel::Pack<kernel::Half> *out) const {
  launch(stretch_half_, pixel_grid(maps.height, maps.width * packs, maps.pictures), 0,
         StretchHalfArguments{scores, zeros, maps.height, maps.width, packs, out});
}

void Kernels::refine_step_half(const Maps &maps, const kernel::Pack<kernel::Half> *scores,
                               const kernel::Pack<kernel::Half> *weights, int packs,
                               kernel::Pack<kernel::Half> *out) const {
  launch(step_half_, pixel_grid(maps.height, maps.width * packs, maps.pictures), 0,
         StepHalfArguments{scores, weights, maps.height, maps.width, maps.dilations, packs, out});
}

template <class Score>
void Kernels::decode(Function function, const kernel::ScoreMap<Score> &map,
                     const kernel::Decoding &decoding, const Decoded &decoded) const {
  const std::size_t sums_bytes =
      2 * sizeof(kernel::Wide) * static_cast<std::size_t>(decoded.regions);
  const int shared = sums_bytes <= kSharedBytes ? 1 : 0;
  launch(function, decode_grid(decoding.height, decoding.width, decoded.pictures),
         shared != 0 ? sums_bytes : 0,
         DecodeArguments<Score>{map, decoding, decoded.regions, shared, decoded.bytes_per_label,
                                decoded.labels, decoded.sums});
}

void Kernels::decode(const kernel::ScoreMap<float> &map, const kernel::Decoding &decoding,
                     const Decoded &decoded) const {
  decode(decode_, map, decoding, decoded);
}
void Kernels::decode(const kernel::ScoreMap<kernel::Half> &map, const kernel::Decoding &decoding,
                     const Decoded &decoded) const {
  decode(decode_half_, map, decoding, decoded);
}

const Kernels::Transformer &Kernels::of_type(c10::ScalarType type) const {
  switch (type) {
    case c10::ScalarType::Half:
      return float16_;
    case c10::ScalarType::BFloat16:
      return bfloat16_;
    default:
      return float32_;
  }
}

void Kernels::add_and_normalise(c10::ScalarType type, void *x, const void *delta,
                                const void *weight, const void *bias, int rows, int packs,
                                void *out) const {
  launch(of_type(type).add_and_normalise, row_grid(rows), 0,
         AddAndNormaliseArguments{x, delta, weight, bias, rows, packs, out});
}

void Kernels::quick_gelu(c10::ScalarType type, void *x, int packs) const {
  launch(of_type(type).quick_gelu, line_grid(packs), 0, ActivationArguments{x, packs});
}

void Kernels::gelu(c10::ScalarType type, void *x, int packs) const {
  launch(of_type(type).gelu, line_grid(packs), 0, ActivationArguments{x, packs});
}

}  // namespace naclip::cuda
