#include "elements/publish/library.h"

#include <gmodule.h>

#include <string>

#include "model/error.h"

namespace naclip {

Library::Library(const char *file, const char *package, const char *what)
    : file_(file),
      package_(package),
      what_(what),
      module_(g_module_open(file,
                            static_cast<GModuleFlags>(G_MODULE_BIND_LAZY | G_MODULE_BIND_LOCAL))) {
  if (module_ == nullptr) {
    std::string message = std::string(what) + " needs " + file;
    message += ", which cannot be opened. Install it (Debian: apt install ";
    message += std::string(package) + ").";
    throw Error(ErrorKind::kNotFound, message, g_module_error());
  }
  g_module_make_resident(static_cast<GModule *>(module_));
}

void *Library::find(const char *name) const {
  gpointer symbol = nullptr;
  if (g_module_symbol(static_cast<GModule *>(module_), name, &symbol) && symbol != nullptr)
    return symbol;
  std::string message = std::string(what_) + " needs a newer " + file_;
  message += " (Debian: apt install " + std::string(package_) + ").";
  throw Error(ErrorKind::kNotFound, message, g_module_error());
}

}  // namespace naclip
