#include "launch.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/golden_folder.h"

namespace naclip::pipelines {

Values with_tiny_model(const Values &values) {
  Values all{
      "MODEL=" + test::data_folder() + "/golden/tiny-openai.safetensors",
      "SEGMENT=input-size=64 window-size=0 refine-steps=2 refine-dilations=1,2 prompts=none"};
  all.insert(all.end(), values.begin(), values.end());
  return all;
}

Environment trace_leaks(const std::string &log) {
  return {{"GST_TRACERS", "leaks"},
          {"GST_DEBUG", "GST_TRACER:7"},
          {"GST_DEBUG_NO_COLOR", "1"},
          {"GST_DEBUG_FILE", log}};
}

void expect_no_leak(const std::string &log) {
  std::ifstream file(log);
  bool traced = false;
  for (std::string line; std::getline(file, line);) {
    // The tracer first says what its reports will look like.
    const bool format = line.find("new format string: ") != std::string::npos;
    traced |= format;
    EXPECT_TRUE(format || line.find("object-alive, ") == std::string::npos) << line;
  }
  EXPECT_TRUE(traced) << "the leaks tracer was not there";
}

namespace {

std::vector<std::string> arguments_of_run(const std::string &file, const Values &values) {
  std::vector<std::string> arguments{NACLIP_PIPELINES "/run.sh", file};
  arguments.insert(arguments.end(), values.begin(), values.end());
  arguments.emplace_back("--");
  arguments.emplace_back("-m");
  return arguments;
}

}  // namespace

Launch::Launch(const std::string &file, const Values &values, const Environment &environment)
    : Process(arguments_of_run(file, values), environment) {}

std::string run_launch(const std::string &file, const Values &values) {
  Launch launch(file, with_tiny_model(values));
  EXPECT_EQ(launch.finish(), 0) << launch.output();
  return launch.output();
}

}  // namespace naclip::pipelines
