// Small pieces of text that the command-line programs print.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace naclip::eval {

/// As printf, into a string. Numbers are written the same way in every locale, as long as the
/// program leaves LC_NUMERIC alone.
std::string printed(const char *format, ...) __attribute__((format(printf, 1, 2)));

/// The shortest text that reads back as the same number.
std::string number(double value);

/// With commas between thousands: 1,234,567.
std::string grouped(std::uint64_t value);

/// "1 picture", "2 pictures".
std::string counted(std::uint64_t count, const std::string &singular, const std::string &plural);

std::string joined(const std::vector<std::string> &parts, std::string_view separator);

/// At most `limit` of the names, and how many more there are: "a, b and 3 more".
std::string named(const std::vector<std::string> &names, std::size_t limit);

/// The parts between separators, white space around them dropped; none for an empty text.
std::vector<std::string> split(std::string_view text, char separator);

std::string sha256(std::string_view data);

}  // namespace naclip::eval
