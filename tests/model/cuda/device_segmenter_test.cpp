// The whole segmenter on a GPU: labels, memory, contexts, and several threads.
#include <ATen/core/grad_mode.h>
#include <ATen/cuda/Sleep.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAStream.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <mutex>
#include <thread>

#include "foreign_context.h"
#include "model/network/clip_vision.h"
#include "model/segmenter.h"
#include "on_device.h"
#include "random_model.h"
#include "tests/golden_folder.h"

namespace naclip {
namespace {

class DeviceSegmenter : public testing::OnDevice {
 protected:
  void SetUp() override {
    OnDevice::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    segmenter_ = load("cuda");
    vocabulary_ = segmenter_->encode(Vocabulary::parse("cat; dog; sky, clouds"));
    bytes_.resize(120 * 160 * 3);
    for (std::size_t i = 0; i < bytes_.size(); ++i)
      bytes_[i] = static_cast<std::uint8_t>(i * 7 + i / 480 * 3);
    picture_.height = 120;
    picture_.width = 160;
    picture_.planes[0] = bytes_.data();
    picture_.strides[0] = 480;
    options_.input_size = 96;
    options_.window_size = 64;
    options_.window_stride = 32;
  }

  Segmentation segment() {
    return segmenter_->segment({&picture_, 1}, *vocabulary_, options_).at(0);
  }

  static std::unique_ptr<Segmenter> load(const std::string &device,
                                         Precision precision = Precision::kAuto,
                                         Attention attention = Attention::kNaclip,
                                         const Log &log = {}) {
    ModelOptions options;
    options.model = test::golden_folder() + "/tiny-openai.safetensors";
    options.device = device;
    options.precision = precision;
    options.attention = attention;
    if (attention == Attention::kCsa) options.architecture = Architecture::kVanilla;
    options.log = log;
    return load_segmenter(options);
  }

  /// The labels that another segmenter gives the same picture and words.
  std::vector<std::uint8_t> labels_of(Segmenter &other,
                                      const std::string &words = "cat; dog; sky, clouds") const {
    const auto vocabulary = other.encode(Vocabulary::parse(words));
    return other.segment({&picture_, 1}, *vocabulary, options_).at(0).labels;
  }

  static double part_equal(const std::vector<std::uint8_t> &a, const std::vector<std::uint8_t> &b) {
    EXPECT_EQ(a.size(), b.size());
    std::size_t equal = 0;
    for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) equal += a[i] == b[i];
    return static_cast<double>(equal) / static_cast<double>(a.size());
  }

  std::unique_ptr<Segmenter> segmenter_;
  std::shared_ptr<const EncodedVocabulary> vocabulary_;
  std::vector<std::uint8_t> bytes_;
  Picture picture_;
  InferenceOptions options_;
};

TEST_F(DeviceSegmenter, ReplayedFramesEqualTheFirst) {
  const Segmentation first = segment();
  for (int i = 0; i < 4; ++i) EXPECT_EQ(segment().labels, first.labels);
}

TEST_F(DeviceSegmenter, AChangedVocabularyTakesEffectInTheGraph) {
  for (int i = 0; i < 3; ++i) segment();
  vocabulary_ = segmenter_->encode(Vocabulary::parse("tree; river; car, bus"));
  EXPECT_EQ(segment().labels, labels_of(*load("cuda"), "tree; river; car, bus"));
}

TEST_F(DeviceSegmenter, StreamsOfMixedVocabulariesComeOutAsEachAlone) {
  const std::vector<std::string> words{"cat; dog; sky, clouds", "cat; dog; sky, clouds",
                                       "tree; river", "car; bus; road; kerb; wall"};
  std::vector<std::vector<std::uint8_t>> alone;
  for (const std::string &one : words) alone.push_back(labels_of(*segmenter_, one));
  for (std::size_t streams = 1; streams <= words.size(); ++streams)
    for (int round = 0; round < 3; ++round) {
      std::vector<SegmentRequest> requests;
      std::shared_ptr<const EncodedVocabulary> last;
      for (std::size_t i = 0; i < streams; ++i) {
        if (i == 0 || words[i] != words[i - 1])
          last = segmenter_->encode(Vocabulary::parse(words[i]));
        requests.push_back({segmenter_->prepare(picture_, options_.input_size),
                            [vocabulary = last] { return vocabulary; }, options_, nullptr});
      }
      const auto results = segmenter_->segment(requests);
      for (std::size_t i = 0; i < streams; ++i)
        EXPECT_GE(part_equal(results[i].segmentation.labels, alone[i]), 0.999)
            << streams << " streams, " << i;
    }
}

TEST_F(DeviceSegmenter, PicturesArePreparedBesideACapture) {
  std::string said;
  std::mutex mutex;
  const auto other =
      load("cuda", Precision::kAuto, Attention::kNaclip, [&](LogLevel level, const Error &line) {
        const std::lock_guard lock(mutex);
        if (level == LogLevel::kWarning) said += line.what();
      });
  std::atomic<bool> done = false;
  std::jthread preparing([&] {
    while (!done) other->prepare(picture_, 96);
  });
  for (int side = 64; side < 120; side += 4) {  // each a new shape: as it is, captured, replayed
    options_.input_size = side;
    const std::vector<std::uint8_t> expected = segment().labels;
    for (int i = 0; i < 3; ++i) EXPECT_GE(part_equal(labels_of(*other), expected), 0.999) << side;
  }
  done = true;
  const std::lock_guard lock(mutex);
  EXPECT_EQ(said, "");
}

TEST_F(DeviceSegmenter, TwoModelsCaptureAtOnce) {
  const std::vector<std::uint8_t> expected = segment().labels;
  const auto work = [&](double &least) {
    const auto own = load("cuda");
    for (int round = 0; round < 5; ++round)
      for (int side = 64; side <= 96; side += 8) {
        InferenceOptions options = options_;
        options.input_size = side;
        const auto vocabulary = own->encode(Vocabulary::parse("cat; dog; sky, clouds"));
        const auto labels = own->segment({&picture_, 1}, *vocabulary, options).at(0).labels;
        if (side == 96) least = std::min(least, part_equal(labels, expected));
      }
  };
  double first = 1.0, second = 1.0;
  {
    const std::jthread one([&] { work(first); }), other([&] { work(second); });
  }
  EXPECT_GE(first, 0.999);
  EXPECT_GE(second, 0.999);
}

TEST_F(DeviceSegmenter, TwentyShapesTakeNoMoreOfTheDeviceTheThirdTimeThanTheSecond) {
  const auto round = [&] {
    for (int side = 64; side < 144; side += 4) {
      options_.input_size = side;
      for (int i = 0; i < 3; ++i) segment();
    }
  };
  round();
  round();
  const std::size_t before = testing::DriverForTests::get().free_bytes(device_);
  for (int i = 0; i < 3; ++i) round();
  EXPECT_GE(testing::DriverForTests::get().free_bytes(device_), before);
}

TEST_F(DeviceSegmenter, PicturesOfAForeignContextAreReadAndThatContextIsPutBack) {
  const std::vector<std::uint8_t> expected = segment().labels;
  const testing::ForeignContext context(device_);
  const testing::ForeignMemory memory(context, bytes_);
  Picture there = picture_;
  there.planes[0] = memory.pointer();
  there.cuda_device = device_.index();
  {
    const testing::ForeignContext::Current current(context);
    const auto labels = segmenter_->segment({&there, 1}, *vocabulary_, options_).at(0).labels;
    EXPECT_EQ(labels, expected);
    EXPECT_TRUE(current.is_current());
  }
  // And from a thread that has none.
  std::vector<std::uint8_t> labels;
  std::jthread([&] {
    labels = segmenter_->segment({&there, 1}, *vocabulary_, options_).at(0).labels;
  }).join();
  EXPECT_EQ(labels, expected);
}

TEST_F(DeviceSegmenter, WithoutKernelsHostPicturesComeOutTheSameAndDevicePicturesAreRefused) {
  const std::vector<std::uint8_t> expected = segment().labels;
  setenv("NACLIP_CUDA_KERNELS", "0", 1);
  std::string said;
  const auto plain =
      load("cuda", Precision::kAuto, Attention::kNaclip, [&](LogLevel level, const Error &line) {
        if (level == LogLevel::kWarning) said += line.what();
      });
  EXPECT_FALSE(plain->info().reads_device_memory);
  EXPECT_NE(said.find("kernels"), std::string::npos) << said;
  for (int i = 0; i < 3; ++i) EXPECT_GE(part_equal(labels_of(*plain), expected), 0.99);
  Picture there = picture_;
  there.cuda_device = device_.index();
  const auto vocabulary = plain->encode(Vocabulary::parse("cat; dog"));
  EXPECT_THROW(plain->segment({&there, 1}, *vocabulary, options_), Error);
  unsetenv("NACLIP_CUDA_KERNELS");
}

TEST_F(DeviceSegmenter, EveryAttentionInFloat32GivesTheCpusLabels) {
  for (const auto &attention : kAttentions) {
    const auto there = load("cuda", Precision::kFloat32, attention.value),
               here = load("cpu", Precision::kFloat32, attention.value);
    for (int i = 0; i < 3; ++i)
      EXPECT_GE(part_equal(labels_of(*there), labels_of(*here)), 0.999) << attention.name;
  }
}

TEST_F(DeviceSegmenter, EveryRefinementInFloat32GivesTheCpusLabels) {
  const auto there = load("cuda", Precision::kFloat32), here = load("cpu", Precision::kFloat32);
  for (const auto &refinement : kRefinements) {
    options_.refine = refinement.value;
    EXPECT_GE(part_equal(labels_of(*there), labels_of(*here)), 0.999) << refinement.name;
  }
}

TEST_F(DeviceSegmenter, TheWholePictureAtOnceGivesTheCpusLabels) {
  options_.window_size = 0;
  const auto there = load("cuda", Precision::kFloat32), here = load("cpu", Precision::kFloat32);
  for (int i = 0; i < 3; ++i) EXPECT_GE(part_equal(labels_of(*there), labels_of(*here)), 0.999);
}

TEST_F(DeviceSegmenter, SmoothedStreamsHaveTheCpusLabels) {
  const auto there = load("cuda", Precision::kFloat32), here = load("cpu", Precision::kFloat32);
  options_.smoothing = 0.8;
  const std::shared_ptr<StreamMemory> memory_there = there->make_memory(),
                                      memory_here = here->make_memory();
  const auto next = [&](Segmenter &segmenter, const std::shared_ptr<StreamMemory> &memory) {
    const auto vocabulary = segmenter.encode(Vocabulary::parse("cat; dog; sky, clouds"));
    const SegmentRequest request{segmenter.prepare(picture_, options_.input_size),
                                 [vocabulary] { return vocabulary; }, options_, memory};
    return segmenter.segment({&request, 1}).at(0).segmentation.labels;
  };
  for (int frame = 0; frame < 5; ++frame) {
    for (std::uint8_t &byte : bytes_) byte = static_cast<std::uint8_t>(byte + 3);
    EXPECT_GE(part_equal(next(*there, memory_there), next(*here, memory_here)), 0.99) << frame;
  }
}

TEST_F(DeviceSegmenter, Bfloat16FeaturesOfTheSizeOfViTAreNearThoseOfFloat32) {
  const Checkpoint checkpoint = testing::random_model();
  at::manual_seed(5);
  const at::Tensor picture = at::randn({2, 3, 224, 224});
  const auto features = [&](Precision precision) {
    at::Tensor result;
    runner_->aside([&] {
      const at::NoGradGuard no_grad;
      ClipVision vision(checkpoint, choose_compute("cuda", precision), Attention::kNaclip,
                        Architecture::kReduced, 5.0);
      result = vision.encode(picture.to(device_)).to(at::kCPU);
    });
    return result;
  };
  const at::Tensor exact = features(Precision::kFloat32);
  for (const auto &[precision, limit] :
       {std::pair{Precision::kBfloat16, 0.05}, std::pair{Precision::kFloat16, 0.01}}) {
    const at::Tensor difference = features(precision) - exact;
    EXPECT_LE((difference.norm() / exact.norm()).item<double>(), limit)
        << precision_name(choose_compute("cuda", precision).weights);
  }
}

TEST_F(DeviceSegmenter, TheDefaultStreamIsNeitherUsedNorWaitedFor) {
  for (int i = 0; i < 3; ++i) segment();  // as it is, captured, replayed
  const c10::cuda::CUDAStream standard = c10::cuda::getDefaultCUDAStream(device_.index());
  at::cuda::sleep(4'000'000'000);  // cycles: a second and more
  segment();
  EXPECT_FALSE(standard.query());
  EXPECT_EQ(c10::cuda::getCurrentCUDAStream(device_.index()), standard);
}

TEST_F(DeviceSegmenter, ManyFramesTakeNoMoreMemoryThanAFew) {
  const char *given = std::getenv("NACLIP_GPU_FRAMES");
  const int frames = given != nullptr ? std::atoi(given) : 300;
  const auto reserved = [&] {
    return c10::cuda::CUDACachingAllocator::getDeviceStats(device_.index())
        .reserved_bytes[0]
        .current;
  };
  for (int i = 0; i < 10; ++i) segment();
  const std::int64_t before = reserved();
  for (int i = 0; i < frames; ++i) segment();
  EXPECT_LE(reserved(), before);
}

}  // namespace
}  // namespace naclip
