// Methods beside what their authors print.
#include "model/tools/naclip-eval/comparison.h"

#include <gtest/gtest.h>

#include <numeric>

#include "eval_files.h"
#include "model/tools/naclip-eval/eval_task.h"
#include "model/tools/naclip-eval/methods.h"

namespace naclip::eval {
namespace {

using test::holds;

TEST(PublishedMethods, HaveFiguresThatAgreeWithTheirMeans) {
  int whole = 0;
  for (const PublishedMethod &method : published_methods()) {
    if (!method.figures) continue;
    const double mean = std::accumulate(method.figures->begin(), method.figures->end(), 0.0) / 8.0;
    EXPECT_NEAR(mean, method.mean, 0.06) << method.title;
    ++whole;
  }
  EXPECT_EQ(whole, 3);
}

TEST(PublishedMethods, HaveNaclipsFiguresInTheOrderOfTheBenchmarks) {
  const PublishedMethod *naclip = published_method(Attention::kNaclip, Refine::kPamr);
  ASSERT_NE(naclip, nullptr);
  for (std::size_t i = 0; i < 8; ++i)
    EXPECT_EQ(naclip->figures->at(i), benchmarks()[i].published) << benchmarks()[i].name;
  EXPECT_EQ(published_method(Attention::kKk, Refine::kPamr), nullptr);
}

Task task_of(const std::string &benchmark) {
  const Benchmark &found = benchmark_named(benchmark);
  return {.benchmark = &found,
          .title = found.title,
          .folders = {},
          .dataset = {},
          .vocabulary = vocabulary_of(found),
          .labelling = {},
          .inference = inference_of(found),
          .dataset_fingerprint = {}};
}

TEST(PublishedConstants, AreTakenWhereAskedForAndGivenOnesWin) {
  EvalOptions options;
  const RunChoice scclip{Attention::kScclip, Architecture::kReduced, Refine::kNone},
      pearl{Attention::kPearl, Architecture::kReduced, Refine::kTlp};
  EXPECT_EQ(settings_for(task_of("voc21"), options, scclip).inference.threshold, 0.1);
  EXPECT_EQ(settings_for(task_of("ade20k"), options, pearl).model.pearl_alpha, 0.08);
  options.as_published = true;
  const RunSettings voc = settings_for(task_of("voc21"), options, scclip);
  EXPECT_EQ(voc.inference.threshold, 0.15);
  EXPECT_EQ(voc.inference.logit_scale, 50.0);
  EXPECT_EQ(voc.inference.area_threshold, 0.1);
  EXPECT_EQ(voc.inference.window_size, 224);
  EXPECT_EQ(voc.inference.refine, Refine::kNone);
  EXPECT_EQ(settings_for(task_of("ade20k"), options, pearl).model.pearl_alpha, 0.3);
  EXPECT_EQ(settings_for(task_of("cityscapes"), options, pearl).inference.tlp_grid, 224);
  EXPECT_EQ(settings_for(task_of("coco-stuff"), options, pearl).model.pearl_alpha, 0.08);
  options.threshold = 0.4;
  options.pearl_alpha = 0.5;
  EXPECT_EQ(settings_for(task_of("voc21"), options, scclip).inference.threshold, 0.4);
  EXPECT_EQ(settings_for(task_of("ade20k"), options, pearl).model.pearl_alpha, 0.5);
}

Comparison some_comparison() {
  Comparison comparison;
  comparison.runs = runs_named("naclip,scclip", "", "none,pamr");
  comparison.benchmarks = {"voc21", "ade20k", "cityscapes"};
  comparison.found = {{{60.0, 61.0, 62.0, 63.0}}, std::nullopt, {{30.0, 31.0, 32.0, 33.0}}};
  comparison.model.patch_size = 16;
  comparison.model.vision_width = 768;
  comparison.model.vision_layers = 12;
  return comparison;
}

TEST(ComparisonTable, HasOurFiguresAndBelowThemThoseThatArePrinted) {
  const std::string text = markdown_of(some_comparison());
  EXPECT_TRUE(
      holds(text, "| naclip    | none   | ours      | 60.00 |      - |      30.00 | 45.00 |"))
      << text;
  // Its authors print only the mean over all eight, and ours is none.
  EXPECT_FALSE(holds(text, "39.40")) << text;
  EXPECT_TRUE(
      holds(text, "|           |        | published | 64.07 |      - |      38.27 | 51.17 |"))
      << text;
  EXPECT_TRUE(
      holds(text, "| scclip    | none   | ours      | 62.00 |      - |      32.00 | 47.00 |"))
      << text;
  EXPECT_TRUE(
      holds(text, "|           |        | published | 64.60 |      - |      41.00 | 52.80 |"))
      << text;
  EXPECT_EQ(text.find("published", text.find("| scclip    | pamr")),
            text.find("published", text.find("Ours:")))
      << "nobody prints SC-CLIP with PAMR";
  EXPECT_TRUE(holds(text, "--as-published")) << text;
  EXPECT_TRUE(holds(json_of(some_comparison()), "\"ade20k\" : null"));
}

TEST(ComparisonTable, HasAMeanOverAllEightWhereAllAreThere) {
  Comparison comparison = some_comparison();
  comparison.benchmarks.clear();
  comparison.found.clear();
  for (const Benchmark &one : benchmarks()) {
    comparison.benchmarks.push_back(one.name);
    comparison.found.push_back(std::vector<double>(4, 40.0));
  }
  const std::string text = markdown_of(comparison);
  for (const char *mean : {"39.40", "42.46", "43.90"}) EXPECT_TRUE(holds(text, mean)) << text;
}

TEST(ComparisonTable, HasFiguresOfTheSameNetworkOnly) {
  Comparison comparison = some_comparison();
  comparison.model.patch_size = 14;
  comparison.model.vision_width = 1024;
  comparison.model.vision_layers = 24;
  comparison.model.native_size = 224;
  std::string text = markdown_of(comparison);
  EXPECT_FALSE(holds(text, "64.07")) << text;
  comparison.model.vision_layers = 32;
  text = markdown_of(comparison);
  EXPECT_FALSE(holds(text, "| published |")) << text;
}

}  // namespace
}  // namespace naclip::eval
