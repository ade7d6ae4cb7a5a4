#pragma once

#include <cstdio>
#include <cstdlib>

/// Aborts when an invariant of ours is broken. Input never can: input is answered with an Error.
#define EDGEWISE_CHECK(condition)                                                            \
  do {                                                                                       \
    if (!(condition)) {                                                                      \
      std::fprintf(stderr, "%s:%d: broken invariant: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                          \
    }                                                                                        \
  } while (false)
