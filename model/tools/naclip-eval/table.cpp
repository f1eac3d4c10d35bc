#include "model/tools/naclip-eval/table.h"

#include <glib.h>

#include <algorithm>

#include "model/tools/naclip-eval/text.h"

namespace naclip::eval {

std::string table(std::vector<TableRow> rows, std::size_t text_columns) {
  for (TableRow &row : rows)
    for (std::string &cell : row)
      if (cell.find('|') != std::string::npos) cell = joined(split(cell, '|'), "\\|");
  std::vector<std::size_t> widths(rows.front().size(), 3);
  const auto width_of = [](const std::string &cell) {
    return static_cast<std::size_t>(g_utf8_strlen(cell.c_str(), -1));
  };
  for (const TableRow &row : rows)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  std::string text;
  for (const TableRow &row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string pad(widths[i] - width_of(row[i]), ' ');
      text += "| " + (i < text_columns ? row[i] + pad : pad + row[i]) + " ";
    }
    text += "|\n";
    if (&row != &rows.front()) continue;
    for (std::size_t i = 0; i < row.size(); ++i)
      text += "| " + std::string(widths[i] - 1, '-') + (i < text_columns ? "- " : ": ");
    text += "|\n";
  }
  return text;
}

}  // namespace naclip::eval
