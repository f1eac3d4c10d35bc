#include "live.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/golden_folder.h"

namespace naclip::pipelines {

std::vector<std::string> live_arguments(const std::vector<std::string> &arguments) {
  std::vector<std::string> all{NACLIP_LIVE, "--headless", "--model",
                               test::data_folder() + "/golden/tiny-openai.safetensors"};
  for (const char *setting : {"input-size=64", "window-size=0", "refine-steps=2",
                              "refine-dilations=1,2", "prompts=none"}) {
    all.emplace_back("--set");
    all.emplace_back(setting);
  }
  all.insert(all.end(), arguments.begin(), arguments.end());
  return all;
}

LiveProgram::LiveProgram(const std::vector<std::string> &arguments)
    : Process(live_arguments(arguments), {}, true) {}

bool LiveProgram::wait_for_frames() {
  while (wait_for(" fps")) {
    if (std::atof(line().c_str()) > 0) return true;
  }
  return false;
}

void make_certificate(const std::string &certificate, const std::string &key) {
  Process openssl(
      {"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
       "-days", "2", "-subj", "/CN=localhost", "-keyout", key, "-out", certificate},
      {});
  ASSERT_EQ(openssl.finish(), 0) << openssl.output();
}

}  // namespace naclip::pipelines
