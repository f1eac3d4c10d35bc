#include "model/tools/naclip-eval/picture_file.h"

#include "model/error.h"

namespace naclip::eval {

PictureFile::PictureFile(const std::string &path) {
  g_autoptr(GError) error = nullptr;
  pixels_.reset(gdk_pixbuf_new_from_file(path.c_str(), &error));
  if (!pixels_) {
    const bool missing = g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOENT);
    const bool unreadable = error->domain == G_FILE_ERROR;
    throw Error(missing      ? ErrorKind::kNotFound
                : unreadable ? ErrorKind::kRead
                             : ErrorKind::kFormat,
                "The picture " + path + " cannot be read", error->message);
  }
  // The reference reads pictures with OpenCV, which turns them too.
  pixels_.reset(gdk_pixbuf_apply_embedded_orientation(pixels_.get()));
  if (!pixels_) throw Error(ErrorKind::kMemory, "Not enough memory for the picture " + path);
}

Picture PictureFile::picture() const {
  Picture picture;
  picture.format = gdk_pixbuf_get_has_alpha(pixels_.get()) ? PixelFormat::kRgba : PixelFormat::kRgb;
  picture.width = width();
  picture.height = height();
  picture.planes[0] = gdk_pixbuf_read_pixels(pixels_.get());
  picture.strides[0] = gdk_pixbuf_get_rowstride(pixels_.get());
  return picture;
}

}  // namespace naclip::eval
