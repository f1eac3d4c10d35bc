// The words that a user looks for: the vocabulary grammar and the ids that follow from it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api.h"
#include "colour.h"

namespace naclip {

/// One class: a label and the words that stand for it.
struct VocabularyClass {
  std::string label;                  ///< shown to people; the first synonym where none was given
  std::vector<std::string> synonyms;  ///< at least one, in the order written
  std::optional<Colour> colour;       ///< the colour that the user asked for
  std::optional<double> threshold;    ///< least confidence, 0..1, in place of the general one
  bool operator==(const VocabularyClass &) const = default;
};

/// What a mask's pixel value stands for.
struct Region {
  std::string label;  ///< "background" for id 0 where the vocabulary does not name one
  Colour colour;      ///< the class's own, what its words are expected in, or one from the palette
};

/// An immutable list of classes. Classes are separated by `;` or new lines, synonyms by `,`; a
/// class may begin with `label:` and may hold one `#rrggbb` colour and one threshold, `>` and a
/// number from 0 to 1, anywhere. A line that begins with `#` and is not a colour is a comment. White
/// space around words is dropped, empty classes are skipped.
///
///     person; car, truck; greenery #30a030: tree, bush; smoke >0.6: smoke, haze; background: sky
///
/// Region ids: 0 is nothing / background, other classes are 1..N, dense, in the order written. A
/// class labelled `background` is id 0 wherever it stands.
class NACLIP_API Vocabulary {
 public:
  /// Parses UTF-8 text. Throws Error{kVocabulary} naming the position: invalid UTF-8, no class at
  /// all, a label used twice, a class without words, a malformed or second colour or threshold in a
  /// class, more than 65,535 classes.
  static Vocabulary parse(std::string_view text);

  /// Reads and parses a file. Throws Error{kNotFound | kRead} beside what parse() throws.
  static Vocabulary parse_file(const std::string &path);

  const std::vector<VocabularyClass> &classes() const { return classes_; }

  /// The regions by id, 0 included: classes().size() of them where a background class is named,
  /// else one more.
  const std::vector<Region> &regions() const { return regions_; }

  /// The region id of classes()[index].
  std::size_t region_of(std::size_t class_index) const { return region_of_[class_index]; }

  /// True where ids do not fit 8 bits, so that masks have 16.
  bool wide() const { return regions_.size() > 256; }

  bool operator==(const Vocabulary &other) const { return classes_ == other.classes_; }

 private:
  explicit Vocabulary(std::vector<VocabularyClass> classes);

  std::vector<VocabularyClass> classes_;
  std::vector<Region> regions_;
  std::vector<std::size_t> region_of_;
};

}  // namespace naclip
