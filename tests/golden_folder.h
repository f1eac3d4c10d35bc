// Where the tests' data are, and the golden set under test.
#pragma once

#include <string>

namespace naclip::test {

/// tests/data of the project.
std::string data_folder();

/// The folder that NACLIP_GOLDEN_DIR names, else that of the set that the project carries.
std::string golden_folder();

/// The same for the outcomes of later methods: NACLIP_GOLDEN_BEYOND_DIR, or the project's own set.
std::string golden_beyond_folder();

}  // namespace naclip::test
