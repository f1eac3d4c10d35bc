#include "model/base/class_colours.h"

#include <glib.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include "model/base/colour_difference.h"
#include "model/base/palette.h"

namespace naclip {
namespace {

struct WordColour {
  std::string_view word;  // lower case
  Colour colour;
};

// What may stand beside one another in a picture differs in lightness as well, since red and green
// look alike to some.
constexpr WordColour kWordColours[] = {
    {"sky", 0x66BFFF},      {"water", 0x1A66D9},      {"sea", 0x1A66D9},
    {"ocean", 0x1A66D9},    {"river", 0x1A66D9},      {"lake", 0x1A66D9},
    {"grass", 0x5CC42E},    {"lawn", 0x5CC42E},       {"meadow", 0x5CC42E},
    {"tree", 0x0F4D24},     {"palm tree", 0x0F4D24},  {"bush", 0x0F4D24},
    {"forest", 0x0F4D24},   {"plant", 0x2E8B2E},      {"leaf", 0x2E8B2E},
    {"sand", 0xF2D488},     {"beach", 0xF2D488},      {"desert", 0xF2D488},
    {"earth", 0x6B4A2E},    {"soil", 0x6B4A2E},       {"mud", 0x6B4A2E},
    {"snow", 0xF4F8FF},     {"ice", 0xB5EEF5},        {"cloud", 0xD3DCE6},
    {"brick", 0xC8503C},    {"brick wall", 0xC8503C}, {"wood", 0xB5884F},
    {"road", 0x70707A},     {"street", 0x70707A},     {"asphalt", 0x70707A},
    {"pavement", 0xB0A8A8}, {"sidewalk", 0xB0A8A8},   {"rock", 0x8F8478},
    {"stone", 0x8F8478},    {"fire", 0xFF8C00},       {"flame", 0xFF8C00},
    {"sun", 0xFFE11A},      {"gold", 0xFFC61A},       {"banana", 0xFFE11A},
    {"lemon", 0xFFE11A},    {"orange", 0xFF8C00},     {"carrot", 0xFF8C00},
    {"tomato", 0xE01020},   {"strawberry", 0xE01020}, {"flamingo", 0xFF85B3},
    {"blood", 0xB00018},
};

bool equal(std::string_view word, std::string_view known) {
  return word.size() == known.size() &&
         g_ascii_strncasecmp(word.data(), known.data(), known.size()) == 0;
}

std::optional<Colour> expected_colour(const VocabularyClass &one) {
  const auto named = [&](const WordColour &known) {
    return equal(one.label, known.word) ||
           std::any_of(one.synonyms.begin(), one.synonyms.end(),
                       [&](const std::string &word) { return equal(word, known.word); });
  };
  const auto *const found = std::find_if(std::begin(kWordColours), std::end(kWordColours), named);
  return found == std::end(kWordColours) ? std::nullopt : std::optional(found->colour);
}

}  // namespace

bool is_background(std::string_view label) {
  return equal(label, "background");
}

std::vector<Colour> class_colours(std::span<const VocabularyClass> classes) {
  std::vector<std::optional<Colour>> colours;
  std::vector<Colour> given;
  const auto is_free = [&](Colour colour) {
    return std::none_of(given.begin(), given.end(),
                        [=](Colour other) { return confusable(colour, other); });
  };
  for (const VocabularyClass &one : classes) {
    colours.push_back(one.colour);
    if (one.colour)
      given.push_back(*one.colour);
    else if (is_background(one.label))
      colours.back() = 0x000000;
  }
  for (std::size_t i = 0; i < classes.size(); ++i) {
    if (colours[i]) continue;
    const std::optional<Colour> expected = expected_colour(classes[i]);
    if (!expected || !is_free(*expected)) continue;
    colours[i] = expected;
    given.push_back(*expected);
  }
  std::vector<Colour> result;
  std::size_t next = 0;
  for (const std::optional<Colour> &colour : colours) {
    while (!colour && next < kChosenColours && !is_free(palette_colour(next))) ++next;
    result.push_back(colour ? *colour : palette_colour(next++));
  }
  return result;
}

}  // namespace naclip
