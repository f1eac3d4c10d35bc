// Colours that tell classes apart.
#pragma once

#include <cstddef>

#include "model/colour.h"

namespace naclip {

/// So many colours are chosen for their distance from one another, in CIEDE2000: the first 12 are
/// at least 15 apart in normal sight and to each of the three common deficiencies, all at least 6
/// apart in normal sight. None is near black, white or grey.
inline constexpr std::size_t kChosenColours = 60;

/// The colour of the n-th class that has none of its own; steady, any n. Beyond the chosen ones
/// colours do not soon repeat, but may be alike.
Colour palette_colour(std::size_t n);

}  // namespace naclip
