// How long OpenMP's threads spin before they sleep.
#pragma once

/// True where this process's OpenMP was told to spin briefly; false where the user's environment says how threads wait,
/// and where OpenMP was there before this library.
extern "C" __attribute__((visibility("default"))) bool naclip_shortened_openmp_wait() noexcept;
