#include "model/process/static_objects.h"

#include <dlfcn.h>
#include <gtest/gtest.h>

#include <cstdlib>

namespace naclip {
namespace {

/// Loads the library, has its second object made, and exits.
[[noreturn]] void exit_with(const char *library, bool keep) {
  void *loaded = dlopen(library, RTLD_LAZY | RTLD_LOCAL);
  if (loaded == nullptr) std::_Exit(1);
  if (keep) keep_static_objects(Libraries::kComputing);
  reinterpret_cast<void (*)()>(dlsym(loaded, "make_second"))();
  std::exit(0);
}

TEST(StaticObjects, MadeLaterAreKeptInComputingLibraries) {
  EXPECT_EXIT(exit_with(NACLIP_TEST_COMPUTING, true), testing::ExitedWithCode(0),
              "^first destroyed\n$");
}

TEST(StaticObjects, AreDestroyedInOtherLibraries) {
  EXPECT_EXIT(exit_with(NACLIP_TEST_OTHER, true), testing::ExitedWithCode(0),
              "^second destroyed\nfirst destroyed\n$");
}

TEST(StaticObjects, AreDestroyedWhereNobodyAskedForThem) {
  EXPECT_EXIT(exit_with(NACLIP_TEST_COMPUTING, false), testing::ExitedWithCode(0),
              "^second destroyed\nfirst destroyed\n$");
}

}  // namespace
}  // namespace naclip
