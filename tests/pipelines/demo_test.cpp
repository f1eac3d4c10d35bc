// The demo model finds on the demo clip what is there.
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "launch.h"

namespace naclip::pipelines {
namespace {

/// Runs a command of the shell and gives what it prints.
std::string printed_by(const std::string &command) {
  g_autofree char *output = nullptr;
  g_autofree char *errors = nullptr;
  const char *arguments[] = {"/bin/bash", "-c", command.c_str(), nullptr};
  g_autoptr(GError) error = nullptr;
  int status = 0;
  const bool started =
      g_spawn_sync(nullptr, const_cast<char **>(arguments), nullptr, G_SPAWN_DEFAULT, nullptr,
                   nullptr, &output, &errors, &status, &error);
  EXPECT_TRUE(started) << error->message;
  EXPECT_EQ(status, 0) << command << '\n' << (errors ? errors : "");
  return output ? output : "";
}

/// mIoU over the clip's classes, at two frames a second, with these properties of naclipsegment.
double mean_iou(const std::string &properties) {
  const std::string printed = printed_by("NACLIP_BUILD='" NACLIP_BUILD_ROOT
                                         "' RATE=2 '" NACLIP_PIPELINES "/score-demo.sh' " +
                                         properties);
  const auto at = printed.rfind("mIoU ");
  if (at == std::string::npos) {
    ADD_FAILURE() << "no mIoU was printed:\n" << printed;
    return 0.0;
  }
  return std::atof(printed.c_str() + at + 5);
}

// What was reached at two frames a second, see docs/benchmarks.md.
constexpr double kReached = 0.839;

TEST(Demo, MasksOfTheClipAreAsGoodAsRecorded) {
  EXPECT_GE(mean_iou(""), kReached - 0.03);
}

TEST(Demo, VanillaAttentionIsWorseByTenPoints) {
  EXPECT_LE(mean_iou("attention=vanilla"), kReached - 0.10);
}

}  // namespace
}  // namespace naclip::pipelines
