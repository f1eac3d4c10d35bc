#include "model/tools/common/command_line.h"

#include "model/error.h"

namespace naclip {

std::vector<std::string> take_options(GOptionContext *context, int argc, char **argv) {
  g_autoptr(GError) error = nullptr;
  if (!g_option_context_parse(context, &argc, &argv, &error))
    throw Error(ErrorKind::kSettings, std::string(error->message) + "; see --help");
  std::vector<std::string> rest;
  for (int i = 1; i < argc; ++i)
    if (std::string(argv[i]) != "--") rest.emplace_back(argv[i]);
  return rest;
}

}  // namespace naclip
