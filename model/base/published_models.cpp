#include "model/base/published_models.h"

#include <glib.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <utility>

#include "model/base/model_files.h"
#include "model/error.h"

namespace naclip {
namespace {

constexpr const char *kFetch = "naclip-model fetch ";

/// OpenAI's host keeps a file in a folder that is called by the file's sum.
PublishedFile model(const char *name, const char *file, const char *sha256, double megabytes) {
  return {name, file, sha256,
          std::string("https://openaipublic.azureedge.net/clip/models/") + sha256 + "/" + file,
          megabytes};
}

// Tables are never destroyed: a program may end while they are read.
const std::array<PublishedFile, 4> &models() {
  static const auto &table = *new std::array<PublishedFile, 4>{
      model("ViT-B/32", "ViT-B-32.pt",
            "40d365715913c9da98579312b702a82c18be219cc2a73407c4526f58eba950af", 354),
      model("ViT-B/16", "ViT-B-16.pt",
            "5806e77cd80f8b59890b7e101eabd078d9fb84e6937f9e85e4ecb61988df416f", 351),
      model("ViT-L/14", "ViT-L-14.pt",
            "b8cca3fd41ae0c99ba7e8951adf17d267cdb84cd88be6f7c2e0eca1737a03836", 933),
      model("ViT-L/14@336px", "ViT-L-14-336px.pt",
            "3035c92b350959924f9f00213499208652fc7ea050643e8b385c2dac08641f02", 934)};
  return table;
}

void replace_all(std::string &text, const std::string &from, const std::string &to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

/// What is left of a model's name when spelling is taken away: "b16", "l14336".
std::string bare(std::string_view text) {
  std::string key;
  for (const char c : text)
    if (g_ascii_isalnum(c)) key += g_ascii_tolower(c);
  if (key.ends_with("pt")) key.resize(key.size() - 2);
  for (const auto &[from, to] :
       std::initializer_list<std::pair<const char *, const char *>>{{"openai", ""},
                                                                    {"clip", ""},
                                                                    {"patch", ""},
                                                                    {"vit", ""},
                                                                    {"px", ""},
                                                                    {"base", "b"},
                                                                    {"large", "l"}})
    replace_all(key, from, to);
  return key;
}

/// Whether a file's name or a model's, to go by how it is written.
bool looks_like_name(const std::string &text) {
  return g_ascii_strncasecmp(text.c_str(), "vit-", 4) == 0 && text.find('.') == std::string::npos;
}

bool is_file(const std::string &path) {
  return g_file_test(path.c_str(), G_FILE_TEST_EXISTS) &&
         !g_file_test(path.c_str(), G_FILE_TEST_IS_DIR);
}

std::string fetched_path(const PublishedFile &published) {
  std::string path = published_path(published);
  if (is_file(path)) return path;
  throw Error(ErrorKind::kNotFound,
              published.name + " is not here yet. Type: " + kFetch + published.name,
              "there is no " + path);
}

}  // namespace

std::span<const PublishedFile> published_models() {
  return models();
}

const PublishedFile &published_vocabulary() {
  static const auto &vocabulary = *new PublishedFile{
      "vocabulary", "bpe_simple_vocab_16e6.txt.gz",
      "924691ac288e54409236115652ad4aa250f48203de50a9e4722a6ecd48d6804a",
      "https://github.com/openai/CLIP/raw/main/clip/bpe_simple_vocab_16e6.txt.gz", 1.4};
  return vocabulary;
}

const PublishedFile *find_published(std::string_view name) {
  if (name == published_vocabulary().name) return &published_vocabulary();
  const auto found = std::ranges::find(models(), name, &PublishedFile::name);
  return found == models().end() ? nullptr : &*found;
}

const PublishedFile *guess_published(std::string_view text) {
  const std::string key = bare(text);
  const auto found = std::ranges::find_if(
      models(), [&](const PublishedFile &published) { return bare(published.name) == key; });
  return found == models().end() ? nullptr : &*found;
}

std::string published_names() {
  std::string names;
  for (const PublishedFile &published : models()) {
    if (&published == &models().back())
      names += " or ";
    else if (!names.empty())
      names += ", ";
    names += published.name;
  }
  return names;
}

std::string published_folder() {
  g_autofree gchar *folder = g_build_filename(g_get_user_cache_dir(), "naclip", nullptr);
  return folder;
}

std::string published_path(const PublishedFile &published) {
  g_autofree gchar *path =
      g_build_filename(published_folder().c_str(), published.file.c_str(), nullptr);
  return path;
}

std::string resolve_model(const std::string &model) {
  if (model.empty())
    throw Error(
        ErrorKind::kSettings,
        "No model: set the property model to a checkpoint of CLIP, or to " + published_names());
  if (is_file(model)) return model;
  const PublishedFile *published = find_published(model);
  if (published != nullptr && published != &published_vocabulary()) return fetched_path(*published);
  if (g_file_test(model.c_str(), G_FILE_TEST_IS_DIR)) return checkpoint_in(model);
  if (const PublishedFile *meant = guess_published(model); meant != nullptr) {
    std::string message =
        "There is no file " + model + ". OpenAI's model is written model=" + meant->name;
    if (!is_file(published_path(*meant)))
      message += "; to have it here, type: " + std::string(kFetch) + meant->name;
    throw Error(ErrorKind::kNotFound, message);
  }
  if (looks_like_name(model))
    throw Error(ErrorKind::kNotFound, "There is no file " + model + ", and " + kFetch +
                                          "knows no such model: give a "
                                          "checkpoint's path, or " +
                                          published_names());
  return model;
}

}  // namespace naclip
