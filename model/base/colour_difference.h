// How different two colours look, to people with normal sight and with the common deficiencies.
#pragma once

#include <array>

#include "model/colour.h"

namespace naclip {

/// Deficiencies are simulated at full severity, as Machado, Oliveira and Fernandes describe it ("A
/// Physiologically-based Model for Simulation of Color Vision Deficiency", 2009, table 1).
enum class Sight { kNormal, kProtanopia, kDeuteranopia, kTritanopia };

inline constexpr std::array kDeficiencies = {Sight::kProtanopia, Sight::kDeuteranopia,
                                             Sight::kTritanopia};

/// The relative luminance of an sRGB colour (WCAG 2.1), 0..1.
double luminance(Colour colour);

/// A colour in CIELAB under D65: lightness 0..100, green to red, blue to yellow.
struct Lab {
  double light, a, b;
};

/// What an sRGB colour looks like to `sight`.
Lab lab_of(Colour colour, Sight sight);

/// CIEDE2000 (Sharma, Wu and Dalal 2005), >= 0; 1 is about the least that is seen.
double colour_difference(const Lab &one, const Lab &other);

/// Whether two classes in these colours are hard to tell apart over a picture: below a difference
/// of 10, or of half as much with one of the deficiencies.
bool confusable(Colour one, Colour other);

}  // namespace naclip
