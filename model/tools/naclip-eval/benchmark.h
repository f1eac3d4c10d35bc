// The eight benchmarks of the paper (arXiv 2404.08181, table 1), as its reference evaluates them.
#pragma once

#include <span>
#include <string>

#include "model/segmenter.h"
#include "model/tools/naclip-eval/dataset.h"
#include "model/tools/naclip-eval/label_map.h"

namespace naclip::eval {

/// One benchmark. Its settings are InferenceOptions' and ModelOptions' defaults but for those here.
struct Benchmark {
  std::string name;   ///< as on the command line, and its vocabulary's
  std::string title;  ///< for people
  Layout layout;
  int input_size = 336;
  int window_size = 224;   ///< 0: the whole picture at once
  double threshold = 0.0;  ///< pixels below it get label 0, the background
  /// Label 0 is ignored and the others count from there, mmsegmentation's reduce_zero_label.
  bool reduce_zero_label = false;
  double published = 0.0;  ///< mIoU in percent with ViT-B/16 and PAMR
};

std::span<const Benchmark> benchmarks();

/// Throws Error{kSettings} naming all where there is none of this name.
const Benchmark &benchmark_named(const std::string &name);

/// Its place among benchmarks().
std::size_t index_of(const Benchmark &benchmark);

/// The words of a benchmark, which the program carries.
Vocabulary vocabulary_of(const Benchmark &benchmark);

/// How the benchmark's masks number the regions of a vocabulary. Label 255 is always ignored.
Labelling labelling_of(const Benchmark &benchmark, const Vocabulary &vocabulary);

/// How masks of one's own number them: by region id. Where `ignored` is empty, 255 is ignored
/// unless it is a class, and so is 0 where the vocabulary has no background. Throws
/// Error{kSettings} where a value has no 16 bits.
Labelling labelling_of(const Vocabulary &vocabulary, const std::vector<int> &ignored);

/// The settings that the paper's figure was computed with.
InferenceOptions inference_of(const Benchmark &benchmark);

}  // namespace naclip::eval
