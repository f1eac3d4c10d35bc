// The reference's tensors, and how close ours have to be.
#pragma once

#include <ATen/ATen.h>
#include <json-glib/json-glib.h>

#include <map>
#include <string>
#include <vector>

#include "../golden_folder.h"

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

/// The whole numbers in a text, in order: "ragged-crop80-stride40" -> {80, 40}.
std::vector<int> numbers_in(const std::string &text);
/// What follows the last '/'.
std::string last_part(const std::string &name);

}  // namespace naclip::testing
