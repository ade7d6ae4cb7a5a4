#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "base/files.h"
#include "queue/queue.h"
#include "store/store.h"

namespace edgewise::simulation {

/// Defects that the simulation must find, by name: each is a fault of one of the parts, planted between them at run time.
struct Mutant {
  std::string_view name;
  std::string_view what;  ///< What it does wrong.
};
std::span<const Mutant> Mutants();

/// Sets the one that is planted from now on; "": none. False: there is none of this name.
bool Plant(std::string_view name);
bool Planted(std::string_view name);

/// The parts with the planted defect in them, or as they are. They borrow what they are given.
std::unique_ptr<Files> WithDefect(Files& files);
std::unique_ptr<queue::Queue> WithDefect(queue::Queue& queue);
std::unique_ptr<store::Store> WithDefect(store::Store& store);

}  // namespace edgewise::simulation
