// Where the golden set under test is.
#pragma once

#include <cstdlib>
#include <string>

namespace naclip::test {

/// The folder that NACLIP_GOLDEN_DIR names, else that of the set that the project carries.
inline std::string golden_folder() {
  const char *folder = std::getenv("NACLIP_GOLDEN_DIR");
  return folder != nullptr && *folder != '\0' ? folder : NACLIP_TEST_DATA "/golden";
}

/// The same for the outcomes of later methods: NACLIP_GOLDEN_BEYOND_DIR, or the project's own set.
inline std::string golden_beyond_folder() {
  const char *folder = std::getenv("NACLIP_GOLDEN_BEYOND_DIR");
  return folder != nullptr && *folder != '\0' ? folder : NACLIP_TEST_DATA "/golden-beyond";
}

}  // namespace naclip::test
