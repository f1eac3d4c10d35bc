// The text of the CUDA kernels, which is compiled at run time.
#pragma once

namespace naclip {

/// CUDA C++, complete in itself.
const char *kernel_source();

}  // namespace naclip
