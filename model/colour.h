// A colour.
#pragma once

#include <cstdint>

namespace naclip {

/// 0xRRGGBB.
using Colour = std::uint32_t;

}  // namespace naclip
