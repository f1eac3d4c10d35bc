// What is wrong on the command line is said before anything is done.
#include <gtest/gtest.h>

#include "eval_files.h"
#include "model/error.h"
#include "model/tools/naclip-eval/eval_options.h"
#include "model/tools/naclip-eval/eval_task.h"

namespace naclip::eval {
namespace {

using test::holds;
using test::own_arguments;
using test::TemporaryFolder;
using test::with;
using test::write_own;

TEST(CommandLine, IsCheckedBeforeAnythingIsDone) {
  const TemporaryFolder folder;
  write_own(folder);
  const auto refused = [](std::vector<std::string> arguments, const std::string &part) {
    arguments.insert(arguments.begin(), "naclip-eval");
    std::vector<char *> argv;
    for (std::string &argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    try {
      make_task(parse_options(static_cast<int>(arguments.size()), argv.data()));
      ADD_FAILURE() << "nothing was thrown, wanted: " << part;
    } catch (const Error &error) {
      EXPECT_EQ(error.kind(), ErrorKind::kSettings);
      EXPECT_TRUE(holds(error.what(), part)) << error.what();
    }
  };
  refused({}, "--benchmark NAME --data DIR");
  refused({"--benchmark", "voc21", "--model", "m"}, "needs --data DIR");
  refused({"--benchmark", "voc", "--data", "d", "--model", "m"}, "voc21, context60");
  refused({"--benchmark", "voc21", "--images", "d", "--model", "m"}, "choose one");
  refused({"--images", "d", "--masks", "d", "--model", "m"}, "--vocabulary FILE");
  refused({"--benchmark", "voc21", "--data", "d"}, "--model");
  refused({"--colour", "red"}, "--help");
  refused({"naclip"}, "belongs to no option");
  refused(with(own_arguments(folder, "out"), {"--attention", "best"}), "naclip, nonly, kk, csa");
  refused(with(own_arguments(folder, "out"), {"--activation", "relu"}),
          "--activation is \"relu\" and must be auto, quick-gelu or gelu");
  refused(with(own_arguments(folder, "out"), {"--limit", "0"}), "--limit");
  refused(with(own_arguments(folder, "out"), {"--refine-dilations", "8;16"}), "8,16");
  refused(with(own_arguments(folder, "out"), {"--ignore-label", "x"}), "--ignore-label");
  const auto run = test::run_program(with(own_arguments(folder, "out"), {"--limit", "0"}));
  EXPECT_EQ(run.status, 2);
  EXPECT_TRUE(holds(run.errors, "--limit must be at least 1")) << run.errors;
  EXPECT_FALSE(std::filesystem::exists(folder / "out"));
}

TEST(CommandLine, AVocabularyInPlaceOfABenchmarksHasToFit) {
  const TemporaryFolder folder;
  write_own(folder);
  const auto run =
      test::run_program(with(test::tiny_model_arguments(),
                             {"--benchmark", "voc21", "--data", folder.path(), "--vocabulary",
                              folder / "words.txt", "--output", folder / "out"}));
  EXPECT_EQ(run.status, 1);
  EXPECT_TRUE(holds(run.errors, "3 classes")) << run.errors;
  EXPECT_TRUE(holds(run.errors, "21 with a background")) << run.errors;
}

TEST(CommandLine, ListsTheBenchmarks) {
  const auto run = test::run_program({"--list"});
  EXPECT_EQ(run.status, 0);
  EXPECT_TRUE(holds(run.output, "coco-stuff")) << run.output;
  EXPECT_TRUE(holds(run.output, "64.07")) << run.output;
}

}  // namespace
}  // namespace naclip::eval
