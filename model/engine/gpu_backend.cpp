#include <algorithm>

#include "model/cuda/runner.h"
#include "model/engine/backend.h"
#include "model/stages/score.h"

namespace naclip {

namespace {

class GpuBackend final : public Backend {
 public:
  explicit GpuBackend(std::unique_ptr<cuda::Runner> runner) : runner_(std::move(runner)) {}

  void load(const std::function<void()> &work) override { runner_->aside(work); }
  void in_order(const std::function<void()> &work) override { runner_->in_order(work); }
  void aside(const std::function<void()> &work) override { runner_->aside(work); }

  int batch() const override { return kGpuBatch; }

  bool reads_device_memory() const override { return runner_->has_kernels(); }

  at::Tensor prepare(const Picture &picture, PictureSize size) override {
    return runner_->prepare(picture, size);
  }
  at::Tensor preprocess(const Picture &picture, PictureSize size) override {
    return runner_->preprocess(picture, size);
  }

  std::vector<std::uint8_t> shrink(const Picture &picture, int factor) override {
    return runner_->shrink(picture, factor);
  }

  void score(ClipVision &vision, std::span<const at::Tensor> pictures,
             const InferenceOptions &options, const QueriesOf &queries,
             const TakeScores &take) override {
    constexpr std::size_t kMost = kGpuBatch;
    for (std::size_t first = 0; first < pictures.size(); first += kMost)
      score_batch(
          vision, pictures.subspan(first, std::min(kMost, pictures.size() - first)), options,
          [&](std::size_t picture) { return queries(first + picture); },
          [&](std::size_t picture, std::size_t count, const at::Tensor &scores) {
            take(first + picture, count, scores);
          });
  }

 private:
  void score_batch(ClipVision &vision, std::span<const at::Tensor> pictures,
                   const InferenceOptions &options, const QueriesOf &queries,
                   const TakeScores &take) {
    const std::int64_t height = pictures.front().size(2), width = pictures.front().size(3);
    const WindowPlan plan(height, width, vision.patch(), options);
    const cuda::NetworkKey key{height, width, options.window_size, options.window_stride};
    const at::Tensor directions =
        runner_->network(key, pictures, [&] { return network(vision, plan); });
    for (std::size_t first = 0, end = 0; first < pictures.size(); first = end) {
      const at::Tensor words = queries(first);
      end = first + 1;
      while (end < pictures.size() && queries(end).is_same(words)) ++end;
      take(first, end - first,
           naclip::score(directions, plan, static_cast<std::int64_t>(first),
                         static_cast<std::int64_t>(end - first), words));
    }
  }

  /// A graph keeps addresses, so it has its own copy of the vision tower, whose tensors for the grid
  /// nobody else replaces.
  static cuda::Network network(const ClipVision &vision, const WindowPlan &plan) {
    return [vision = std::make_shared<ClipVision>(vision), plan](const at::Tensor &pictures) {
      return encode_windows(*vision, pictures, plan);
    };
  }

  std::unique_ptr<cuda::Runner> runner_;
};

}  // namespace

std::unique_ptr<Backend> make_gpu_backend(const Compute &compute, const Log &log) {
  std::unique_ptr<cuda::Runner> runner = cuda::Runner::on(compute.device, log);
  return runner ? make_gpu_backend(std::move(runner)) : nullptr;
}

std::unique_ptr<Backend> make_gpu_backend(std::unique_ptr<cuda::Runner> runner) {
  return std::make_unique<GpuBackend>(std::move(runner));
}

}  // namespace naclip
