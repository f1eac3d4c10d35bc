// The models that OpenAI publishes: what they are called, where they are, and what their bytes must
// add up to. GLib alone, so that elements know them without the engine.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace naclip {

/// A file that OpenAI publishes and that `naclip-model fetch` brings here.
struct PublishedFile {
  std::string name;    ///< what a user writes, e.g. "ViT-B/16"
  std::string file;    ///< what the file is called, e.g. "ViT-B-16.pt"
  std::string sha256;  ///< of its bytes, hexadecimal in lower case
  std::string url;
  double megabytes = 0;  ///< its size, about, in millions of bytes
};

/// OpenAI's models with a vision transformer, the smallest first.
std::span<const PublishedFile> published_models();

/// CLIP's byte-pair vocabulary, which all of these models need; its name is "vocabulary".
const PublishedFile &published_vocabulary();

/// The model or the vocabulary of exactly that name; null where there is none.
const PublishedFile *find_published(std::string_view name);

/// What a user who wrote `text` is likely to have meant, for `vit-b16`, `ViT-B-16.pt`,
/// `openai/clip-vit-base-patch16` and the like; null where that is anybody's guess.
const PublishedFile *guess_published(std::string_view text);

/// The models' names for messages: "ViT-B/32, ViT-B/16, ViT-L/14 or ViT-L/14@336px".
std::string published_names();

/// Where fetched files are kept: naclip in the user's cache ($XDG_CACHE_HOME, else ~/.cache).
std::string published_folder();

/// The path that a fetched file has; the file need not be there.
std::string published_path(const PublishedFile &published);

/// The path of the checkpoint that `model` stands for: a file of that path wherever there is one,
/// else the fetched file of a published model of that name, else the checkpoint in the folder of that
/// path (see checkpoint_in()). Text that is none of these is returned as it is, for the reader to say
/// what is wrong with it. Throws Error{kSettings} for no text at all, and Error{kNotFound} where the
/// folder has no checkpoint, with the command to type where the model is still to be fetched, and with a
/// hint where the name is nearly one.
std::string resolve_model(const std::string &model);

}  // namespace naclip
