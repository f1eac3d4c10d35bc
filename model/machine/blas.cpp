#include "model/machine/blas.h"

#include <ATen/ops/mm.h>
#include <dlfcn.h>

#include <cstdlib>
#include <memory>

namespace naclip {

namespace {

std::string file_of(const void *symbol) {
  Dl_info found{};
  return symbol != nullptr && dladdr(symbol, &found) != 0 ? found.dli_fname : std::string();
}

std::string resolved(const std::string &path) {
  char *real = realpath(path.c_str(), nullptr);
  const std::string result = real != nullptr ? real : path;
  std::free(real);
  return result;
}

}  // namespace

std::string blas_file() {
  // The engine may be open for itself alone, so libtorch and what it needs are asked, not the whole
  // process.
  const std::string torch = file_of(reinterpret_cast<const void *>(&at::_ops::mm::call));
  void *handle = dlopen(torch.c_str(), RTLD_LAZY | RTLD_NOLOAD);
  if (handle == nullptr) return {};
  const std::string file = file_of(dlsym(handle, "sgemm_"));
  dlclose(handle);
  return file.empty() || file == torch ? std::string() : resolved(file);
}

std::string blas_warning(const std::string &file) {
  std::string problem;
  if (file.find("/blas/") != std::string::npos)
    problem = "the reference BLAS, with which the network takes some 80 times as long";
  else if (file.find("/openblas-pthread/") != std::string::npos)
    problem = "OpenBLAS on threads of its own, which fight libtorch's";
  if (problem.empty()) return {};
  return "libtorch multiplies matrices with " + file + ", " + problem +
         ": install libopenblas0-openmp, and choose it with update-alternatives where several are "
         "installed";
}

}  // namespace naclip
