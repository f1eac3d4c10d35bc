#include "golden_folder.h"

#include <cstdlib>

namespace naclip::test {
namespace {

std::string named_or(const char *variable, const char *name) {
  const char *folder = std::getenv(variable);
  return folder != nullptr && *folder != '\0' ? folder : data_folder() + "/" + name;
}

}  // namespace

std::string data_folder() {
  return NACLIP_TEST_DATA;
}
std::string golden_folder() {
  return named_or("NACLIP_GOLDEN_DIR", "golden");
}
std::string golden_beyond_folder() {
  return named_or("NACLIP_GOLDEN_BEYOND_DIR", "golden-beyond");
}

}  // namespace naclip::test
