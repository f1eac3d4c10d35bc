// The files that a model consists of, by their names: nothing in them is read.
#pragma once

#include <array>
#include <string>
#include <vector>

namespace naclip {

/// What configurations beside a checkpoint are called: Hugging Face's, then OpenCLIP's.
inline constexpr std::array<const char *, 3> kConfigurationNames{
    "config.json", "open_clip_config.json", "open_clip_model_config.json"};

/// The file of Hugging Face's models that says how pictures are prepared.
inline constexpr const char *kPreprocessorName = "preprocessor_config.json";

/// The files that may say by what pictures are normalised.
inline constexpr std::array<const char *, 3> kPictureConfigurationNames{
    kPreprocessorName, kConfigurationNames[1], kConfigurationNames[2]};

/// The path of the checkpoint in a folder as Hugging Face's and OpenCLIP's models are published: weights
/// in one file, or the index of their shards. Throws Error{kNotFound} with the names that it looked for.
std::string checkpoint_in(const std::string &folder);

/// The files that decide what a checkpoint is loaded as: itself, the configurations beside it that are
/// there, and for an index all files that may be its shards.
std::vector<std::string> files_of_model(const std::string &checkpoint);

}  // namespace naclip
