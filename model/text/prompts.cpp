#include "model/text/prompts.h"

#include <algorithm>
#include <array>
#include <span>

namespace naclip {
namespace {

constexpr std::string_view kPlace = "{}";

constexpr std::array<std::string_view, 80> kImageNetTemplates{
    "a bad photo of a {}.",
    "a photo of many {}.",
    "a sculpture of a {}.",
    "a photo of the hard to see {}.",
    "a low resolution photo of the {}.",
    "a rendering of a {}.",
    "graffiti of a {}.",
    "a bad photo of the {}.",
    "a cropped photo of the {}.",
    "a tattoo of a {}.",
    "the embroidered {}.",
    "a photo of a hard to see {}.",
    "a bright photo of a {}.",
    "a photo of a clean {}.",
    "a photo of a dirty {}.",
    "a dark photo of the {}.",
    "a drawing of a {}.",
    "a photo of my {}.",
    "the plastic {}.",
    "a photo of the cool {}.",
    "a close-up photo of a {}.",
    "a black and white photo of the {}.",
    "a painting of the {}.",
    "a painting of a {}.",
    "a pixelated photo of the {}.",
    "a sculpture of the {}.",
    "a bright photo of the {}.",
    "a cropped photo of a {}.",
    "a plastic {}.",
    "a photo of the dirty {}.",
    "a jpeg corrupted photo of a {}.",
    "a blurry photo of the {}.",
    "a photo of the {}.",
    "a good photo of the {}.",
    "a rendering of the {}.",
    "a {} in a video game.",
    "a photo of one {}.",
    "a doodle of a {}.",
    "a close-up photo of the {}.",
    "a photo of a {}.",
    "the origami {}.",
    "the {} in a video game.",
    "a sketch of a {}.",
    "a doodle of the {}.",
    "a origami {}.",
    "a low resolution photo of a {}.",
    "the toy {}.",
    "a rendition of the {}.",
    "a photo of the clean {}.",
    "a photo of a large {}.",
    "a rendition of a {}.",
    "a photo of a nice {}.",
    "a photo of a weird {}.",
    "a blurry photo of a {}.",
    "a cartoon {}.",
    "art of a {}.",
    "a sketch of the {}.",
    "a embroidered {}.",
    "a pixelated photo of a {}.",
    "itap of the {}.",
    "a jpeg corrupted photo of the {}.",
    "a good photo of a {}.",
    "a plushie {}.",
    "a photo of the nice {}.",
    "a photo of the small {}.",
    "a photo of the weird {}.",
    "the cartoon {}.",
    "art of the {}.",
    "a drawing of the {}.",
    "a photo of the large {}.",
    "a black and white photo of a {}.",
    "the plushie {}.",
    "a dark photo of a {}.",
    "itap of a {}.",
    "graffiti of the {}.",
    "a toy {}.",
    "itap of my {}.",
    "a photo of a cool {}.",
    "a photo of a small {}.",
    "a tattoo of the {}.",
};

constexpr std::array<std::string_view, 7> kShortTemplates{
    "itap of a {}.",
    "a bad photo of the {}.",
    "a origami {}.",
    "a photo of the large {}.",
    "a {} in a video game.",
    "art of the {}.",
    "a photo of the small {}.",
};

constexpr std::array<std::string_view, 1> kBareTemplate{kPlace};

constexpr bool has_one_place(std::string_view text) {
  return text.find(kPlace) != text.npos && text.find(kPlace) == text.rfind(kPlace);
}
static_assert(std::ranges::all_of(kImageNetTemplates, has_one_place));
static_assert(std::ranges::all_of(kShortTemplates, has_one_place));

std::span<const std::string_view> templates_of(Prompts prompts) {
  switch (prompts) {
    case Prompts::kImageNet:
      return kImageNetTemplates;
    case Prompts::kShort:
      return kShortTemplates;
    case Prompts::kNone:
      break;
  }
  return kBareTemplate;
}

}  // namespace

std::vector<std::string> prompts_for(Prompts prompts, std::string_view word) {
  std::vector<std::string> sentences;
  for (const std::string_view text : templates_of(prompts)) {
    const std::size_t place = text.find(kPlace);
    std::string sentence(text.substr(0, place));
    sentence += word;
    sentence += text.substr(place + kPlace.size());
    sentences.push_back(std::move(sentence));
  }
  return sentences;
}

std::vector<std::string> prompt_beginnings(Prompts prompts) {
  std::vector<std::string> beginnings;
  if (prompts == Prompts::kNone) return beginnings;
  for (const std::string_view text : templates_of(prompts))
    beginnings.emplace_back(text.substr(0, text.find(kPlace)));
  return beginnings;
}

}  // namespace naclip
