#include "model/cuda/kernel_compiler.h"

#include <dlfcn.h>
#include <link.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "model/error.h"

namespace naclip {

namespace {

// NVRTC's interface has been the same since CUDA 11.2; spelling out these few functions spares the
// build its header.
using Program = struct NvrtcProgram *;
using Result = int;

constexpr std::array kRunTimes{"libcudart.so.13", "libcudart.so.12"};
constexpr std::array kCompilers{"libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so.11.2",
                                "libnvrtc.so"};

struct Nvrtc {
  Result (*create)(Program *, const char *source, const char *name, int headers,
                   const char *const *header_sources, const char *const *header_names) = nullptr;
  Result (*destroy)(Program *) = nullptr;
  Result (*compile)(Program, int options, const char *const *) = nullptr;
  Result (*log_size)(Program, std::size_t *) = nullptr;
  Result (*log)(Program, char *) = nullptr;
  Result (*cubin_size)(Program, std::size_t *) = nullptr;
  Result (*cubin)(Program, char *) = nullptr;
  Result (*ptx_size)(Program, std::size_t *) = nullptr;
  Result (*ptx)(Program, char *) = nullptr;
  Result (*architecture_count)(int *) = nullptr;
  Result (*architectures)(int *) = nullptr;
  const char *(*words_for)(Result) = nullptr;
};

/// Where a loaded library lies; empty where that is not known.
std::filesystem::path folder_of(void *library) {
  link_map *map = nullptr;
  if (dlinfo(library, RTLD_DI_LINKMAP, &map) != 0 || map == nullptr) return {};
  return std::filesystem::path(map->l_name).parent_path();
}

/// Where the CUDA run time lies that libtorch has loaded; empty where it has loaded none.
std::filesystem::path runtime_folder() {
  for (const char *name : kRunTimes)
    if (void *library = dlopen(name, RTLD_LAZY | RTLD_NOLOAD)) {
      const std::filesystem::path folder = folder_of(library);
      dlclose(library);
      return folder;
    }
  return {};
}

/// NVRTC opens its built-ins by their bare name, which the loader finds only once they are loaded
/// where they lie beside it in a folder that is not on its path, as with pip's packages.
void load_builtins(const std::filesystem::path &folder) {
  std::error_code ignored;
  for (const auto &file : std::filesystem::directory_iterator(folder, ignored))
    if (file.path().filename().string().starts_with("libnvrtc-builtins.so"))
      dlopen(file.path().c_str(), RTLD_NOW | RTLD_LOCAL);
}

/// Opened once for the process and never closed.
void *open_library() {
  for (const std::string &place : nvrtc_places(runtime_folder().string()))
    if (void *library = dlopen(place.c_str(), RTLD_NOW | RTLD_LOCAL)) {
      load_builtins(folder_of(library));
      return library;
    }
  const char *words = dlerror();
  throw Error(
      ErrorKind::kNotFound,
      "libnvrtc was not found: install CUDA's run time compiler, which pip's torch and the CUDA "
      "toolkit bring",
      words != nullptr ? words : "");
}

template <class Function>
void find(void *library, const char *name, Function &function) {
  function = reinterpret_cast<Function>(dlsym(library, name));
  if (function == nullptr)
    throw Error(ErrorKind::kNotFound, "libnvrtc is too old: CUDA 11.2 or newer is needed",
                std::string("no ") + name);
}

const Nvrtc &nvrtc() {
  static const Nvrtc functions = [] {
    void *library = open_library();
    Nvrtc f;
    find(library, "nvrtcCreateProgram", f.create);
    find(library, "nvrtcDestroyProgram", f.destroy);
    find(library, "nvrtcCompileProgram", f.compile);
    find(library, "nvrtcGetProgramLogSize", f.log_size);
    find(library, "nvrtcGetProgramLog", f.log);
    find(library, "nvrtcGetCUBINSize", f.cubin_size);
    find(library, "nvrtcGetCUBIN", f.cubin);
    find(library, "nvrtcGetPTXSize", f.ptx_size);
    find(library, "nvrtcGetPTX", f.ptx);
    find(library, "nvrtcGetNumSupportedArchs", f.architecture_count);
    find(library, "nvrtcGetSupportedArchs", f.architectures);
    find(library, "nvrtcGetErrorString", f.words_for);
    return f;
  }();
  return functions;
}

void require_success(Result result, const char *doing, const std::string &log = {}) {
  if (result == 0) return;
  throw Error(ErrorKind::kDevice, std::string("NVRTC failed ") + doing,
              nvrtc().words_for(result) + (log.empty() ? "" : ":\n" + log));
}

class CompiledProgram {
 public:
  CompiledProgram(const char *source, const std::string &architecture) {
    require_success(nvrtc().create(&program_, source, "naclip_kernels.cu", 0, nullptr, nullptr),
                    "to start");
    const std::string target = "--gpu-architecture=" + architecture;
    // Contraction only where the source says so, as on the host.
    const std::array options{target.c_str(), "--std=c++17", "--fmad=false",
                             "--ptxas-options=--verbose"};
    const Result result =
        nvrtc().compile(program_, static_cast<int>(options.size()), options.data());
    if (result == 0) return;
    const std::string words = log();
    nvrtc().destroy(&program_);
    require_success(result, ("to compile the kernels for " + architecture).c_str(), words);
  }
  ~CompiledProgram() { nvrtc().destroy(&program_); }
  CompiledProgram(const CompiledProgram &) = delete;
  CompiledProgram &operator=(const CompiledProgram &) = delete;

  std::string log() const {
    std::size_t size = 0;
    if (nvrtc().log_size(program_, &size) != 0 || size == 0) return {};
    std::string words(size, '\0');
    if (nvrtc().log(program_, words.data()) != 0) return {};
    words.resize(size - 1);
    return words;
  }

  std::vector<char> image(bool own_code) const {
    std::size_t size = 0;
    require_success((own_code ? nvrtc().cubin_size : nvrtc().ptx_size)(program_, &size),
                    "to give its result");
    std::vector<char> bytes(size);
    require_success((own_code ? nvrtc().cubin : nvrtc().ptx)(program_, bytes.data()),
                    "to give its result");
    return bytes;
  }

 private:
  Program program_ = nullptr;
};

}  // namespace

std::vector<std::string> nvrtc_places(const std::string &runtime_folder) {
  std::vector<std::string> folders;
  if (!runtime_folder.empty())
    folders = {runtime_folder + "/", runtime_folder + "/../../cuda_nvrtc/lib/"};
  folders.insert(folders.end(), {"", "/usr/local/cuda/lib64/"});
  std::vector<std::string> places;
  for (const std::string &folder : folders)
    for (const char *name : kCompilers) places.push_back(folder + name);
  return places;
}

std::vector<int> nvrtc_architectures() {
  int count = 0;
  require_success(nvrtc().architecture_count(&count), "to say what it knows");
  std::vector<int> architectures(static_cast<std::size_t>(count));
  require_success(nvrtc().architectures(architectures.data()), "to say what it knows");
  std::sort(architectures.begin(), architectures.end());
  return architectures;
}

CompiledKernels compile_kernels(const char *source, int capability) {
  const std::vector<int> known = nvrtc_architectures();
  const auto above = std::upper_bound(known.begin(), known.end(), capability);
  if (above == known.begin())
    throw Error(ErrorKind::kDevice,
                "This NVRTC does not know devices as old as compute capability " +
                    std::to_string(capability / 10) + "." + std::to_string(capability % 10));
  const int nearest = *(above - 1);
  const bool own_code = nearest == capability;
  CompiledKernels result;
  result.architecture = (own_code ? "sm_" : "compute_") + std::to_string(nearest);
  const CompiledProgram program(source, result.architecture);
  result.image = program.image(own_code);
  result.log = program.log();
  return result;
}

}  // namespace naclip
