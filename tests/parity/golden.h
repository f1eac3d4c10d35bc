// The reference's tensors, and how close ours have to be.
#pragma once

#include <ATen/ATen.h>
#include <json-glib/json-glib.h>

#include <map>
#include <string>
#include <vector>

#include "model/segmenter.h"
#include "tests/golden_folder.h"

namespace naclip::testing {

/// Copies of all tensors of a safetensors file; throws where one is of a type that no such set has.
std::map<std::string, at::Tensor> read_tensors(const std::string &path);

/// expected.safetensors.
class Golden {
 public:
  Golden();

  /// A copy of the tensor; fails the test's program where there is none.
  at::Tensor at(const std::string &name) const;
  bool has(const std::string &name) const;
  /// Names that begin with `prefix`.
  std::vector<std::string> names(const std::string &prefix) const;

 private:
  std::map<std::string, at::Tensor> tensors_;
};

/// Loaded once for the program.
const Golden &golden();

/// A number of parameters.json.
double parameter(const std::string &name);
/// A list of whole numbers of parameters.json.
std::vector<int> parameters(const std::string &name);
/// vocabulary.json: the classes' synonyms.
std::vector<std::vector<std::string>> golden_classes();
/// Those of all classes one after another.
std::vector<std::string> golden_words();

/// max |a - b| / max |b|; infinite where shapes differ.
double relative_error(const at::Tensor &actual, const at::Tensor &expected);
/// Part of the elements that are equal, 0..1; 0 where shapes differ.
double agreement(const at::Tensor &actual, const at::Tensor &expected);

/// An 8-bit picture, [H, W, 3] uint8 RGB, as the engine reads it; `rgb` keeps its memory.
Picture picture_of(const at::Tensor &rgb);
/// [H, W] uint8, a copy. Throws std::runtime_error where labels have more than 8 bits.
at::Tensor labels_of(const Segmentation &segmentation);
/// What the engine makes of "e2e/rgb" on the CPU, at the parameters of the set: the whole chain
/// from the 8-bit picture. window: 0 is the whole picture. -> [H, W] uint8
at::Tensor segmented(const std::string &model, const std::string &merges, Precision precision,
                     int window, int stride, int steps);

/// The whole numbers in a text, in order: "ragged-crop80-stride40" -> {80, 40}.
std::vector<int> numbers_in(const std::string &text);
/// What follows the last '/'.
std::string last_part(const std::string &name);

}  // namespace naclip::testing
