// The GPU's backend on a stand-in for the GPU: batches that are padded, graphs, and streams of
// several vocabularies in one batch.
#include <gtest/gtest.h>

#include "model/engine/torch_segmenter.h"
#include "model/network/checkpoint.h"
#include "tests/golden_folder.h"
#include "tests/model/cuda/fake_runner.h"

namespace naclip {
namespace {

/// A picture of stripes, owned.
struct Stripes {
  std::vector<std::uint8_t> bytes;
  Picture picture;
  Stripes(int width, int height, unsigned seed)
      : bytes(static_cast<std::size_t>(width * height) * 3) {
    for (std::size_t i = 0; i < bytes.size(); ++i)
      bytes[i] = static_cast<std::uint8_t>(
          (i / 3 % static_cast<std::size_t>(width) * seed + i * seed / 331) % 251);
    picture.width = width;
    picture.height = height;
    picture.planes[0] = bytes.data();
    picture.strides[0] = 3 * width;
  }
};

class GpuBackend : public ::testing::Test {
 protected:
  GpuBackend() {
    const std::string model = test::golden_folder() + "/tiny-openai.safetensors";
    const Compute compute = choose_compute("cpu", Precision::kFloat32);
    const Checkpoint checkpoint = read_checkpoint(model);
    on_gpu_ = std::make_unique<TorchSegmenter>(
        ModelInfo{}, compute, make_gpu_backend(std::make_unique<testing::FakeRunner>(counts_)),
        ClipVision(checkpoint, compute, Attention::kNaclip, Architecture::kReduced, 5.0),
        std::make_unique<WordEmbeddings>(
            ClipText(checkpoint, compute),
            Tokenizer::from_file(test::golden_folder() + "/mini-bpe.txt.gz"), Prompts::kNone, "",
            ""));
    ModelOptions options;
    options.model = model;
    options.device = "cpu";
    options.precision = Precision::kFloat32;
    options.prompts = Prompts::kNone;
    on_cpu_ = load_segmenter(options);
    options_.input_size = 96;
    options_.window_size = 80;
    options_.window_stride = 40;
    options_.refine_steps = 2;
  }

  /// A stream's frame, as the scheduler would hand it over.
  struct Stream {
    const Stripes *frame;
    std::string vocabulary;
    InferenceOptions options;
    bool remembers = false;
  };

  static std::vector<SegmentResult> segment(Segmenter &segmenter,
                                            const std::vector<Stream> &streams) {
    std::vector<SegmentRequest> requests;
    std::map<std::string, std::shared_ptr<const EncodedVocabulary>> encoded;
    for (const Stream &stream : streams) {
      auto &vocabulary = encoded[stream.vocabulary];
      if (!vocabulary) vocabulary = segmenter.encode(Vocabulary::parse(stream.vocabulary));
      requests.push_back({segmenter.prepare(stream.frame->picture, stream.options.input_size),
                          [vocabulary] { return vocabulary; }, stream.options,
                          stream.remembers ? segmenter.make_memory() : nullptr});
    }
    return segmenter.segment(requests);
  }

  /// Each stream's labels are those that the CPU gives it alone.
  void expect_as_alone(const std::vector<Stream> &streams) {
    const auto together = segment(*on_gpu_, streams);
    ASSERT_EQ(together.size(), streams.size());
    for (std::size_t i = 0; i < streams.size(); ++i) {
      const Segmentation alone = segment(*on_cpu_, {streams[i]}).at(0).segmentation;
      const Segmentation &ours = together[i].segmentation;
      ASSERT_EQ(ours.labels.size(), alone.labels.size()) << i;
      ASSERT_EQ(ours.regions.size(), alone.regions.size()) << i;
      std::size_t different = 0;
      for (std::size_t k = 0; k < alone.labels.size(); ++k)
        different += ours.labels[k] != alone.labels[k];
      EXPECT_LE(different, alone.labels.size() / 1000) << i;
      EXPECT_EQ(together[i].vocabulary->vocabulary().regions().size(), alone.regions.size()) << i;
    }
  }

  testing::GraphCounts counts_;
  std::unique_ptr<Segmenter> on_gpu_, on_cpu_;
  InferenceOptions options_;
  const Stripes wide_{200, 100, 3}, other_{200, 100, 11}, tall_{90, 160, 7};
};

TEST_F(GpuBackend, StreamsOfMixedVocabulariesGoThroughOneGraph) {
  const std::vector<Stream> streams{{&wide_, "cat; dog", options_},
                                    {&other_, "cat; dog", options_},
                                    {&wide_, "sky; tree, bush; road; car", options_},
                                    {&other_, "sky", options_},
                                    {&wide_, "sky", options_}};
  for (int round = 0; round < 3; ++round) expect_as_alone(streams);  // as is, captured, replayed
  EXPECT_EQ(counts_.made, 1);
  EXPECT_EQ(counts_.replays, 2);
}

TEST_F(GpuBackend, TellsHowManyFramesPay) {
  EXPECT_EQ(on_gpu_->info().batch, 16);
  EXPECT_EQ(on_cpu_->info().batch, 2);
}

TEST_F(GpuBackend, EveryNumberOfStreamsComesOutAsEachAlone) {
  for (const std::size_t count : {1U, 3U, 16U, 17U}) {
    std::vector<Stream> streams;
    for (std::size_t i = 0; i < count; ++i)
      streams.push_back({i % 2 == 0 ? &wide_ : &other_, "cat; dog; sky", options_});
    expect_as_alone(streams);
  }
}

TEST_F(GpuBackend, SizesWindowsAndMaskSizesDoNotMix) {
  InferenceOptions whole = options_, frame_sized = options_, unrefined = options_;
  whole.window_size = 0;
  frame_sized.mask_size = MaskSize::kFrame;
  unrefined.refine_steps = 0;
  for (int round = 0; round < 2; ++round)
    expect_as_alone({{&wide_, "cat; dog", options_},
                     {&tall_, "cat; dog", options_},
                     {&wide_, "cat; dog", whole},
                     {&other_, "cat; dog", frame_sized},
                     {&wide_, "cat; dog", frame_sized},
                     {&other_, "cat; dog", unrefined}});
}

TEST_F(GpuBackend, AFailedCaptureCostsNoFrame) {
  counts_.refuse = true;
  for (int round = 0; round < 3; ++round)
    expect_as_alone({{&wide_, "cat; dog", options_}, {&other_, "sky", options_}});
  EXPECT_EQ(counts_.replays, 0);
}

TEST_F(GpuBackend, AVocabularyThatChangesTakesEffectInTheGraph) {
  for (const char *words : {"cat; dog", "cat; dog", "tree; river; car, bus", "sky", "cat; dog"})
    expect_as_alone({{&wide_, words, options_}});
  EXPECT_EQ(counts_.made, 1);
}

TEST_F(GpuBackend, PicturesAtOnceComeOutAsEachAlone) {
  const auto vocabulary = on_gpu_->encode(Vocabulary::parse("cat; dog; sky"));
  std::vector<Picture> pictures;
  for (int i = 0; i < 18; ++i) pictures.push_back(i % 3 == 0 ? wide_.picture : other_.picture);
  const auto together = on_gpu_->segment(pictures, *vocabulary, options_);
  ASSERT_EQ(together.size(), pictures.size());
  for (std::size_t i = 0; i < pictures.size(); ++i)
    EXPECT_EQ(together[i].labels,
              on_gpu_->segment({&pictures[i], 1}, *vocabulary, options_).at(0).labels)
        << i;
}

}  // namespace
}  // namespace naclip
