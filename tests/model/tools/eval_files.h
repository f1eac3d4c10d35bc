// Tiny data sets, made where a test needs them, and the program that is run on them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace naclip::eval::test {

/// A folder that goes away with the test.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder &) = delete;
  TemporaryFolder &operator=(const TemporaryFolder &) = delete;

  std::string operator/(const std::string &name) const { return (path_ / name).string(); }
  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

/// Samples row by row.
struct Samples {
  int width, height;
  std::vector<std::uint16_t> values;
};

enum class MaskKind { kPalette, kGrey, kGrey16, kColours };

/// Writes a PNG mask; folders are made. `bits`: per sample, with kPalette and kGrey.
void write_mask(const std::string &path, const Samples &samples, MaskKind kind = MaskKind::kGrey,
                int bits = 8);

/// Writes a picture with structure, as JPEG or PNG by the path's ending; folders are made.
void write_picture(const std::string &path, int width, int height, unsigned seed);

void write_text(const std::string &path, const std::string &text);
std::string read_text(const std::string &path);

/// A few pseudo-random bits that are the same everywhere.
unsigned scrambled(unsigned value);

struct ProgramRun {
  int status;  ///< exit status; -1 where a signal ended it
  std::string output, errors;
};

/// Runs naclip-eval to its end.
ProgramRun run_program(const std::vector<std::string> &arguments);

/// The tiny checkpoint of the golden set and settings that suit it.
std::vector<std::string> tiny_model_arguments();

/// Four pictures and masks of one's own with labels 0 to 3 and a vocabulary of three classes.
void write_own(const TemporaryFolder &folder);
/// The command line that evaluates them.
std::vector<std::string> own_arguments(const TemporaryFolder &folder, const std::string &output);

bool holds(const std::string &text, const std::string &part);
std::vector<std::string> with(std::vector<std::string> arguments,
                              const std::vector<std::string> &more);

}  // namespace naclip::eval::test
