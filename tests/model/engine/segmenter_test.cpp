#include "model/segmenter.h"

#include <gtest/gtest.h>

#include <unistd.h>

#include <array>
#include <cmath>
#include <filesystem>
#include <functional>

#include "model/machine/cpu.h"
#include "model/network/matmul.h"
#include "tests/golden_folder.h"

namespace naclip {
namespace {

ModelOptions tiny() {
  ModelOptions options;
  options.model = test::golden_folder() + "/tiny-openai.safetensors";
  options.device = "cpu";
  return options;
}

InferenceOptions small_input() {
  InferenceOptions options;
  options.input_size = 96;
  options.window_size = 80;
  options.window_stride = 40;
  options.refine_steps = 2;
  return options;
}

/// A picture with structure, owned.
struct Owned {
  std::vector<std::uint8_t> bytes;
  Picture picture;
  Owned(int width, int height, int seed = 1)
      : bytes(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3) {
    for (std::size_t i = 0; i < bytes.size(); ++i)
      bytes[i] = static_cast<std::uint8_t>(
          (i / 3 % static_cast<std::size_t>(width) * 7 + i * static_cast<std::size_t>(seed) / 31) %
          251);
    picture.width = width;
    picture.height = height;
    picture.planes[0] = bytes.data();
    picture.strides[0] = width * 3;
  }
};

ErrorKind kind_of(const std::function<void()> &work) {
  try {
    work();
  } catch (const Error &error) {
    EXPECT_STRNE(error.what(), "");
    return error.kind();
  }
  ADD_FAILURE() << "nothing was thrown";
  return ErrorKind::kInference;
}

TEST(Segmenter, TellsWhatTheCheckpointIs) {
  const auto segmenter = load_segmenter(tiny());
  EXPECT_GT(segmenter->info().patch_size, 0);
  EXPECT_EQ(segmenter->info().device, "cpu");
  EXPECT_EQ(segmenter->info().precision, has_fast_bfloat16() ? "bfloat16" : "float32");
  EXPECT_GT(segmenter->info().parameters, 100'000);
}

TEST(Segmenter, TellsTheActivationAndWarnsOnceWhereItIsAssumed) {
  std::vector<std::string> warnings;
  ModelOptions options = tiny();
  options.log = [&](LogLevel level, const Error &line) {
    if (level == LogLevel::kWarning && line.kind() == ErrorKind::kModel)
      warnings.emplace_back(line.what());
  };
  // Without the configuration beside it.
  const std::filesystem::path folder = std::filesystem::path(::testing::TempDir()) /
                                       ("naclip-segmenter-" + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  std::filesystem::copy_file(options.model, folder / "copy.safetensors",
                             std::filesystem::copy_options::overwrite_existing);
  options.model = folder / "copy.safetensors";
  options.merges = test::golden_folder() + "/mini-bpe.txt.gz";
  EXPECT_EQ(load_segmenter(options)->info().activation, Activation::kQuickGelu);
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_NE(warnings[0].find("property activation"), std::string::npos) << warnings[0];
  options.activation = Activation::kGelu;
  const auto gelu = load_segmenter(options);
  EXPECT_EQ(gelu->info().activation, Activation::kGelu);
  EXPECT_EQ(gelu->info().activation_source, "as set");
  options.activation = Activation::kAuto;
  options.model = test::golden_folder() + "/tiny-openai-torchscript.pt";
  EXPECT_EQ(load_segmenter(options)->info().activation_source, "the archive's layers");
  EXPECT_EQ(warnings.size(), 1U);
  std::filesystem::remove_all(folder);
}

TEST(Segmenter, MaskSizeIsTheInputsOrTheFrames) {
  const auto segmenter = load_segmenter(tiny());
  const auto vocabulary = segmenter->encode(Vocabulary::parse("cat; dog"));
  const Owned owned(200, 100);
  InferenceOptions options = small_input();
  const Segmentation input = segmenter->segment({&owned.picture, 1}, *vocabulary, options).at(0);
  EXPECT_EQ(input.height, 96);
  EXPECT_EQ(input.width, 192);
  options.mask_size = MaskSize::kFrame;
  const Segmentation frame = segmenter->segment({&owned.picture, 1}, *vocabulary, options).at(0);
  EXPECT_EQ(frame.height, 100);
  EXPECT_EQ(frame.width, 200);
  EXPECT_EQ(frame.labels.size(), 20000U);
}

TEST(Segmenter, FramesOfABatchComeOutAsTheyWouldAlone) {
  const auto segmenter = load_segmenter(tiny());
  const auto vocabulary = segmenter->encode(Vocabulary::parse("cat; dog, wolf; sky"));
  const Owned a(200, 100, 1), b(90, 160, 5), c(200, 100, 9);
  const std::array pictures{a.picture, b.picture, c.picture};
  const auto together = segmenter->segment(pictures, *vocabulary, small_input());
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    const auto alone = segmenter->segment({&pictures[i], 1}, *vocabulary, small_input()).at(0);
    ASSERT_EQ(together[i].labels.size(), alone.labels.size());
    std::size_t different = 0;
    for (std::size_t k = 0; k < alone.labels.size(); ++k)
      different += alone.labels[k] != together[i].labels[k];
    EXPECT_LE(different, alone.labels.size() / 1000) << i;
  }
}

TEST(Segmenter, PearlsAlphaCountsAndIsChecked) {
  const Owned owned(200, 100);
  const auto labels = [&](double alpha) {
    ModelOptions options = tiny();
    options.precision = Precision::kFloat32;
    options.attention = Attention::kPearl;
    options.pearl_alpha = alpha;
    const auto segmenter = load_segmenter(options);
    const auto vocabulary = segmenter->encode(Vocabulary::parse("cat; dog, wolf; sky"));
    return segmenter->segment({&owned.picture, 1}, *vocabulary, small_input()).at(0).labels;
  };
  EXPECT_NE(labels(0.0), labels(50.0));
  EXPECT_EQ(kind_of([&] { labels(-0.1); }), ErrorKind::kSettings);
  EXPECT_EQ(kind_of([&] { labels(std::nan("")); }), ErrorKind::kSettings);
  ModelOptions vanilla = tiny();
  vanilla.attention = Attention::kPearl;
  vanilla.architecture = Architecture::kVanilla;
  EXPECT_EQ(kind_of([&] { load_segmenter(vanilla); }), ErrorKind::kSettings);
}

TEST(Segmenter, RefinesAsItIsAsked) {
  const auto segmenter = load_segmenter(tiny());
  const auto vocabulary = segmenter->encode(Vocabulary::parse("cat; dog, wolf; sky"));
  const Owned owned(200, 100);
  for (const MaskSize size : {MaskSize::kInput, MaskSize::kFrame}) {
    const auto labels = [&](Refine refine, int steps) {
      InferenceOptions options = small_input();
      options.mask_size = size;
      options.refine = refine;
      options.refine_steps = steps;
      if (options.pamr_steps() == 0) options.refine_dilations.clear();  // nobody asks for them
      return segmenter->segment({&owned.picture, 1}, *vocabulary, options).at(0).labels;
    };
    const auto none = labels(Refine::kPamr, 0), pamr = labels(Refine::kPamr, 2),
               tlp = labels(Refine::kTlp, 2), both = labels(Refine::kTlpPamr, 2);
    EXPECT_EQ(labels(Refine::kNone, 2), none);
    EXPECT_EQ(labels(Refine::kTlpPamr, 0), tlp);
    EXPECT_EQ(labels(Refine::kTlp, 0), tlp);
    EXPECT_EQ(tlp.size(), none.size());
    EXPECT_EQ(both.size(), none.size());
    EXPECT_NE(tlp, none);
    EXPECT_NE(tlp, pamr);
    EXPECT_NE(both, tlp);
    EXPECT_NE(both, pamr);
  }
}

TEST(Segmenter, PropagatesSmoothedStreamsAndBatchesOfThem) {
  const auto segmenter = load_segmenter(tiny());
  const auto vocabulary = segmenter->encode(Vocabulary::parse("cat; dog, wolf; sky"));
  const Owned owned(200, 100);
  InferenceOptions options = small_input();
  options.refine = Refine::kTlp;
  const auto alone = segmenter->segment({&owned.picture, 1}, *vocabulary, options).at(0);
  const std::array twice{owned.picture, owned.picture};
  for (const Segmentation &one : segmenter->segment(twice, *vocabulary, options))
    EXPECT_EQ(one.labels, alone.labels);
  options.smoothing = 0.8;
  const SegmentRequest request{segmenter->prepare(owned.picture, options.input_size),
                               [vocabulary] { return vocabulary; }, options,
                               segmenter->make_memory()};
  std::size_t different = 0;
  for (int frame = 0; frame < 3; ++frame) {
    // Nothing moves, so that the mean over time is the frame.
    const auto labels = segmenter->segment({&request, 1}).at(0).segmentation.labels;
    ASSERT_EQ(labels.size(), alone.labels.size());
    for (std::size_t i = 0; i < labels.size(); ++i) different += labels[i] != alone.labels[i];
  }
  EXPECT_LE(different, alone.labels.size() / 50);
}

TEST(Segmenter, SharesAddUpToOne) {
  const auto segmenter = load_segmenter(tiny());
  const auto vocabulary = segmenter->encode(Vocabulary::parse("cat; dog; sky"));
  const Owned owned(64, 48);
  InferenceOptions options = small_input();
  options.threshold = 0.4;
  const Segmentation result = segmenter->segment({&owned.picture, 1}, *vocabulary, options).at(0);
  double sum = 0;
  for (const RegionStatistics &region : result.regions) sum += region.share;
  EXPECT_NEAR(sum, 1.0, 1e-9);
  ASSERT_EQ(result.regions.size(), 4U);
}

TEST(Segmenter, AClasssOwnThresholdHoldsForItsPixelsAlone) {
  const auto segmenter = load_segmenter(tiny());
  const Owned owned(64, 48);
  const auto segment = [&](const char *words, double threshold) {
    InferenceOptions options = small_input();
    options.threshold = threshold;
    const auto vocabulary = segmenter->encode(Vocabulary::parse(words));
    return segmenter->segment({&owned.picture, 1}, *vocabulary, options).at(0);
  };
  const Segmentation all = segment("cat; dog, wolf; sky", 0.0);
  ASSERT_GT(all.regions[2].share, 0.0);
  ASSERT_GT(all.regions[1].share + all.regions[3].share, 0.0);
  Segmentation without_dog = all;
  for (std::uint8_t &label : without_dog.labels) label = label == 2 ? 0 : label;
  EXPECT_EQ(segment("cat; dog >1, wolf; sky", 0.0).labels, without_dog.labels);
  Segmentation dog_alone = all;
  for (std::uint8_t &label : dog_alone.labels) label = label == 2 ? 2 : 0;
  EXPECT_EQ(segment("cat; dog >0, wolf; sky", 1.0).labels, dog_alone.labels);
}

/// The picture with every pixel twice beside itself.
Owned stretched(const Owned &narrow) {
  Owned square(2 * narrow.picture.width, narrow.picture.height);
  for (std::size_t i = 0; i < square.bytes.size(); ++i)
    square.bytes[i] = narrow.bytes[i / 6 * 3 + i % 3];
  return square;
}

TEST(Segmenter, APictureOfWidePixelsHasTheMaskOfItsStretchedForm) {
  const auto segmenter = load_segmenter(tiny());
  const auto vocabulary = segmenter->encode(Vocabulary::parse("cat; dog; sky; person"));
  // As coarse as the network sees it, so that stretching one way or the other is nearly the same.
  Owned narrow(115, 150);
  for (std::size_t y = 0; y < 150; ++y)
    for (std::size_t x = 0; x < 345; ++x)
      narrow.bytes[y * 345 + x] = static_cast<std::uint8_t>(x * 2 / 3 + y * (x % 3) / 3);
  const Owned square = stretched(narrow);
  narrow.picture.pixel_aspect = 2.0;
  const Segmentation expected =
      segmenter->segment({&square.picture, 1}, *vocabulary, small_input()).at(0);
  const Segmentation mask =
      segmenter->segment({&narrow.picture, 1}, *vocabulary, small_input()).at(0);
  ASSERT_EQ(mask.width, expected.width);
  ASSERT_EQ(mask.height, expected.height);
  std::size_t equal = 0;
  for (std::size_t i = 0; i < expected.labels.size(); ++i)
    equal += mask.labels[i] == expected.labels[i];
  RecordProperty("equal", std::to_string(static_cast<double>(equal) /
                                         static_cast<double>(expected.labels.size())));
  EXPECT_GE(static_cast<double>(equal), 0.97 * static_cast<double>(expected.labels.size()));
  // Streams' pictures take the other way in.
  SegmentRequest request;
  request.picture = segmenter->prepare(narrow.picture, small_input().input_size);
  request.vocabulary = [&] { return vocabulary; };
  request.options = small_input();
  EXPECT_EQ(segmenter->segment({&request, 1}).at(0).segmentation.labels, mask.labels);
}

TEST(Segmenter, AFrameSizedMaskOfWidePixelsHasTheFramesSize) {
  const auto segmenter = load_segmenter(tiny());
  const auto vocabulary = segmenter->encode(Vocabulary::parse("cat; dog"));
  Owned owned(60, 100);
  owned.picture.pixel_aspect = 2.0;
  InferenceOptions options = small_input();
  options.mask_size = MaskSize::kFrame;
  const Segmentation mask = segmenter->segment({&owned.picture, 1}, *vocabulary, options).at(0);
  EXPECT_EQ(mask.width, 60);
  EXPECT_EQ(mask.height, 100);
}

TEST(Segmenter, RefusesPixelsOfNoShape) {
  const auto segmenter = load_segmenter(tiny());
  const auto vocabulary = segmenter->encode(Vocabulary::parse("cat"));
  Owned owned(32, 32);
  for (const double aspect : {0.0, -1.0, std::nan(""), HUGE_VAL}) {
    owned.picture.pixel_aspect = aspect;
    EXPECT_EQ(kind_of([&] {
                segmenter->segment({&owned.picture, 1}, *vocabulary, small_input());
              }),
              ErrorKind::kSettings)
        << aspect;
  }
}

TEST(Segmenter, TinyPicturesWork) {
  const auto segmenter = load_segmenter(tiny());
  const auto vocabulary = segmenter->encode(Vocabulary::parse("cat; dog"));
  for (const auto &[width, height] :
       std::vector<std::pair<int, int>>{{1, 1}, {2, 2}, {17, 33}, {1, 400}, {3000, 1}}) {
    const Owned owned(width, height);
    InferenceOptions options = small_input();
    options.mask_size = MaskSize::kFrame;
    const Segmentation result = segmenter->segment({&owned.picture, 1}, *vocabulary, options).at(0);
    EXPECT_EQ(result.width, width);
    EXPECT_EQ(result.height, height);
  }
}

/// The part of labels that are the same in float32.
double agreement_with_float32(Precision precision) {
  const Owned owned(230, 150);
  const Vocabulary vocabulary = Vocabulary::parse("cat; dog; sky; person");
  std::vector<Segmentation> results;
  for (const Precision one : {Precision::kFloat32, precision}) {
    ModelOptions options = tiny();
    options.precision = one;
    const auto segmenter = load_segmenter(options);
    results.push_back(
        segmenter->segment({&owned.picture, 1}, *segmenter->encode(vocabulary), small_input())
            .at(0));
  }
  std::size_t equal = 0;
  for (std::size_t i = 0; i < results[0].labels.size(); ++i)
    equal += results[0].labels[i] == results[1].labels[i];
  return static_cast<double>(equal) / static_cast<double>(results[0].labels.size());
}

TEST(Segmenter, Bfloat16LabelsAgreeWithFloat32) {
  EXPECT_GE(agreement_with_float32(Precision::kBfloat16), 0.97);
}

TEST(Segmenter, Int8LabelsAgreeWithFloat32) {
  ModelOptions options = tiny();
  options.precision = Precision::kInt8;
  if (!Matmul::available() || !has_int8_products()) {
    EXPECT_EQ(kind_of([&] { load_segmenter(options); }), ErrorKind::kDevice);
    GTEST_SKIP() << "no products of 8 bits here";
  }
  EXPECT_EQ(load_segmenter(options)->info().precision, "int8");
  const double agreement = agreement_with_float32(Precision::kInt8);
  EXPECT_GE(agreement, 0.97);
  EXPECT_LT(agreement, 1.0) << "it is another precision";
}

TEST(Segmenter, WordsKeptOnDiskGiveTheSameLabels) {
  const auto folder =
      std::filesystem::temp_directory_path() / ("naclip-cache-" + std::to_string(getpid()));
  ModelOptions options = tiny();
  options.cache_dir = folder.string();
  const Owned owned(100, 80);
  const auto labels = [&] {
    const auto segmenter = load_segmenter(options);
    return segmenter
        ->segment({&owned.picture, 1}, *segmenter->encode(Vocabulary::parse("cat; dog")),
                  small_input())
        .at(0)
        .labels;
  };
  const auto first = labels();
  std::size_t files = 0;
  for (const auto &entry : std::filesystem::directory_iterator(folder)) {
    ++files;
    EXPECT_GT(entry.file_size(), 64U);
  }
  EXPECT_EQ(files, 2U);
  EXPECT_EQ(labels(), first);
  // A damaged file is not believed.
  for (const auto &entry : std::filesystem::directory_iterator(folder))
    std::filesystem::resize_file(entry, 80);
  EXPECT_EQ(labels(), first);
  std::filesystem::remove_all(folder);
}

TEST(Segmenter, RefusesBadOptionsByKind) {
  ModelOptions options = tiny();
  options.model = "";
  EXPECT_EQ(kind_of([&] { load_segmenter(options); }), ErrorKind::kSettings);
  options = tiny();
  options.device = "tpu";
  EXPECT_EQ(kind_of([&] { load_segmenter(options); }), ErrorKind::kSettings);
  options.device = "cuda:900";
  EXPECT_EQ(kind_of([&] { load_segmenter(options); }), ErrorKind::kSettings);
  options = tiny();
  options.precision = Precision::kFloat16;
  EXPECT_EQ(kind_of([&] { load_segmenter(options); }), ErrorKind::kDevice);
  options = tiny();
  options.attention = Attention::kCsa;
  EXPECT_EQ(kind_of([&] { load_segmenter(options); }), ErrorKind::kSettings);
  options.architecture = Architecture::kVanilla;
  EXPECT_NO_THROW(load_segmenter(options));
  options = tiny();
  options.merges = "/nowhere/merges.txt";
  EXPECT_EQ(kind_of([&] { load_segmenter(options); }), ErrorKind::kNotFound);
}

TEST(Segmenter, RefusesBadInferenceOptions) {
  const auto segmenter = load_segmenter(tiny());
  const auto vocabulary = segmenter->encode(Vocabulary::parse("cat"));
  const Owned owned(32, 32);
  const auto refused = [&](auto change) {
    InferenceOptions options = small_input();
    change(options);
    EXPECT_EQ(kind_of([&] {
                segmenter->segment({&owned.picture, 1}, *vocabulary, options);
              }),
              ErrorKind::kSettings);
  };
  refused([](InferenceOptions &o) { o.input_size = 1; });
  refused([](InferenceOptions &o) { o.window_size = 3; });
  refused([](InferenceOptions &o) { o.window_stride = 0; });
  refused([](InferenceOptions &o) { o.window_stride = 81; });
  refused([](InferenceOptions &o) { o.refine_steps = -1; });
  refused([](InferenceOptions &o) { o.refine_dilations.clear(); });
  refused([](InferenceOptions &o) {
    o.refine = Refine::kTlpPamr;
    o.refine_dilations.clear();
  });
  refused([](InferenceOptions &o) { o.refine_dilations = {0}; });
  refused([](InferenceOptions &o) { o.threshold = 1.5; });
  refused([](InferenceOptions &o) { o.logit_scale = 0; });
}

TEST(Segmenter, RefusesQueriesOfAnotherModel) {
  const auto one = load_segmenter(tiny()), other = load_segmenter(tiny());
  const auto vocabulary = other->encode(Vocabulary::parse("cat"));
  const Owned owned(32, 32);
  EXPECT_EQ(kind_of([&] {
              one->segment({&owned.picture, 1}, *vocabulary, small_input());
            }),
            ErrorKind::kSettings);
}

TEST(Segmenter, WarnsOfAWordThatIsCut) {
  std::vector<std::string> warnings;
  const Log log = [&](LogLevel level, const Error &line) {
    if (level != LogLevel::kWarning) return;
    EXPECT_EQ(line.kind(), ErrorKind::kVocabulary);
    warnings.push_back(line.what());
  };
  std::string word;
  for (int i = 0; i < 100; ++i) word += "word ";
  load_segmenter(tiny())->encode(Vocabulary::parse("cat; long: " + word), log, {}, {});
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_NE(warnings[0].find("77"), std::string::npos);
  EXPECT_LT(warnings[0].size(), 120U) << "a long word is not quoted whole";
}

TEST(Segmenter, EntryPointRefusesAnotherAbi) {
  const ModelOptions options = tiny();
  EXPECT_EQ(kind_of([&] { naclip_load_segmenter(kNaclipAbi + 1, &options); }),
            ErrorKind::kNotFound);
}

}  // namespace
}  // namespace naclip
