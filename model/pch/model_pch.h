// libtorch's headers cost 10 s to read: once, for the engine's files.
#ifndef NACLIP_MODEL_PCH_H
#define NACLIP_MODEL_PCH_H

#include <ATen/ATen.h>

#endif
