#include "static_objects.h"

#include <link.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace naclip {

namespace {

constexpr std::array<std::string_view, 5> kComputing{"libtorch", "libc10", "libdnnl", "libopencv_",
                                                     "libtbb"};
constexpr std::string_view kEngine = "libnaclip.so";
constexpr std::string_view kRegister = "__cxa_atexit";

/// Stands in for __cxa_atexit(): says that it registered, and does not.
int register_nothing(void (*)(void *), void *, void *) {
  return 0;
}

#ifdef __LP64__
/// Tells the libraries whose objects are kept, asked in the order in which they were loaded.
class Choice {
 public:
  explicit Choice(Libraries libraries) : libraries_(libraries) {}

  bool takes(const dl_phdr_info &info) {
    const std::string_view path = info.dlpi_name;
    const std::string_view name = path.substr(path.rfind('/') + 1);
    // Behind the loader come those that the program opened while it ran, one with all that it needs after another.
    if (info.dlpi_addr == getauxval(AT_BASE)) opened_at_run_time_ = true;
    if (opened_at_run_time_ && name.starts_with(kEngine)) with_engine_ = true;
    return (with_engine_ && libraries_ == Libraries::kStarting) ||
           std::any_of(kComputing.begin(), kComputing.end(),
                       [&](std::string_view begin) { return name.starts_with(begin); });
  }

 private:
  const Libraries libraries_;
  bool opened_at_run_time_ = false, with_engine_ = false;
};

/// What a loaded library says of itself; see elf(5).
struct Library {
  explicit Library(const dl_phdr_info &info) : base(info.dlpi_addr) {
    for (const Elf64_Phdr &segment : std::span(info.dlpi_phdr, info.dlpi_phnum)) {
      if (segment.p_type == PT_DYNAMIC) read(at<Elf64_Dyn>(segment.p_vaddr));
      if (segment.p_type != PT_GNU_RELRO) continue;
      protected_begin = base + segment.p_vaddr;
      protected_end = protected_begin + segment.p_memsz;
    }
  }

  void read(const Elf64_Dyn *entry) {
    for (; entry->d_tag != DT_NULL; ++entry) {
      // The loader has made addresses of these, on most processors.
      const Elf64_Addr address =
          entry->d_un.d_ptr < base ? entry->d_un.d_ptr : entry->d_un.d_ptr - base;
      switch (entry->d_tag) {
        case DT_STRTAB:
          names = at<char>(address);
          break;
        case DT_SYMTAB:
          symbols = at<Elf64_Sym>(address);
          break;
        case DT_RELA:
          data = at<Elf64_Rela>(address);
          break;
        case DT_RELASZ:
          data_count = entry->d_un.d_val / sizeof(Elf64_Rela);
          break;
        case DT_RELACOUNT:
          relative_count = entry->d_un.d_val;
          break;
        case DT_JMPREL:
          calls = at<Elf64_Rela>(address);
          break;
        case DT_PLTRELSZ:
          calls_count = entry->d_un.d_val / sizeof(Elf64_Rela);
          break;
        default:
          break;
      }
    }
  }

  template <typename T>
  const T *at(Elf64_Addr offset) const {
    return reinterpret_cast<const T *>(base + offset);
  }

  Elf64_Addr base, protected_begin = 0, protected_end = 0;
  const char *names = nullptr;
  const Elf64_Sym *symbols = nullptr;
  const Elf64_Rela *data = nullptr, *calls = nullptr;
  std::size_t data_count = 0, relative_count = 0, calls_count = 0;
};

/// Writes the address of a function to where a library finds it.
void write(const Library &library, Elf64_Addr place) {
  const bool is_protected = place >= library.protected_begin && place < library.protected_end;
  const auto size = static_cast<Elf64_Addr>(sysconf(_SC_PAGESIZE));
  void *page = reinterpret_cast<void *>(place & ~(size - 1));
  if (is_protected && mprotect(page, size, PROT_READ | PROT_WRITE) != 0) return;
  std::atomic_ref(*reinterpret_cast<Elf64_Addr *>(place)) =
      reinterpret_cast<Elf64_Addr>(&register_nothing);
  if (is_protected) mprotect(page, size, PROT_READ);
}

void replace(const Library &library, std::span<const Elf64_Rela> relocations) {
  for (const Elf64_Rela &relocation : relocations) {
    const auto symbol = ELF64_R_SYM(relocation.r_info);
    if (symbol != 0 && library.names + library.symbols[symbol].st_name == kRegister)
      write(library, library.base + relocation.r_offset);
  }
}

int visit(dl_phdr_info *info, std::size_t, void *choice) {
  if (!static_cast<Choice *>(choice)->takes(*info)) return 0;
  const Library library(*info);
  if (library.names == nullptr || library.symbols == nullptr) return 0;
  replace(library, {library.calls, library.calls_count});
  // Relative ones, nearly all, come first and name no symbol.
  if (library.relative_count < library.data_count)
    replace(library, std::span(library.data, library.data_count).subspan(library.relative_count));
  return 0;
}
#endif

}  // namespace

void keep_static_objects(Libraries libraries) noexcept {
#ifdef __LP64__  // libtorch is there for no other
  Choice choice(libraries);
  dl_iterate_phdr(visit, &choice);
#endif
}

}  // namespace naclip
