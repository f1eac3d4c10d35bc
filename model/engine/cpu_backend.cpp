#include <ATen/Parallel.h>

#include <cstdlib>

#include "model/engine/backend.h"
#include "model/machine/cpu.h"
#include "model/stages/input_pool.h"
#include "model/stages/preprocess.h"
#include "model/stages/score.h"

namespace naclip {

namespace {

/// 0: as many as there are cores, but what the user wrote into OMP_NUM_THREADS stands.
void set_threads(int threads) {
  if (threads > 0)
    at::set_num_threads(threads);
  else if (std::getenv("OMP_NUM_THREADS") == nullptr)
    at::set_num_threads(available_cores());
}

class CpuBackend final : public Backend {
 public:
  CpuBackend(const Compute &compute, int threads) : compute_(compute), threads_(threads) {}

  void load(const std::function<void()> &work) override {
    on_device(compute_, [&] {
      set_threads(threads_);
      work();
    });
  }

  void in_order(const std::function<void()> &work) override { on_device(compute_, work); }

  // The words' pieces find their way between frames by themselves.
  void aside(const std::function<void()> &work) override { work(); }

  // A CPU is full with one; two spare it half of the small work between the large products where
  // frames are small.
  int batch() const override { return compute_.device.is_cpu() ? 2 : kGpuBatch; }

  bool reads_device_memory() const override { return false; }

  at::Tensor prepare(const Picture &picture, PictureSize size) override {
    const at::Tensor input = inputs_->take(size);
    naclip::preprocess(picture, input);
    return input;
  }

  at::Tensor preprocess(const Picture &picture, PictureSize size) override {
    return naclip::preprocess(picture, size);
  }

  std::vector<std::uint8_t> shrink(const Picture &, int) override {
    throw Error(ErrorKind::kDevice, "A model on the CPU has no pictures in its device's memory");
  }

  void score(ClipVision &vision, std::span<const at::Tensor> pictures,
             const InferenceOptions &options, const QueriesOf &queries,
             const TakeScores &take) override {
    const at::Tensor batch = pictures.size() == 1
                                 ? pictures.front()
                                 : at::cat(at::TensorList(pictures.data(), pictures.size()));
    const WindowPlan plan(batch.size(2), batch.size(3), vision.patch(), options);
    const at::Tensor directions = encode_windows(vision, batch, plan);
    for (std::size_t picture = 0; picture < pictures.size(); ++picture)
      take(
          picture, 1,
          naclip::score(directions, plan, static_cast<std::int64_t>(picture), 1, queries(picture)));
  }

 private:
  Compute compute_;
  int threads_;
  std::shared_ptr<InputPool> inputs_ = std::make_shared<InputPool>();
};

}  // namespace

std::unique_ptr<Backend> make_cpu_backend(const Compute &compute, int threads) {
  return std::make_unique<CpuBackend>(compute, threads);
}

}  // namespace naclip
