#include "eval_files.h"

#include <gdk-pixbuf/gdk-pixbuf.h>
#include <gio/gio.h>
#include <png.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>

#include "tests/golden_folder.h"

namespace naclip::eval::test {

namespace fs = std::filesystem;

namespace {

void make_folder_of(const std::string &path) {
  fs::create_directories(fs::path(path).parent_path());
}

}  // namespace

TemporaryFolder::TemporaryFolder() {
  g_autofree gchar *path = g_dir_make_tmp("naclip-eval-XXXXXX", nullptr);
  if (path == nullptr) throw std::runtime_error("no temporary folder");
  path_ = path;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

void write_mask(const std::string &path, const Samples &samples, MaskKind kind, int bits) {
  make_folder_of(path);
  const auto close = [](std::FILE *opened) { std::fclose(opened); };
  const std::unique_ptr<std::FILE, decltype(close)> file(std::fopen(path.c_str(), "wb"), close);
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png_create_info_struct(png);
  png_init_io(png, file.get());
  const int type = kind == MaskKind::kPalette   ? PNG_COLOR_TYPE_PALETTE
                   : kind == MaskKind::kColours ? PNG_COLOR_TYPE_RGB
                                                : PNG_COLOR_TYPE_GRAY;
  const bool wide = kind == MaskKind::kGrey16;
  png_set_IHDR(png, info, static_cast<png_uint_32>(samples.width),
               static_cast<png_uint_32>(samples.height), wide ? 16 : bits, type, PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  // Colours that have nothing to do with the labels.
  std::vector<png_color> palette(std::size_t{1} << bits);
  for (std::size_t i = 0; i < palette.size(); ++i)
    palette[i] = {static_cast<png_byte>(255 - i), static_cast<png_byte>(7 * i), 3};
  if (kind == MaskKind::kPalette)
    png_set_PLTE(png, info, palette.data(), static_cast<int>(palette.size()));
  png_write_info(png, info);
  png_set_packing(png);
  for (int y = 0; y < samples.height; ++y) {
    std::vector<png_byte> row;
    for (int x = 0; x < samples.width; ++x) {
      const std::uint16_t value =
          samples.values[static_cast<std::size_t>(y) * static_cast<std::size_t>(samples.width) +
                         static_cast<std::size_t>(x)];
      if (wide) row.push_back(static_cast<png_byte>(value >> 8));
      row.insert(row.end(), kind == MaskKind::kColours ? 3 : 1,
                 static_cast<png_byte>(value & 0xff));
    }
    png_write_row(png, row.data());
  }
  png_write_end(png, info);
  png_destroy_write_struct(&png, &info);
}

void write_picture(const std::string &path, int width, int height, unsigned seed) {
  make_folder_of(path);
  g_autoptr(GdkPixbuf) picture = gdk_pixbuf_new(GDK_COLORSPACE_RGB, FALSE, 8, width, height);
  for (int y = 0; y < height; ++y) {
    guchar *row = gdk_pixbuf_get_pixels(picture) + y * gdk_pixbuf_get_rowstride(picture);
    for (int x = 0; x < width; ++x)
      for (int channel = 0; channel < 3; ++channel)
        row[3 * x + channel] = static_cast<guchar>(
            scrambled(seed + static_cast<unsigned>(x / 12 + 100 * (y / 9) + 10000 * channel)));
  }
  const char *type = path.ends_with(".png") ? "png" : "jpeg";
  g_autoptr(GError) error = nullptr;
  if (!gdk_pixbuf_save(picture, path.c_str(), type, &error, nullptr))
    throw std::runtime_error(error->message);
}

void write_text(const std::string &path, const std::string &text) {
  make_folder_of(path);
  std::ofstream(path, std::ios::binary) << text;
}

std::string read_text(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

unsigned scrambled(unsigned value) {
  value = (value ^ 61U) ^ (value >> 16U);
  value *= 9U;
  value ^= value >> 4U;
  value *= 0x27d4eb2dU;
  return value ^ (value >> 15U);
}

ProgramRun run_program(const std::vector<std::string> &arguments) {
  std::vector<const char *> argv{NACLIP_EVAL};
  for (const std::string &argument : arguments) argv.push_back(argument.c_str());
  argv.push_back(nullptr);
  g_autoptr(GError) error = nullptr;
  g_autoptr(GSubprocess) process =
      g_subprocess_newv(argv.data(),
                        static_cast<GSubprocessFlags>(G_SUBPROCESS_FLAGS_STDOUT_PIPE |
                                                      G_SUBPROCESS_FLAGS_STDERR_PIPE),
                        &error);
  if (process == nullptr) throw std::runtime_error(error->message);
  g_autofree gchar *output = nullptr;
  g_autofree gchar *errors = nullptr;
  if (!g_subprocess_communicate_utf8(process, nullptr, nullptr, &output, &errors, &error))
    throw std::runtime_error(error->message);
  return {g_subprocess_get_if_exited(process) ? g_subprocess_get_exit_status(process) : -1, output,
          errors};
}

std::vector<std::string> tiny_model_arguments() {
  return {"--model",        naclip::test::golden_folder() + "/tiny-openai.safetensors",
          "--device",       "cpu",
          "--refine-steps", "2",
          "--logit-scale",  "30"};
}

void write_own(const TemporaryFolder &folder) {
  for (unsigned i = 0; i < 4; ++i) {
    const std::string name = std::to_string(i);
    write_picture(folder / ("p/" + name + ".jpg"), 64, 48, i);
    Samples samples{64, 48, {}};
    for (unsigned pixel = 0; pixel < 64 * 48; ++pixel)
      samples.values.push_back(static_cast<std::uint16_t>(scrambled(pixel / 100 + 31 * i) % 4));
    write_mask(folder / ("m/" + name + ".png"), samples);
  }
  write_text(folder / "words.txt", "cat\ndog, wolf\nsky\n");
}

std::vector<std::string> own_arguments(const TemporaryFolder &folder, const std::string &output) {
  return with(tiny_model_arguments(),
              {"--input-size", "64", "--images", folder / "p", "--masks", folder / "m",
               "--vocabulary", folder / "words.txt", "--output", folder / output});
}

bool holds(const std::string &text, const std::string &part) {
  return text.find(part) != std::string::npos;
}

std::vector<std::string> with(std::vector<std::string> arguments,
                              const std::vector<std::string> &more) {
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

}  // namespace naclip::eval::test
