// Which library multiplies matrices for libtorch.
#pragma once

#include <string>

namespace naclip {

/// The file that libtorch's sgemm_ comes from, links resolved; empty where libtorch has its own
/// within.
std::string blas_file();

/// What to tell a user of a BLAS that makes everything slow; empty where it is a good one.
std::string blas_warning(const std::string &file);

}  // namespace naclip
