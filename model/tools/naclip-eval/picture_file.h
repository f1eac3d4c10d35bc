// Pictures in files.
#pragma once

#include <gdk-pixbuf/gdk-pixbuf.h>

#include <memory>
#include <string>

#include "model/picture.h"

namespace naclip::eval {

/// A decoded picture, turned as its embedded orientation says.
class PictureFile {
 public:
  /// Reads JPEG, PNG and what else GdkPixbuf has loaders for. Throws Error{kNotFound | kRead |
  /// kFormat}.
  explicit PictureFile(const std::string &path);

  int width() const { return gdk_pixbuf_get_width(pixels_.get()); }
  int height() const { return gdk_pixbuf_get_height(pixels_.get()); }
  /// Valid as long as this is.
  Picture picture() const;

 private:
  struct Unref {
    void operator()(GdkPixbuf *pixels) const { g_object_unref(pixels); }
  };
  std::unique_ptr<GdkPixbuf, Unref> pixels_;
};

}  // namespace naclip::eval
