// Processes that end while their pipelines play.
#include <dlfcn.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <string>
#include <tuple>

#include "process.h"

namespace naclip::pipelines {
namespace {

constexpr int kStatus = 7;
// GNU timeout's own, where it had to end the program.
constexpr const char *kPatience = "300";

/// Runs of each case; NACLIP_EXIT_RUNS names another number.
int runs() {
  const char *named = std::getenv("NACLIP_EXIT_RUNS");
  return named != nullptr ? std::atoi(named) : 1;
}

/// Moments at which a program ends, microseconds; the same in every run of the test.
class Moments {
 public:
  int next() { return spread_(generator_); }

 private:
  std::mt19937 generator_;
  std::uniform_int_distribution<int> spread_{0, 400'000};
};

using Case = std::tuple<const char *, const char *>;

class ProcessExit : public testing::TestWithParam<Case> {};

TEST_P(ProcessExit, KeepsItsStatus) {
  const auto [way, scene] = GetParam();
  Moments moments;
  for (int run = 0; run < runs(); ++run) {
    const std::string moment = std::to_string(moments.next());
    Process program(
        {"/usr/bin/timeout", "--signal=KILL", kPatience, NACLIP_EXIT_PROGRAM, way, scene, moment},
        {});
    EXPECT_EQ(program.finish(), kStatus) << "after " << moment << " us\n" << program.output();
  }
}

INSTANTIATE_TEST_SUITE_P(AllWays, ProcessExit,
                         testing::Combine(testing::Values("return", "thread", "signal", "static",
                                                          "atexit"),
                                          testing::Values("sync", "async", "eight", "words")),
                         [](const testing::TestParamInfo<Case> &info) {
                           return std::string(std::get<0>(info.param)) + "_" +
                                  std::get<1>(info.param);
                         });

TEST(ProcessExit, ClosedLibrariesStayForTheirThreads) {
  const std::string plugin = std::string(std::getenv("GST_PLUGIN_PATH")) + "/libgstnaclip.so";
  for (const std::string &path : {plugin, std::string(std::getenv("NACLIP_ENGINE"))}) {
    void *library = dlopen(path.c_str(), RTLD_LAZY | RTLD_LOCAL);
    ASSERT_NE(library, nullptr) << dlerror();
    EXPECT_EQ(dlclose(library), 0);
    EXPECT_NE(dlopen(path.c_str(), RTLD_LAZY | RTLD_NOLOAD), nullptr) << path;
  }
}

TEST(ProcessExit, PythonEndsWhileAPipelinePlays) {
  for (int run = 0; run < runs(); ++run) {
    Process python({"/usr/bin/timeout", "--signal=KILL", kPatience, "/usr/bin/python3",
                    NACLIP_EXIT_SCRIPT, std::to_string(kStatus), NACLIP_DEMO "/model.safetensors"},
                   {});
    const int status = python.finish();
    if (python.output().find("No module named 'gi'") != std::string::npos)
      GTEST_SKIP() << "no PyGObject";
    EXPECT_EQ(status, kStatus) << python.output();
  }
}

}  // namespace
}  // namespace naclip::pipelines
