#include "model/tools/naclip-eval/label_map.h"

#include <glib.h>
#include <glib/gstdio.h>
#include <png.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <limits>
#include <memory>

#include "model/error.h"

namespace naclip::eval {

namespace {

using Message = std::array<char, 200>;

[[noreturn]] void keep_error(png_structp png, png_const_charp text) {
  auto *message = static_cast<Message *>(png_get_error_ptr(png));
  g_strlcpy(message->data(), text, message->size());
  png_longjmp(png, 1);
}

void drop_warning(png_structp, png_const_charp) {}

struct PngReader {
  Message message{};
  png_structp png = nullptr;
  png_infop info = nullptr;
  PngReader() {
    png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &message, keep_error, drop_warning);
    info = png != nullptr ? png_create_info_struct(png) : nullptr;
    if (info == nullptr) {
      png_destroy_read_struct(&png, nullptr, nullptr);
      throw Error(ErrorKind::kMemory, "Not enough memory to read a mask");
    }
  }
  ~PngReader() { png_destroy_read_struct(&png, &info, nullptr); }
  PngReader(const PngReader &) = delete;
  PngReader &operator=(const PngReader &) = delete;
};

struct CloseFile {
  void operator()(std::FILE *file) const { std::fclose(file); }
};

/// libpng leaves by longjmp: no object with a destructor may live in here.
bool decode(png_structp png, png_infop info, std::FILE *file) {
  if (setjmp(png_jmpbuf(png)) != 0) return false;
  png_init_io(png, file);
  // Samples below 8 bits come one a byte, unscaled; palettes stay indices.
  png_read_png(png, info, PNG_TRANSFORM_PACKING, nullptr);
  return true;
}

const char *kind_of(int colour_type) {
  return (colour_type & PNG_COLOR_MASK_COLOR) != 0 ? "a picture in colours" : "grey with alpha";
}

}  // namespace

LabelMap read_label_map(const std::string &path) {
  const std::unique_ptr<std::FILE, CloseFile> file(g_fopen(path.c_str(), "rb"));
  if (!file) {
    const int reason = errno;
    throw Error(reason == ENOENT ? ErrorKind::kNotFound : ErrorKind::kRead,
                "The mask " + path + " cannot be opened: " + g_strerror(reason));
  }
  PngReader reader;
  if (!decode(reader.png, reader.info, file.get()))
    throw Error(ErrorKind::kFormat, "The mask " + path + " is no whole PNG", reader.message.data());
  const int colour_type = png_get_color_type(reader.png, reader.info);
  if (colour_type != PNG_COLOR_TYPE_PALETTE && colour_type != PNG_COLOR_TYPE_GRAY)
    throw Error(ErrorKind::kFormat, "The mask " + path + " is " + kind_of(colour_type) +
                                        "; a mask's samples are labels: save it with a palette or "
                                        "as greyscale");
  LabelMap map;
  map.width = static_cast<int>(png_get_image_width(reader.png, reader.info));
  map.height = static_cast<int>(png_get_image_height(reader.png, reader.info));
  map.values.reserve(static_cast<std::size_t>(map.width) * static_cast<std::size_t>(map.height));
  const bool wide = png_get_bit_depth(reader.png, reader.info) == 16;
  const png_bytepp rows = png_get_rows(reader.png, reader.info);
  for (int y = 0; y < map.height; ++y) {
    const png_byte *sample = rows[y];
    for (int x = 0; x < map.width; ++x) {
      const int high = wide ? *sample++ << 8 : 0;
      map.values.push_back(static_cast<std::uint16_t>(high | *sample++));
    }
  }
  return map;
}

LabelMeaning::LabelMeaning(const Labelling &labelling)
    : meaning_(std::numeric_limits<std::uint16_t>::max() + std::size_t{1}, kOutOfRange) {
  for (std::size_t region = 0; region < labelling.regions; ++region) {
    const auto value = static_cast<std::ptrdiff_t>(region) - labelling.shift;
    if (value >= 0 && value < static_cast<std::ptrdiff_t>(meaning_.size()))
      meaning_[static_cast<std::size_t>(value)] = static_cast<int>(region);
  }
  for (const int value : labelling.ignored) meaning_.at(static_cast<std::size_t>(value)) = kIgnored;
}

}  // namespace naclip::eval
