// The colours that a vocabulary's classes are shown in.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "model/vocabulary.h"

namespace naclip {

/// Whether a label, however it is written, names what belongs to no class.
bool is_background(std::string_view label);

/// By class. The colour that the user asked for; else, where the label or a synonym is one of some
/// forty words such as `grass` or `sky`, the one that everybody expects; else the palette's next.
/// No word's colour is confusable with one given before, to any class by the user or to an earlier
/// one for its word: such a class gets the palette's next. Of the palette's chosen colours those
/// that are confusable with one given are left out. Background is black.
std::vector<Colour> class_colours(std::span<const VocabularyClass> classes);

}  // namespace naclip
