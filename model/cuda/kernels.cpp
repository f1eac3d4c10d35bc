#include "model/cuda/kernels.h"

#include <c10/cuda/CUDAStream.h>

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>

#include "model/cuda/kernel_arguments.h"
#include "model/cuda/kernel_compiler.h"
#include "model/cuda/kernel_grids.h"
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

std::mutex entries_mutex;
std::map<int, Entry> &entries() {
  static auto *all = new std::map<int, Entry>;  // never freed: the driver may be gone by then
  return *all;
}

}  // namespace

const Kernels *Kernels::of(const c10::Device &device) {
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
  const std::lock_guard lock(entries_mutex);
  const auto found = entries().find(device.index());
  return found == entries().end() ? "" : found->second.failure;
}

Kernels::Kernels(const c10::Device &device) : device_(device) {
  const CompiledKernels compiled = compile_kernels(compute_capability(device));
  Module module = nullptr;
  require_success(driver().load_module(&module, compiled.image.data()), "to load the kernels");
  const auto find = [&](const char *name) {
    Function function = nullptr;
    require_success(driver().find_function(&function, module, name), "to find a kernel");
    return function;
  };
  preprocess_ = find("naclip_preprocess");
  weights_ = find("naclip_refine_weights");
  steps_ = {find("naclip_refine_step_1"), find("naclip_refine_step_2"),
            find("naclip_refine_step_3"), find("naclip_refine_step_many")};
  decode_ = find("naclip_decode");
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

void Kernels::refine_weights(const float *picture, int height, int width,
                             const kernel::Dilations &dilations, float *weights) const {
  launch(weights_, pixel_grid(height, width), 0,
         WeightsArguments{picture, height, width, dilations, weights});
}

void Kernels::refine_step(const float *scores, const float *weights, int height, int width,
                          const kernel::Dilations &dilations, int channels, float *out) const {
  const int which = std::min(dilations.count, static_cast<int>(steps_.size())) - 1;
  const ChannelGrid grid = channel_grid(height, width, channels);
  launch(steps_.at(static_cast<std::size_t>(which)), grid.grid, 0,
         StepArguments{scores, weights, height, width, dilations, channels, grid.share, out});
}

void Kernels::decode(const kernel::ScoreMap &map, const kernel::Decoding &decoding, int regions,
                     int bytes_per_label, unsigned char *labels, kernel::Wide *sums) const {
  const std::size_t sums_bytes = 2 * sizeof(kernel::Wide) * static_cast<std::size_t>(regions);
  const int shared = sums_bytes <= kSharedBytes ? 1 : 0;
  launch(decode_, decode_grid(decoding.height, decoding.width), shared != 0 ? sums_bytes : 0,
         DecodeArguments{map, decoding, regions, shared, bytes_per_label, labels, sums});
}

}  // namespace naclip::cuda
