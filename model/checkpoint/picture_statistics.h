// By what a model's pictures were normalised in its training, where its configuration says so.
#pragma once

#include <array>
#include <optional>
#include <string>

namespace naclip {

/// Mean and standard deviation of red, green and blue, 0 to 1.
struct PictureStatistics {
  std::array<double, 3> mean, deviation;
  std::string source;  ///< what says it, e.g. "preprocessor_config.json"
};

/// OpenAI's, by which every picture is normalised here, whatever the model.
inline constexpr std::array<double, 3> kPictureMean{0.48145466, 0.4578275, 0.40821073};
inline constexpr std::array<double, 3> kPictureDeviation{0.26862954, 0.26130258, 0.27577711};

/// What Hugging Face's preprocessor_config.json or OpenCLIP's configuration in the checkpoint's folder
/// says; nothing where neither does, or where it says OpenAI's. Throws Error{kModel} for a file that is
/// no JSON and for numbers that no picture can be normalised by.
std::optional<PictureStatistics> configured_statistics(const std::string &checkpoint);

}  // namespace naclip
