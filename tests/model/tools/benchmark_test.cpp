// The table of benchmarks and their words against the published ones.
#include "model/tools/naclip-eval/benchmark.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <map>

#include "eval_files.h"
#include "model/error.h"
#include "model/tools/naclip-eval/text.h"

namespace naclip::eval {
namespace {

struct Published {
  std::size_t classes;
  bool background;
  int input_size, window_size;
  double threshold, mean_iou;
};

const std::map<std::string, Published> kPublished{
    {"voc21", {21, true, 336, 0, 0.1, 64.07}},
    {"context60", {60, true, 336, 224, 0.1, 34.99}},
    {"coco-object", {81, true, 336, 224, 0.1, 36.19}},
    {"voc20", {20, false, 336, 0, 0.0, 83.03}},
    {"cityscapes", {19, false, 560, 224, 0.0, 38.27}},
    {"context59", {59, false, 336, 224, 0.0, 38.35}},
    {"ade20k", {150, false, 336, 224, 0.0, 19.05}},
    {"coco-stuff", {171, false, 336, 224, 0.0, 25.69}},
};

TEST(Benchmarks, HaveThePapersSettingsAndFigures) {
  EXPECT_EQ(benchmarks().size(), kPublished.size());
  for (const auto &[name, published] : kPublished) {
    const Benchmark &benchmark = benchmark_named(name);
    const InferenceOptions options = inference_of(benchmark);
    const Vocabulary vocabulary = vocabulary_of(benchmark);
    EXPECT_EQ(vocabulary.classes().size(), published.classes) << name;
    EXPECT_EQ(labelling_of(benchmark, vocabulary).background, published.background) << name;
    EXPECT_EQ(options.input_size, published.input_size) << name;
    EXPECT_EQ(options.window_size, published.window_size) << name;
    EXPECT_EQ(options.window_stride, 112) << name;
    EXPECT_EQ(options.threshold, published.threshold) << name;
    EXPECT_EQ(options.refine_steps, 10) << name;
    EXPECT_EQ(options.refine_dilations, (std::vector<int>{8, 16})) << name;
    EXPECT_EQ(options.logit_scale, 40.0) << name;
    EXPECT_EQ(options.mask_size, MaskSize::kFrame) << name;
    EXPECT_EQ(benchmark.published, published.mean_iou) << name;
  }
}

TEST(Benchmarks, ThatDoNotExistAreRefusedWithThoseThatDo) {
  try {
    benchmark_named("voc");
    FAIL();
  } catch (const Error &error) {
    EXPECT_NE(std::string(error.what()).find("voc21, context60"), std::string::npos);
  }
}

TEST(Benchmarks, HaveTheReferencesWords) {
  const char *folder = std::getenv("NACLIP_BENCHMARKS_DIR");
  if (folder == nullptr || *folder == '\0')
    GTEST_SKIP() << "NACLIP_BENCHMARKS_DIR names no folder with the reference's word lists";
  const std::map<std::string, std::string> lists{
      {"voc21", "voc21"},   {"context60", "context60"},    {"coco-object", "coco_object"},
      {"voc20", "voc20"},   {"cityscapes", "city_scapes"}, {"context59", "context59"},
      {"ade20k", "ade20k"}, {"coco-stuff", "coco_stuff"}};
  for (const auto &[name, list] : lists) {
    const std::string path = std::string(folder) + "/cls_" + list + ".txt";
    const std::string text = test::read_text(path);
    ASSERT_FALSE(text.empty()) << path;
    const std::vector<std::string> lines = split(text, '\n');
    const Vocabulary vocabulary = vocabulary_of(benchmark_named(name));
    ASSERT_EQ(vocabulary.classes().size(), lines.size()) << name;
    const std::size_t first = vocabulary.region_of(0);
    for (std::size_t i = 0; i < lines.size(); ++i) {
      EXPECT_EQ(vocabulary.classes()[i].synonyms, split(lines[i], ',')) << name << " " << i;
      EXPECT_EQ(vocabulary.region_of(i), i + first) << name << " " << i;
    }
  }
}

}  // namespace
}  // namespace naclip::eval
