// Tables in Markdown, columns padded so that they read well in a terminal too.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace naclip::eval {

using TableRow = std::vector<std::string>;

/// The first row is the head; the first `text_columns` are aligned left, figures right.
std::string table(std::vector<TableRow> rows, std::size_t text_columns);

}  // namespace naclip::eval
