// Figures of a GPU, each beside what the same libtorch takes when the reference's steps are called
// one by one: windows one after another, refinement with all neighbours' scores in memory, softmax
// over a tensor of words x mask. Answers are compared before anything is timed. Skipped where there
// is no GPU.
#include <ATen/core/grad_mode.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "model/cuda/device_scope.h"
#include "model/cuda/driver.h"
#include "model/network/clip_text.h"
#include "model/network/clip_vision.h"
#include "model/network/word_embeddings.h"
#include "model/plain/score.h"
#include "model/stages/preprocess.h"
#include "model/stages/windows.h"
#include "model/text/tokenizer.h"
#include "on_device.h"
#include "random_model.h"

namespace naclip {
namespace {

constexpr int kRuns = 30;
constexpr double kLabelsEqual = 0.97;

// What a GPU of an H100's class has to do, at an input of 336 x 448 and for a whole 720p frame.
constexpr int kBudgetsFrom = 90;  // ten times the compute capability
constexpr double kEncoderMs = 1.5, kFramesPerSecond = 1500, kFrameMs = 5.0, kTimesLibtorch = 10.0;

/// While it lives, libtorch's operations stand in for our kernels.
class WithoutKernels {
 public:
  WithoutKernels() { setenv("NACLIP_CUDA_KERNELS", "0", 1); }
  ~WithoutKernels() { unsetenv("NACLIP_CUDA_KERNELS"); }
  WithoutKernels(const WithoutKernels &) = delete;
  WithoutKernels &operator=(const WithoutKernels &) = delete;
};

/// Milliseconds, the median of several runs; `work` ends with the device at rest.
template <class Work>
double median_ms(const Work &work) {
  for (int i = 0; i < 3; ++i) work();  // the first as it is, the second captured
  std::vector<double> times;
  for (int i = 0; i < kRuns; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    work();
    times.push_back(
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin)
            .count());
  }
  std::nth_element(times.begin(), times.begin() + kRuns / 2, times.end());
  return times[kRuns / 2];
}

class DeviceBenchmark : public testing::OnDevice {
 protected:
  at::Tensor noise(std::int64_t batch, std::int64_t height, std::int64_t width) const {
    at::manual_seed(2);
    return at::randn({batch, 3, height, width}).to(device_);
  }
  bool has_budget() const {
    return cuda::compute_capability(device_) >= kBudgetsFrom &&
           cuda::compute_capability(device_) < 120;  // from there on also desktops' cards
  }
};

TEST_F(DeviceBenchmark, Encoder) {
  const Compute compute = choose_compute("cuda", Precision::kFloat16);
  std::unique_ptr<ClipVision> vision;
  runner_->aside([&] {
    vision = std::make_unique<ClipVision>(testing::random_model(), compute, Attention::kNaclip,
                                          Architecture::kReduced, 5.0);
  });
  const auto shared = std::make_shared<ClipVision>(*vision);
  std::printf("| encoder, float16, 336 x 448 | ms | frames/s | libtorch, step by step, ms |\n");
  for (const std::int64_t batch : {1, 16}) {
    const at::Tensor input = noise(batch, 336, 448);
    const std::vector<at::Tensor> pictures = input.split(1);
    at::Tensor ours, plain;
    const auto replayed = [&] {
      runner_->in_order([&] {
        ours = runner_->network({}, pictures, [&]() -> cuda::Network {
          return [shared](const at::Tensor &pictures) { return shared->encode(pictures); };
        });
        cuda::synchronize(device_);
      });
    };
    const auto stepwise = [&] {
      const WithoutKernels plainly;
      runner_->in_order([&] {
        plain = vision->encode(input);
        cuda::synchronize(device_);
      });
    };
    for (int i = 0; i < 3; ++i) replayed();
    stepwise();
    const at::Tensor difference = (ours - plain).abs().max() / plain.abs().max();
    ASSERT_LE(difference.item<double>(), 1e-2);
    const double ms = median_ms(replayed), baseline = median_ms(stepwise);
    std::printf("| batch %d | %.2f | %.0f | %.2f |\n", static_cast<int>(batch), ms,
                1000.0 * static_cast<double>(batch) / ms, baseline);
    if (!has_budget()) continue;
    if (batch == 1)
      EXPECT_LE(ms, kEncoderMs);
    else
      EXPECT_GE(1000.0 * static_cast<double>(batch) / ms, kFramesPerSecond);
  }
}

/// As the reference has it: every neighbour's scores side by side, every step.
at::Tensor refine_materialised(const at::Tensor &picture, at::Tensor scores, int steps,
                               const std::vector<int> &dilations) {
  const auto around = [&](const at::Tensor &x) {
    std::vector<at::Tensor> neighbours;
    for (const int d : dilations) {
      const at::Tensor padded = at::replication_pad2d(x, {d, d, d, d});
      for (int dy = 0; dy <= 2; ++dy)
        for (int dx = 0; dx <= 2; ++dx)
          if (dy != 1 || dx != 1)
            neighbours.push_back(
                padded.slice(2, dy * d, dy * d + x.size(2)).slice(3, dx * d, dx * d + x.size(3)));
    }
    return at::stack(neighbours, 2);  // [1, channels, neighbours, H, W]
  };
  const at::Tensor neighbours = around(picture);
  std::vector<at::Tensor> samples{neighbours};
  for (std::size_t i = 0; i < dilations.size(); ++i) samples.push_back(picture.unsqueeze(2));
  const at::Tensor deviation = at::cat(samples, 2).std(at::IntArrayRef{2}, true, true);
  const at::Tensor weights = (-(neighbours - picture.unsqueeze(2)).abs() / (1e-8 + 0.1 * deviation))
                                 .mean(1, true)
                                 .softmax(2);
  for (int step = 0; step < steps; ++step) scores = (around(scores) * weights).sum(2);
  return scores;
}

/// One 720p frame at the paper's settings, labels at the frame's size.
struct Frame {
  at::Tensor bytes = at::randint(256, {45, 80, 3}, at::kByte);
  Picture picture;
  Frame() {
    // Some structure: blocks of 16 x 16, each of one colour.
    bytes = bytes.repeat_interleave(16, 0).repeat_interleave(16, 1).contiguous();
    picture.height = 720;
    picture.width = 1280;
    picture.planes[0] = bytes.data_ptr<std::uint8_t>();
    picture.strides[0] = 3 * 1280;
  }
};

TEST_F(DeviceBenchmark, WholeFrameAtThePapersSettings) {
  const std::string path = ::testing::TempDir() + "naclip-random-" + std::to_string(getpid());
  testing::write_safetensors(testing::random_model(), path);
  ModelOptions options;
  options.model = path;
  options.merges = test::golden_folder() + "/mini-bpe.txt.gz";
  options.device = "cuda";
  options.prompts = Prompts::kNone;
  const auto segmenter = load_segmenter(options);
  std::remove(path.c_str());
  std::vector<std::string> words;
  std::string vocabulary;
  for (int i = 0; i < 21; ++i) {
    words.push_back("w" + std::to_string(i));
    vocabulary += words.back() + "; ";
  }
  const auto encoded = segmenter->encode(Vocabulary::parse(vocabulary));
  const Frame frame;
  InferenceOptions inference;
  inference.mask_size = MaskSize::kFrame;
  Segmentation ours;
  const auto fused = [&] {
    ours = segmenter->segment({&frame.picture, 1}, *encoded, inference).at(0);
  };
  at::NoGradGuard no_grad;
  const Checkpoint checkpoint = testing::random_model();
  const Compute compute = choose_compute("cuda", Precision::kFloat16);
  ClipVision vision(checkpoint, compute, Attention::kNaclip, Architecture::kReduced, 5.0);
  WordEmbeddings bank(ClipText(checkpoint, compute), Tokenizer::from_file(options.merges),
                      options.prompts, "", "");
  const at::Tensor features = bank.encode(words).to(device_);
  const PictureSize size = network_input_size({720, 1280}, 336, 16);
  const auto windows = windows_of(size.height, size.width, 224, 112);
  at::Tensor labels;
  const auto reference = [&] {
    const WithoutKernels plainly;
    const at::Tensor input = preprocess(frame.picture, size).to(device_);
    std::vector<at::Tensor> parts;
    for (const Window &window : windows)
      parts.push_back(plain::patch_scores(
          plain::patch_directions(vision.encode(crop_windows(input, {window}))), features, 14, 14));
    const at::Tensor scores = at::upsample_bilinear2d(
        plain::stitch_windows(at::cat(parts), windows, size.height, size.width), {720, 1280},
        false);
    const at::Tensor picture = at::upsample_bilinear2d(input, {720, 1280}, false);
    const at::Tensor refined = refine_materialised(picture, scores, 10, {8, 16});
    const auto [probability, label] = (refined[0] * 40.0).softmax(0).max(0);
    labels = label.to(at::kByte).to(at::kCPU).contiguous();
  };
  for (int i = 0; i < 3; ++i) fused();
  reference();
  ASSERT_EQ(ours.labels.size(), 720U * 1280U);
  std::size_t equal = 0;  // regions count from 1, words from 0
  for (std::size_t i = 0; i < ours.labels.size(); ++i)
    equal += ours.labels[i] == labels.data_ptr<std::uint8_t>()[i] + 1;
  ASSERT_GE(static_cast<double>(equal) / static_cast<double>(ours.labels.size()), kLabelsEqual);
  const double ms = median_ms(fused), baseline = median_ms(reference);
  std::printf(
      "| 720p frame, paper's settings, 21 words | ms | libtorch, step by step, ms | ratio |\n");
  std::printf("| mask at the frame's size | %.2f | %.2f | %.1f |\n", ms, baseline, baseline / ms);
  EXPECT_LT(ms, baseline);
  if (!has_budget()) return;
  EXPECT_LE(ms, kFrameMs);
  EXPECT_GE(baseline / ms, kTimesLibtorch);
}

}  // namespace
}  // namespace naclip
