// A mark for loops over pixels, compiled for several processors.
#pragma once

// Loops are vectorised from -O3 on, whatever the rest is built with. The levels of x86-64 are asked
// for since names such as haswell are true on that processor alone, not on all that can do as much.
// Rows of a picture's borders are short: nothing is won by registers of 64 bytes.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define NACLIP_VECTORISED __attribute__((optimize(3), target_clones("default", "arch=x86-64-v3")))
#elif defined(__GNUC__) && !defined(__clang__)
// Sanitizers start before the resolver's processor check does.
#define NACLIP_VECTORISED __attribute__((optimize(3)))
#else
#define NACLIP_VECTORISED
#endif
