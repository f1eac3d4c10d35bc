// What is shown, and when the paper's figure stands beside ours.
#include "model/tools/naclip-eval/eval_report.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "eval_files.h"
#include "model/error.h"
#include "model/tools/naclip-eval/eval_task.h"

namespace naclip::eval {
namespace {

using test::holds;

/// VOC with two pictures, and what a whole run with the paper's model looks like.
struct WholeRun {
  test::TemporaryFolder folder;
  EvalOptions options;
  ModelInfo info;
  Tally tally;

  WholeRun() {
    for (const char *name : {"a", "b"}) {
      test::write_text(folder / (std::string("JPEGImages/") + name + ".jpg"), "");
      test::write_text(folder / (std::string("SegmentationClass/") + name + ".png"), "");
    }
    test::write_text(folder / "ImageSets/Segmentation/val.txt", "a\nb\n");
    options.benchmark = "voc21";
    options.data = folder.path();
    info.patch_size = 16;
    info.vision_width = 768;
    info.vision_layers = 12;
    tally.done = tally.evaluated = 2;
  }

  std::vector<std::string> departures(const ModelOptions &model = {}) const {
    const Task task = make_task(options);
    const RunSettings run{model, with_given(task.inference, options)};
    return departures_of(task, options, run, info, tally);
  }
};

TEST(Departures, OfThePapersSettingsAreNone) {
  EXPECT_EQ(WholeRun().departures(), std::vector<std::string>{});
}

TEST(Departures, NameEachSettingThatIsNotThePapers) {
  WholeRun run;
  run.options.refine_steps = 0;
  run.options.threshold = 0.2;
  ModelOptions model;
  model.attention = Attention::kKk;
  model.prompts = Prompts::kShort;
  const auto departures = run.departures(model);
  const auto named = [&](const std::string &text) {
    return std::find(departures.begin(), departures.end(), text) != departures.end();
  };
  EXPECT_TRUE(named("refine-steps 0 instead of 10"));
  EXPECT_TRUE(named("threshold 0.2 instead of 0.1"));
  EXPECT_TRUE(named("attention kk instead of naclip"));
  EXPECT_TRUE(named("prompts short instead of imagenet"));
}

TEST(Departures, NameAnotherNetworkPartOfTheSetAndFaults) {
  WholeRun other;
  other.info.patch_size = 14;
  EXPECT_EQ(other.departures(), std::vector<std::string>{"the model is no ViT-B/16"});
  WholeRun gelu;
  gelu.info.activation = Activation::kGelu;
  EXPECT_EQ(gelu.departures(),
            std::vector<std::string>{"the model is not OpenAI's, whose activation is QuickGELU"});
  WholeRun part;
  part.tally.done = 1;
  EXPECT_EQ(part.departures(), std::vector<std::string>{"1 of 2 pictures"});
  WholeRun faulty;
  faulty.tally.problems.add({ProblemKind::kUnreadableMask, "a", "", 0});
  EXPECT_EQ(faulty.departures(), std::vector<std::string>{"the data set has faults"});
}

/// One run of two classes, the second of which is nowhere.
Report some_report() {
  RunReport run;
  run.settings = settings_of({}, {});
  run.tally.evaluated = run.tally.done = 4;
  run.tally.seconds = 2.0;
  run.tally.areas = Areas(2);
  run.tally.areas.intersection[0] = 1;
  run.tally.areas.prediction[0] = 2;
  run.tally.areas.label[0] = 3;
  Report report;
  report.title = "Some pictures";
  report.folders = {"a|b"};
  report.pairs = report.limit = 4;
  report.classes = {"cat", "dög"};
  report.runs.push_back(run);
  return report;
}

TEST(Report, ShowsThePublishedFigureWhereItIsComparable) {
  Report report = some_report();
  EXPECT_FALSE(holds(markdown_of(report), "published"));
  EXPECT_TRUE(holds(json_of(report), "\"published\" : null"));
  report.runs[0].published = 64.07;
  EXPECT_TRUE(holds(markdown_of(report), "published")) << markdown_of(report);
  EXPECT_TRUE(holds(markdown_of(report), "64.07")) << markdown_of(report);
  EXPECT_TRUE(holds(json_of(report), "\"published\" : 64.0"));
}

TEST(Report, SaysHowFarAPrecisionIsFromTheFirst) {
  Report report = some_report();
  report.runs[0].model.precision = "float32";
  report.runs.push_back(report.runs[0]);
  EXPECT_FALSE(holds(markdown_of(report), "difference"));
  RunReport &other = report.runs[1];
  other.model.precision = "int8";
  other.tally.areas.intersection[0] = 2;  // 2 of 3, where it was 1 of 4
  const std::string text = markdown_of(report);
  EXPECT_TRUE(holds(text, "| difference |")) << text;
  EXPECT_TRUE(holds(text, "| 66.67 |     +41.67 |")) << text;
  EXPECT_TRUE(holds(text, "IoU naclip/reduced/int8")) << text;
  // Another threshold is another row, compared with none.
  for (auto &[name, value] : other.settings)
    if (name == "threshold") value = "0.5";
  EXPECT_FALSE(holds(markdown_of(report), "+41.67")) << markdown_of(report);
}

TEST(Report, TellsTheActivationAndWhoSaysIt) {
  Report report = some_report();
  report.runs[0].model.activation = Activation::kGelu;
  report.runs[0].model.activation_source = "config.json";
  EXPECT_TRUE(holds(markdown_of(report), "gelu (config.json)")) << markdown_of(report);
  EXPECT_TRUE(holds(json_of(report), "\"activation\" : \"gelu\""));
  EXPECT_TRUE(holds(json_of(report), "\"activation-source\" : \"config.json\""));
}

TEST(Identity, TellsActivationsApart) {
  WholeRun run;
  const Task task = make_task(run.options);
  const Settings quick = identity_of(task, {}, run.info, "sum");
  run.info.activation = Activation::kGelu;
  EXPECT_EQ(differences(identity_of(task, {}, run.info, "sum"), quick),
            std::vector<std::string>{"activation gelu instead of quick-gelu"});
}

TEST(ModelSha256, OfAFileIsTheFilesAndOfShardsThatOfAllOfThem) {
  const test::TemporaryFolder folder;
  test::write_text(folder / "model.safetensors", "one");
  test::write_text(folder / "config.json", "{}");
  EXPECT_EQ(model_sha256(folder / "model.safetensors"), file_sha256(folder / "model.safetensors"));
  EXPECT_EQ(model_sha256(folder.path()), file_sha256(folder / "model.safetensors"));
  test::write_text(folder / "model.safetensors.index.json", "{}");
  const std::string index = folder / "model.safetensors.index.json";
  const std::string before = model_sha256(index);
  EXPECT_NE(before, file_sha256(index));
  test::write_text(folder / "config.json", "{ }");
  EXPECT_EQ(model_sha256(index), before);
  test::write_text(folder / "model.safetensors", "two");
  EXPECT_NE(model_sha256(index), before);
}

TEST(Report, SaysWhatKeepsTheFigureFromBeingCompared) {
  Report report = some_report();
  report.runs[0].departures = {"threshold 0.2 instead of 0.1"};
  EXPECT_TRUE(holds(markdown_of(report), "- naclip/reduced: threshold 0.2 instead of 0.1"));
}

TEST(Report, HasATableOfClassesWithoutFiguresWhereThereIsNone) {
  const Report report = some_report();
  const std::string text = markdown_of(report);
  EXPECT_TRUE(holds(text, "| cat   | 25.00 | 33.33 |")) << text;
  EXPECT_TRUE(holds(text, "| dög   |     - |     - |")) << text;
  EXPECT_TRUE(holds(text, "a\\|b")) << text;
  EXPECT_TRUE(holds(text, " 2.00 |")) << text;  // pictures a second
  EXPECT_TRUE(holds(json_of(report), "\"IoU\" : null"));
}

}  // namespace
}  // namespace naclip::eval
