// A library of its own, which the loader starts before all others that it loads with it (-z
// initfirst): what libtorch registers while it starts counts, too.
#include "model/process/static_objects.h"

__attribute__((constructor)) static void keep_those_of_what_starts_now() {
  naclip::keep_static_objects(naclip::Libraries::kStarting);
}
