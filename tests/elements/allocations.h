// Counts what a thread takes from the heap. To be included in one file of a program: it replaces
// malloc and its kin for the whole process, GLib, libstdc++ and what is loaded later included.
// Needs glibc; elsewhere, and under sanitizers, kCountsAllocations is false and nothing is counted.
#pragma once

#include <cstddef>

namespace naclip::testing {

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
inline constexpr bool kCountsAllocations = true;
#else
inline constexpr bool kCountsAllocations = false;
#endif

inline thread_local std::size_t allocations = 0;

/// Lets the compiler believe that somebody looks at this memory and at `allocations`. Otherwise it
/// may leave out an allocation that nobody uses, or assume that allocating changes no variable.
inline void look_at(const void *memory) {
  asm volatile("" : : "r"(memory) : "memory");
}

}  // namespace naclip::testing

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
extern "C" {

void *__libc_malloc(std::size_t size);
void *__libc_calloc(std::size_t count, std::size_t size);
void *__libc_realloc(void *memory, std::size_t size);
void *__libc_memalign(std::size_t alignment, std::size_t size);

#define NACLIP_REPLACES __attribute__((visibility("default")))

NACLIP_REPLACES void *malloc(std::size_t size) noexcept {
  ++naclip::testing::allocations;
  return __libc_malloc(size);
}

NACLIP_REPLACES void *calloc(std::size_t count, std::size_t size) noexcept {
  ++naclip::testing::allocations;
  return __libc_calloc(count, size);
}

NACLIP_REPLACES void *realloc(void *memory, std::size_t size) noexcept {
  ++naclip::testing::allocations;
  return __libc_realloc(memory, size);
}

NACLIP_REPLACES void *aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  ++naclip::testing::allocations;
  return __libc_memalign(alignment, size);
}

NACLIP_REPLACES int posix_memalign(void **memory, std::size_t alignment,
                                   std::size_t size) noexcept {
  ++naclip::testing::allocations;
  *memory = __libc_memalign(alignment, size);
  return *memory == nullptr ? 12 : 0;  // ENOMEM
}

#undef NACLIP_REPLACES
}
#endif
