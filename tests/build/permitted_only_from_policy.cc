// Compiled by the tests of that name, never linked. CASE 0 must compile; each other case must not: there is no way around the policy.
#include <string>
#include <utility>

#include "event/taint.h"
#include "store/store.h"

using edgewise::Deadline;
using edgewise::event::Permitted;
using edgewise::event::Raw;

void Send(edgewise::store::Store& store, const Permitted<std::string>& permitted, const Raw<std::string>& raw) {
  (void)store.Put("name", permitted, Deadline::Never());
  (void)raw;
#if CASE == 1
  (void)store.Put("name", raw, Deadline::Never());
#elif CASE == 2
  (void)store.Put("name", raw.value(), Deadline::Never());
#elif CASE == 3
  (void)store.Put("name", "text", Deadline::Never());
#elif CASE == 4
  (void)store.Put("name", Permitted<std::string>(raw.value()), Deadline::Never());
#elif CASE == 5
  (void)store.Put("name", Permitted<std::string>{}, Deadline::Never());
#elif CASE == 6
  auto changed = permitted;
  changed.value() = raw.value();
#elif CASE == 7
  class Policy : public Permitted<std::string> {
   public:
    explicit Policy(std::string text) : Permitted<std::string>(std::move(text)) {}
  };
  (void)store.Put("name", Policy("text"), Deadline::Never());
#endif
}
