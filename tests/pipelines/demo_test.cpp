// The demo model finds on the demo clip what is there.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
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

/// The number that follows `name` in what was printed.
double number_after(const std::string &name, const std::string &printed) {
  const auto at = printed.rfind(name);
  if (at == std::string::npos) {
    ADD_FAILURE() << "no " << name << "was printed:\n" << printed;
    return 0.0;
  }
  return std::atof(printed.c_str() + at + name.size());
}

/// mIoU over the clip's classes, at two frames a second, with these properties of naclipsegment.
double mean_iou(const std::string &properties) {
  const std::string printed = printed_by("NACLIP_BUILD='" NACLIP_BUILD_ROOT
                                         "' RATE=2 '" NACLIP_PIPELINES "/score-demo.sh' " +
                                         properties);
  return number_after("mIoU ", printed);
}

const std::string kDemo = NACLIP_PIPELINES "/../examples/demo";

/// Records the clip's masks, at two frames a second, with these properties of naclipsegment.
void record_masks(const std::string &path, const std::string &properties) {
  printed_by("NACLIP_BUILD='" NACLIP_BUILD_ROOT "' '" NACLIP_PIPELINES
             "/run.sh' record-masks.launch RATE=2 INPUT='" +
             kDemo + "/clip.webm' VOCABULARY_FILE='" + kDemo + "/vocabulary.txt' OUTPUT='" + path +
             "' SEGMENT='" + properties + "'");
}

// What was reached at two frames a second, see docs/benchmarks.md.
constexpr double kReached = 0.873;

TEST(Demo, MasksOfTheClipAreAsGoodAsRecorded) {
  EXPECT_GE(mean_iou(""), kReached - 0.03);
}

TEST(Demo, VanillaAttentionIsWorseByTenPoints) {
  EXPECT_LE(mean_iou("attention=vanilla"), kReached - 0.10);
}

// What precision=auto rests on where the processor has bfloat16.
TEST(Demo, LabelsInBfloat16AreThoseOfFloat32) {
  g_autofree char *folder = g_dir_make_tmp("naclip-demo-XXXXXX", nullptr);
  const std::string wide = folder + std::string("/float32.mkv"),
                    half = folder + std::string("/bfloat16.mkv");
  record_masks(wide, "precision=float32");
  record_masks(half, "precision=bfloat16");
  const std::string printed = printed_by("'" NACLIP_BUILD_ROOT "/examples/naclip-score' '" + wide +
                                         "' '" + half + "' '" + kDemo + "/vocabulary.txt'");
  EXPECT_GE(number_after("agreement ", printed), 0.97) << printed;
  std::filesystem::remove_all(folder);
}

/// What naclip-score prints of the clip's first second with that much noise and these properties.
std::string first_second(int noise, const std::string &properties) {
  return printed_by("'" NACLIP_BUILD_ROOT "/examples/naclip-score' --frames 30 --noise " +
                    std::to_string(noise) + " --video '" + kDemo + "/clip.webm' '" + kDemo +
                    "/masks.mkv' '" + kDemo + "/vocabulary.txt' model='" + kDemo +
                    "/model.safetensors' " + properties);
}

TEST(Demo, SmoothingHalvesTheFalseChangesOfNoise) {
  const std::string plain = first_second(20, ""), smooth = first_second(20, "smoothing=0.8");
  EXPECT_LE(number_after("false changes ", smooth), 0.55 * number_after("false changes ", plain));
  EXPECT_GE(number_after("mIoU ", smooth), number_after("mIoU ", plain) - 0.01);
}

TEST(Demo, CarriedMasksAreNearlyAsGoodAsInferredOnes) {
  const double every = number_after("mIoU ", first_second(0, ""));
  EXPECT_GE(number_after("mIoU ", first_second(0, "interval=5 carry=on")), every - 0.03);
  EXPECT_LE(number_after("mIoU ", first_second(0, "interval=5 carry=off")), every - 0.03);
}

TEST(Demo, LeavesARecordingAloneWhereTheVideoCannotBeRead) {
  Folder folder;
  const std::string video = folder.file("text.mp4"), output = folder.file("out.mkv");
  ASSERT_TRUE(g_file_set_contents(video.c_str(), "no video", -1, nullptr));
  ASSERT_TRUE(g_file_set_contents(output.c_str(), "precious", -1, nullptr));
  Process demo({NACLIP_PIPELINES "/demo.sh", video, "thing"},
               {{"NACLIP_BUILD", NACLIP_BUILD_ROOT}, {"NACLIP_OUTPUT", output}});
  EXPECT_EQ(demo.finish(), 1) << demo.output();
  EXPECT_NE(demo.output().find("cannot be read"), std::string::npos) << demo.output();
  g_autofree char *kept = nullptr;
  ASSERT_TRUE(g_file_get_contents(output.c_str(), &kept, nullptr, nullptr));
  EXPECT_STREQ(kept, "precious");
}

}  // namespace
}  // namespace naclip::pipelines
