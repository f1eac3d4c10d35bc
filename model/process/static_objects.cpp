#include "model/process/static_objects.h"

#include <link.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
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
    // Behind the loader come those that the program opened while it ran, one with all that it needs
    // after another.
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
      if (segment.p_type == PT_DYNAMIC) {
        for (const auto *entry = at<Elf64_Dyn>(segment.p_vaddr); entry->d_tag != DT_NULL; ++entry)
          if (entry->d_tag < DT_NUM)
            values[static_cast<std::size_t>(entry->d_tag)] = entry->d_un.d_val;
      } else if (segment.p_type == PT_GNU_RELRO) {
        protected_begin = base + segment.p_vaddr;
        protected_end = protected_begin + segment.p_memsz;
      }
    }
  }

  /// The loader has made addresses of the offsets in `values`, on most processors.
  template <typename T>
  const T *at(Elf64_Addr place) const {
    return reinterpret_cast<const T *>(place < base ? base + place : place);
  }

  std::span<const Elf64_Rela> relocations(std::size_t begin, std::size_t bytes) const {
    return {at<Elf64_Rela>(values[begin]), values[bytes] / sizeof(Elf64_Rela)};
  }

  Elf64_Addr base, protected_begin = 0, protected_end = 0;
  std::array<Elf64_Xword, DT_NUM> values{};  // by tag
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
  const auto *names = library.at<char>(library.values[DT_STRTAB]);
  const auto *symbols = library.at<Elf64_Sym>(library.values[DT_SYMTAB]);
  for (const Elf64_Rela &relocation : relocations) {
    const auto symbol = ELF64_R_SYM(relocation.r_info);
    if (symbol != 0 && names + symbols[symbol].st_name == kRegister)
      write(library, library.base + relocation.r_offset);
  }
}

int visit(dl_phdr_info *info, std::size_t, void *choice) {
  if (!static_cast<Choice *>(choice)->takes(*info)) return 0;
  const Library library(*info);
  replace(library, library.relocations(DT_JMPREL, DT_PLTRELSZ));
  replace(library, library.relocations(DT_RELA, DT_RELASZ));
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
