#include "elements/drawing/text.h"

#include <pango/pangocairo.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "elements/drawing/surface.h"
#include "model/base/colour_difference.h"

namespace naclip {
namespace {

constexpr double kMostAspect = 16.0;  // a pixel of another shape is nobody's display
constexpr int kLeastFrameWidth = 64, kLeastFrameHeight = 48;  // pixels
constexpr int kLeastEm = 10, kLargestEm = 64;                 // rows
constexpr int kLinesPerFrame = 44;
// On a small frame text is smaller yet, since there is little room beside it.
constexpr int kSmallestEm = 7, kMostLinesPerFrame = 18;
constexpr int kFramePerLegend = 3;
constexpr std::size_t kMostLines = 500;  // that are kept
// Longer labels are cut.
constexpr int kWidestEntry = 16;  // ems

struct Release {
  void operator()(PangoFontMap *object) const { g_object_unref(object); }
  void operator()(PangoContext *object) const { g_object_unref(object); }
  void operator()(PangoLayout *object) const { g_object_unref(object); }
  void operator()(PangoFontDescription *object) const { pango_font_description_free(object); }
  void operator()(cairo_font_options_t *object) const { cairo_font_options_destroy(object); }
};
template <typename T>
using Handle = std::unique_ptr<T, Release>;

}  // namespace

std::string percent(double share) {
  const long rounded = std::lround(share * 100.0);
  return rounded < 1 && share > 0.0 ? "<1 %" : std::to_string(rounded) + " %";
}

// The relative luminance and contrast of WCAG 2.1: black and white contrast equally at 0.179.
bool is_light(Colour colour) {
  return luminance(colour) > 0.179;
}

struct TextRenderer::Handles {
  // A font map of one's own: the default one is shared by all the elements of a thread.
  Handle<PangoFontMap> fonts{pango_cairo_font_map_new()};
  Handle<PangoContext> context{pango_font_map_create_context(fonts.get())};
  std::map<std::pair<int, std::string>, Handle<PangoLayout>> lines;  // by width and text
  int em = 0;                                                        // of the lines

  Handles() {
    const Handle<cairo_font_options_t> options(cairo_font_options_create());
    cairo_font_options_set_antialias(options.get(), CAIRO_ANTIALIAS_GRAY);
    pango_cairo_context_set_font_options(context.get(), options.get());
  }

  /// One line of text, cut with an ellipsis beyond `width` pixels. Setting it takes a while, so
  /// that it is kept for the next time until make_room() or set_size().
  PangoLayout *line(const std::string &text, int width) {
    Handle<PangoLayout> &layout = lines[std::pair(width, text)];
    if (layout) return layout.get();
    layout.reset(pango_layout_new(context.get()));
    const Handle<PangoFontDescription> font(pango_font_description_from_string("Sans"));
    pango_font_description_set_absolute_size(font.get(), em * PANGO_SCALE);
    pango_layout_set_font_description(layout.get(), font.get());
    const std::unique_ptr<char, decltype(&g_free)> valid(
        g_utf8_make_valid(text.data(), static_cast<gssize>(text.size())), g_free);
    pango_layout_set_single_paragraph_mode(layout.get(), TRUE);
    pango_layout_set_text(layout.get(), valid.get(), -1);
    if (size(layout.get()).width > width) {
      pango_layout_set_ellipsize(layout.get(), PANGO_ELLIPSIZE_END);
      pango_layout_set_width(layout.get(), width * PANGO_SCALE);
    }
    return layout.get();
  }

  void set_size(int pixels) {
    if (em != pixels) lines.clear();
    em = pixels;
  }

  /// To be called while no line is in use.
  void make_room() {
    if (lines.size() >= kMostLines) lines.clear();
  }

  struct Size {
    int width, height;
  };
  static Size size(PangoLayout *layout) {
    Size result{};
    pango_layout_get_pixel_size(layout, &result.width, &result.height);
    return result;
  }

  /// Draws a line whose left edge is at `x` and whose middle is at `y`.
  static void show(const Surface &surface, PangoLayout *layout, double x, double y) {
    cairo_move_to(surface.cairo(), std::round(x), std::round(y - size(layout).height / 2.0));
    pango_cairo_show_layout(surface.cairo(), layout);
  }
};

TextRenderer::TextRenderer() = default;
TextRenderer::~TextRenderer() = default;

void TextRenderer::set_frame(int width, int height, double pixel_aspect) {
  pixel_aspect_ = std::clamp(pixel_aspect, 1.0 / kMostAspect, kMostAspect);
  canvas_width_ = width;
  frame_width_ = static_cast<int>(std::lround(width * pixel_aspect_));
  frame_height_ = height;
  const bool legible = width >= kLeastFrameWidth && height >= kLeastFrameHeight;
  // A tall picture is as narrow as its text has to be.
  const int side = std::min(frame_height_, frame_width_ * 3 / 4);
  const int least = std::clamp(side / kMostLinesPerFrame, kSmallestEm, kLeastEm);
  em_ = legible ? std::clamp(side / kLinesPerFrame, least, kLargestEm) : 0;
  // Finding the fonts takes a while, so that it is left until there is text to draw.
  if (legible && !handles_) handles_ = std::make_unique<Handles>();
  if (legible) handles_->set_size(em_);
}

int TextRenderer::to_pixels(int length) const {
  return static_cast<int>(std::ceil(length / pixel_aspect_));
}

TextRenderer::Measures TextRenderer::measures() {
  // Figures keep the widest one's place, so that the legend's width is steady.
  const int share_width = Handles::size(handles_->line("100 %", frame_width_)).width;
  const int padding = em_ / 2, swatch = em_, gap = em_ / 2;
  return {padding,
          em_ * 3 / 2,
          swatch,
          gap,
          padding + swatch + gap,
          std::min(kWidestEntry * em_, frame_width_ * 2 / 5),
          share_width};
}

std::size_t TextRenderer::legend_room() {
  if (!legible()) return 0;
  handles_->make_room();
  const Measures lengths = measures();
  const int height =
      std::min(frame_height_ - 2 * margin(), frame_width_ * frame_height_ / kFramePerLegend /
                                                 lengths.width(lengths.widest_label));
  return static_cast<std::size_t>(std::max(0, height - 2 * lengths.padding) / lengths.pitch);
}

Bitmap TextRenderer::legend(std::span<const LegendEntry> entries, std::size_t more) {
  if (!legible() || entries.empty()) return {};
  handles_->make_room();
  const Measures lengths = measures();
  std::vector<PangoLayout *> labels, shares;
  int label_width = 0;
  const auto add = [&](const std::string &label, const std::string &share) {
    labels.push_back(handles_->line(label, lengths.widest_label));
    shares.push_back(handles_->line(share, frame_width_));
    label_width = std::max(label_width, Handles::size(labels.back()).width);
  };
  for (const LegendEntry &entry : entries) add(entry.label, percent(entry.share));
  if (more > 0) add("+" + std::to_string(more) + " more", "");
  const int width = lengths.width(label_width), height = lengths.height(labels.size());
  if (width + 2 * margin() > frame_width_ || height + 2 * margin() > frame_height_) return {};

  const Surface surface(to_pixels(width), height, pixel_aspect_);
  surface.set_colour(0x000000, 0.55);
  surface.fill_rounded(0, 0, width, height, em_ * 0.4);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const double middle = lengths.padding + lengths.pitch * (static_cast<double>(i) + 0.5);
    if (i < entries.size()) {
      surface.set_colour(entries[i].colour, 1.0);
      surface.fill_rounded(lengths.padding, std::round(middle - lengths.swatch / 2.0),
                           lengths.swatch, lengths.swatch, em_ * 0.2);
    }
    surface.set_colour(0xffffff, 1.0);
    Handles::show(surface, labels[i], lengths.text_x, middle);
    Handles::show(surface, shares[i], width - lengths.padding - Handles::size(shares[i]).width,
                  middle);
  }
  return surface.bitmap();
}

Bitmap TextRenderer::name(const std::string &label, Colour colour, int widest) {
  if (!legible()) return {};
  handles_->make_room();
  PangoLayout *text = handles_->line(label, std::min(widest * em_, frame_width_ / 2));
  const auto size = Handles::size(text);
  const int width = size.width + em_, height = size.height + em_ / 4;
  if (size.width == 0 || to_pixels(width) > canvas_width_ || height > frame_height_) return {};
  const Surface surface(to_pixels(width), height, pixel_aspect_);
  surface.set_colour(colour, 0.8);
  surface.fill_rounded(0, 0, width, height, height * 0.3);
  surface.set_colour(is_light(colour) ? 0x000000 : 0xffffff, 1.0);
  Handles::show(surface, text, em_ / 2.0, height / 2.0);
  return surface.bitmap();
}

}  // namespace naclip
