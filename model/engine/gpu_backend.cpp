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

  bool reads_device_memory() const override { return runner_->has_kernels(); }

  at::Tensor prepare(const Picture &picture, PictureSize size) override {
    return runner_->prepare(picture, size);
  }
  at::Tensor preprocess(const Picture &picture, PictureSize size) override {
    return runner_->preprocess(picture, size);
  }

  // A graph holds the scores, too.
  bool one_vocabulary_a_batch() const override { return true; }

  void score(ClipVision &vision, const at::Tensor &input, const InferenceOptions &options,
             const QueriesOf &queries, const TakeScores &take) override {
    const at::Tensor words = queries(0);
    const cuda::NetworkKey key{input.size(0), input.size(2),       input.size(3),
                               words.size(0), options.window_size, options.window_stride};
    const cuda::Tensors scores = runner_->network(
        key, {input, words}, [&]() -> cuda::Network { return network(vision, options); });
    for (std::size_t picture = 0; picture < scores.size(); ++picture)
      take(picture, scores[picture]);
  }

 private:
  /// As one graph for each shape. A graph keeps addresses, so it has its own copy of the vision
  /// tower, whose tensors for the grid nobody else replaces.
  static cuda::Network network(const ClipVision &vision, const InferenceOptions &options) {
    return [vision = std::make_shared<ClipVision>(vision), options](const cuda::Tensors &inputs) {
      const WindowFeatures features = encode_windows(*vision, inputs[0], options);
      cuda::Tensors scores;
      for (std::int64_t i = 0; i < inputs[0].size(0); ++i)
        scores.push_back(naclip::score(features, i, inputs[1]));
      return scores;
    };
  }

  std::unique_ptr<cuda::Runner> runner_;
};

}  // namespace

std::unique_ptr<Backend> make_gpu_backend(const Compute &compute, const Log &log) {
  std::unique_ptr<cuda::Runner> runner = cuda::Runner::on(compute.device, log);
  return runner ? std::make_unique<GpuBackend>(std::move(runner)) : nullptr;
}

}  // namespace naclip
