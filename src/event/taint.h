#pragma once

#include <utility>

namespace edgewise::relay {
class Policy;
}

namespace edgewise::event {

/// Data of a site that has not been judged. It goes from station to station inside the site; nothing that sends takes it.
template <class T>
class Raw {
 public:
  explicit Raw(T value) : value_(std::move(value)) {}
  const T& value() const { return value_; }

 private:
  T value_;
};

/// Data that the policy has let through, by the only class that holds the key. What writes to a store takes this and nothing else
/// (tests/build/permitted_only_from_policy proves that other code does not compile).
template <class T>
class Permitted {
 public:
  const T& value() const { return value_; }

 private:
  friend class ::edgewise::relay::Policy;
  explicit Permitted(T value) : value_(std::move(value)) {}
  T value_;
};

}  // namespace edgewise::event
