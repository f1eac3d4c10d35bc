// Where the plugin looks for its engine: each place in turn.
#include <gtest/gtest.h>

#include <filesystem>

#include "process.h"
#include "tests/golden_folder.h"

namespace naclip::pipelines {
namespace {

/// The plugin and its engine as they are installed under a prefix, and another folder that the
/// loader searches.
class EngineSearch : public testing::Test {
 protected:
  EngineSearch() {
    std::filesystem::create_directories(folder_.file("lib/gstreamer-1.0"));
    std::filesystem::create_directories(folder_.file("loader"));
    std::filesystem::create_symlink(NACLIP_PLUGIN,
                                    folder_.file("lib/gstreamer-1.0/libgstnaclip.so"));
  }

  void put(const char *engine, const std::string &place) const {
    std::filesystem::create_symlink(engine, folder_.file(place + "/libnaclip.so.0"));
  }

  std::string run(bool works) const {
    Process program(
        {"/usr/bin/env", "gst-launch-1.0", "videotestsrc", "num-buffers=1", "!", "naclipsegment",
         "vocabulary=a", "model=" + test::data_folder() + "/golden/tiny-openai.safetensors", "!",
         "fakesink"},
        {{"NACLIP_ENGINE", ""},
         {"LC_ALL", "C"},
         {"GST_REGISTRY", folder_.file("registry.bin")},
         {"GST_PLUGIN_PATH", folder_.file("lib/gstreamer-1.0")},
         {"LD_LIBRARY_PATH", folder_.file("loader") + ":" NACLIP_LIBRARY_FOLDERS}});
    EXPECT_EQ(program.finish() == 0, works) << program.output();
    return program.output();
  }

  Folder folder_;
};

TEST_F(EngineSearch, GoesOnAfterOneThatCannotBeOpened) {
  put(NACLIP_ORPHAN_ENGINE, "lib");
  put(NACLIP_FAKE_ENGINE, "loader");
  run(true);
}

TEST_F(EngineSearch, TellsOfTheOneThatIsThereBeforeThoseThatAreNot) {
  put(NACLIP_ORPHAN_ENGINE, "loader");
  const std::string said = run(false);
  EXPECT_NE(said.find("libnaclip-test-absent.so is missing. Install libtorch"), std::string::npos)
      << said;
  // The debug text has what was tried before.
  EXPECT_NE(said.find("/../libnaclip.so.0: cannot open"), std::string::npos) << said;
}

}  // namespace
}  // namespace naclip::pipelines
