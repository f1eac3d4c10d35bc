// What can be timed of the engine, stage by stage.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "model/network/checkpoint.h"
#include "model/network/clip_vision.h"
#include "model/segmenter.h"

namespace naclip::bench {

/// `name=value` pairs of a request. What was not read is an error, so that no misspelt setting
/// passes.
class Arguments {
 public:
  /// Throws std::runtime_error where a word has no '='.
  explicit Arguments(const std::vector<std::string> &words);

  std::string text(const std::string &name, const std::string &otherwise);
  int number(const std::string &name, int otherwise);
  /// Throws std::runtime_error naming an argument that nobody read.
  void finish() const;

 private:
  std::map<std::string, std::string> values_;
  std::map<std::string, bool> read_;
};

/// A stage ready to be timed: inputs and weights are there.
struct Stage {
  std::function<at::Tensor()> work;  ///< one turn; its outcome, on the CPU
  /// What is done before each turn and not timed; may be empty.
  std::function<void()> before;
  std::int64_t tokens = 0;  ///< that the text tower reads in a turn, beginnings once; 0 elsewhere
};

/// Makes stages on the files that make_inputs.py made; keeps what several of them need.
class Stages {
 public:
  explicit Stages(std::string folder);

  /// Throws std::runtime_error for a stage that is not there, or naclip::Error.
  Stage make(const std::string &name, Arguments &arguments);

  /// The paper's settings on a frame: what `segment` and `streams` run.
  struct Frames {
    std::shared_ptr<Segmenter> segmenter;
    std::shared_ptr<const EncodedVocabulary> vocabulary;
    at::Tensor pixels;  ///< [H, W, 3] uint8
    InferenceOptions options;

    Segmentation segment() const;
  };
  Frames frames(Arguments &arguments);

 private:
  Stage preprocess(Arguments &arguments);
  Stage encoder(Arguments &arguments);
  Stage slide(Arguments &arguments);
  Stage refine(Arguments &arguments);
  Stage propagate(Arguments &arguments);
  Stage decode(Arguments &arguments);
  Stage segment(Arguments &arguments);
  Stage text(Arguments &arguments);
  Stage more_text(Arguments &arguments);
  Stage load(Arguments &arguments);

  std::string path(const std::string &name) const { return folder_ + "/" + name; }
  ModelOptions model_options(Arguments &arguments) const;
  ClipVision &vision(const std::string &precision);
  std::int64_t tokens_of(const ModelOptions &options, const Vocabulary &vocabulary) const;
  std::shared_ptr<Segmenter> bare_word_segmenter(Arguments &arguments);

  std::string folder_;
  std::map<std::string, at::Tensor> inputs_;
  std::map<std::string, ClipVision> visions_;  // by precision
  std::map<std::pair<std::string, Precision>, std::shared_ptr<Segmenter>> segmenters_;
};

/// Of that name in a property: "auto", "float32", "bfloat16".
Precision precision_of(const std::string &name);

}  // namespace naclip::bench
