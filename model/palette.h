// Colours that tell classes apart.
#pragma once

#include <cstddef>

#include "vocabulary.h"

namespace naclip {

/// The colour of the n-th class that has none of its own; steady, any n. The first 30 are chosen to
/// differ from one another in CIELAB (least CIE76 distance >= 20) and from black and white, so that
/// they are told apart on a legend and over a picture.
Colour palette_colour(std::size_t n);

}  // namespace naclip
