// Opens libnaclip, and with it libtorch, when an element first needs it.
#pragma once

#include <memory>

#include "model/segmenter.h"

namespace naclip {

/// Opens the engine, once for the process, and leaves it open: libtorch does not survive unloading.
/// Looked for at $NACLIP_ENGINE, beside the plugin's folder, where it was installed, and on the
/// loader's path, in turn until one opens. Throws Error{kNotFound} that names the missing library
/// and what to install; its detail has what the loader said of each.
void open_engine();

/// naclip::load_segmenter() of the engine; opens it where that is still to be done.
std::unique_ptr<Segmenter> load_model(const ModelOptions &options);

}  // namespace naclip
